"""Carries out a scenario's faults at their times, remembers when each was in force, and takes all back at the end."""
from __future__ import annotations

import dataclasses
import functools
import heapq
import itertools
import threading
import time
from typing import Callable

from chaos import faults as actions
from chaos import storm
from chaos.cluster import Cluster
from chaos.scenario import ENDS_BY_ITSELF, Fault, Scenario


@dataclasses.dataclass
class Band:
    """A fault as it really was: a stripe in the picture."""

    fault: Fault
    words: str
    began: float
    ended: float | None = None
    on: list[str] = dataclasses.field(default_factory=list)
    problem: str = ""  # why it could not be done


class Timeline:
    def __init__(self, scenario: Scenario, cluster: Cluster, say: Callable[[str], None]) -> None:
        self.scenario, self.cluster, self.say = scenario, cluster, say
        self.bands: list[Band] = []
        self.began = 0.0
        self.undo: dict[int, actions.Undo] = {}
        self.longer: list[threading.Thread] = []
        self.lock = threading.Lock()

    def faults(self) -> list[Fault]:
        plain = [fault for fault in self.scenario.faults if fault.do != "storm"]
        for fault in self.scenario.faults:
            if fault.do == "storm":
                self.say(f"a storm of seed {fault.options['seed']}")
                plain += storm.unfold(fault, self.scenario.cluster)
        return sorted(plain, key=lambda fault: fault.at)

    def run(self, ending: threading.Event) -> None:
        """Until all is over, or ending is set; heal() takes back what is still in force."""
        order = itertools.count()
        events: list[tuple[float, int, Callable[[], object]]] = []

        def plan(at: float, what: Callable[[], object]) -> None:
            heapq.heappush(events, (at, next(order), what))

        def begin(fault: Fault) -> None:
            if fault.do in ENDS_BY_ITSELF:
                self.aside(functools.partial(self.begin, fault))
                return
            band = self.begin(fault)
            if band is not None and fault.lasts:
                plan(fault.at + fault.lasts, functools.partial(self.aside, functools.partial(self.end, band)))

        for fault in self.faults():
            plan(fault.at, functools.partial(begin, fault))
        plan(self.scenario.seconds, lambda: None)
        self.began = time.monotonic()
        while events and not ending.is_set():
            at, _, what = heapq.heappop(events)
            if not ending.wait(max(0.0, self.began + at - time.monotonic())):
                what()

    def aside(self, what: Callable[[], object]) -> None:
        """What may take long, in a thread of its own: others may begin meanwhile."""
        self.longer.append(threading.Thread(target=what, daemon=True))
        self.longer[-1].start()

    def begin(self, fault: Fault) -> Band | None:
        band = Band(fault, fault.words, time.monotonic())
        with self.lock:
            number = len(self.bands)
            self.bands.append(band)
        try:
            begun = actions.begin(fault, self.cluster)
        except (actions.Unsupported, OSError) as error:
            band.problem, band.ended = str(error), time.monotonic()
            self.say(f"{self.since(band.began)}  {fault.words}: NOT DONE: {error}")
            return None
        band.on = begun.on
        self.undo[number] = begun.undo
        self.say(
            f"{self.since(band.began)}  {fault.words}" + (f"  ({', '.join(begun.on)})" if begun.on != fault.on else "")
        )
        if fault.do in ENDS_BY_ITSELF:
            self.end(band)
        return band

    def since(self, moment: float) -> str:
        return f"{moment - self.began:6.2f} s"

    def end(self, band: Band) -> None:
        undo = self.undo.pop(self.bands.index(band), None)
        if undo is not None:
            undo()
            band.ended = time.monotonic()

    def heal(self) -> None:
        """Takes back all that is in force, then starts what is still down."""
        for thread in self.longer:
            thread.join(actions.STEP_SECONDS * 3)
        for number in sorted(self.undo, reverse=True):
            self.end(self.bands[number])
        for process in self.cluster.processes.values():
            process.start()
