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

PATIENCE_S = actions.STEP_SECONDS * 3  # with what still goes on at the end
LAST_PATIENCE_S = 5  # after it was told to stop


@dataclasses.dataclass(eq=False)
class Band:
    """A fault as it really was: a stripe in the picture."""

    fault: Fault
    words: str
    began: float
    ended: float | None = None
    on: list[str] = dataclasses.field(default_factory=list)
    problem: str = ""  # why it could not be done
    excused: bool = False  # no fault of what is tested
    stuck: str = ""  # what happened when it was taken back
    ending: bool = False


class Timeline:
    def __init__(self, scenario: Scenario, cluster: Cluster, say: Callable[[str], None]) -> None:
        self.scenario, self.cluster, self.say = scenario, cluster, say
        self.bands: list[Band] = []
        self.began = 0.0
        self.doing: dict[Band, actions.Doing] = {}
        self.holds = actions.Holds(cluster.processes)
        self.longer: list[tuple[Fault, threading.Thread]] = []
        self.over = threading.Event()
        self.lock = threading.Lock()

    def faults(self) -> list[Fault]:
        plain = [fault for fault in self.scenario.faults if fault.do != "storm"]
        for fault in self.scenario.faults:
            if fault.do == "storm":
                self.say(f"a storm of seed {fault.options['seed']}")
                plain += storm.unfold(fault, self.scenario.cluster)
        return sorted(plain, key=lambda fault: fault.at)

    def run(self) -> None:
        """Until all is over; heal() takes back what is still in force."""
        order = itertools.count()
        events: list[tuple[float, int, Callable[[], object]]] = []

        def plan(at: float, what: Callable[[], object]) -> None:
            heapq.heappush(events, (at, next(order), what))

        def begin(fault: Fault) -> None:
            if fault.do in ENDS_BY_ITSELF:
                self.aside(fault, functools.partial(self.begin, fault))
                return
            band = self.begin(fault)
            if not band.problem and fault.lasts:
                # From now on, not from when it was to begin: it may have taken its time.
                plan(self.now() + fault.lasts, functools.partial(self.aside, fault, functools.partial(self.end, band)))

        for fault in self.faults():
            plan(fault.at, functools.partial(begin, fault))
        plan(self.scenario.seconds, lambda: None)
        self.began = time.monotonic()
        while events:
            at, _, what = heapq.heappop(events)
            time.sleep(max(0.0, at - self.now()))
            what()

    def now(self) -> float:
        return time.monotonic() - self.began

    def aside(self, fault: Fault, what: Callable[[], object]) -> None:
        """What may take long, in a thread of its own: others may begin meanwhile."""
        thread = threading.Thread(target=what, daemon=True)
        self.longer.append((fault, thread))
        thread.start()

    def begin(self, fault: Fault) -> Band:
        band = Band(fault, fault.words, time.monotonic())
        doing = actions.Doing(fault, self.cluster, self.holds, self.over)
        with self.lock:
            self.bands.append(band)
            self.doing[band] = doing
        try:
            doing.begin()
        except Exception as error:
            self.not_done(band, error)
            self.end(band)  # of what was done of it
            return band
        band.on = doing.on
        self.say(
            f"{self.since(band.began)}  {fault.words}" + (f"  ({', '.join(band.on)})" if band.on != fault.on else "")
        )
        if fault.do in ENDS_BY_ITSELF:
            self.end(band)
        return band

    def not_done(self, band: Band, error: Exception) -> None:
        band.problem = words_of(error)
        by_chance = band.fault.by_chance and isinstance(error, actions.NobodyThere)
        band.excused = by_chance or isinstance(error, actions.Unsupported)
        self.say(f"{self.since(band.began)}  {band.words}: NOT DONE: {band.problem}")

    def since(self, moment: float) -> str:
        return f"{moment - self.began:6.2f} s"

    def end(self, band: Band) -> None:
        """May be asked for again: what could not be taken back is tried again in the end."""
        with self.lock:
            if band.ending or band.ended is not None:
                return
            band.ending = True
        try:
            self.doing[band].end()
            band.ended = time.monotonic()
        except Exception as error:
            band.stuck = words_of(error)
            self.say(f"{self.since(time.monotonic())}  {band.words}: NOT TAKEN BACK: {band.stuck}")
        finally:
            band.ending = False

    def heal(self) -> None:
        """Takes back all that is in force, then starts what is still down."""
        self.wait_for_the_longer(PATIENCE_S)
        self.over.set()
        self.wait_for_the_longer(LAST_PATIENCE_S)
        for fault, thread in self.longer:
            if thread.is_alive():
                self.still_going(fault)
        for band in reversed(self.bands):
            self.end(band)
        for process in self.cluster.processes.values():
            process.start()

    def wait_for_the_longer(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        for _, thread in self.longer:
            thread.join(max(0.0, until - time.monotonic()))

    def still_going(self, fault: Fault) -> None:
        for band in self.bands:
            if band.fault is fault and band.ended is None:
                band.stuck = "it was still going on when all was to be over"
                self.say(f"{self.since(time.monotonic())}  {band.words}: NOT OVER")


def words_of(error: Exception) -> str:
    ours = isinstance(error, (actions.Unsupported, actions.NobodyThere, actions.NotDone))
    return str(error) if ours else f"{type(error).__name__}: {error}"
