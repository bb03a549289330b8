"""Asks every process again and again what it is, from its own host, past all faults of the network: the lanes of the
picture.

It also takes the time from a node's start to its first right answer. Nothing here writes, and no checker trusts it
for what clients were told.
"""
from __future__ import annotations

import dataclasses
import time
from typing import Any

from chaos.network.base import Network
from chaos.process import Process
from chaos.resp import Connection, Error, fields
from chaos.systems.base import MASTER_NAME, NodeState, System
from chaos.worker import Worker

EVERY_S = 0.04
EVERY_WHILE_SILENT_S = 0.02
TIMEOUT_S = 0.5
CANARY = "chaos:canary"


@dataclasses.dataclass(frozen=True)
class Sample:
    """What was seen from this moment on, until the process's next sample."""

    at: float
    process: str
    state: str  # NodeState.role, or a sentinel's watching | sees-down | leading; dead | paused | silent | loading
    epoch: int | None = None
    promise: int | None = None
    reign: str = ""
    identity: str = ""


@dataclasses.dataclass(frozen=True)
class FirstAnswer:
    """After a start of a node: how long until it answered a read, and whether the answer was right at once."""

    process: str
    started: float
    took_s: float | None  # None: never
    right_after_s: float | None
    must_be_right: bool
    watched_s: float = float("inf")  # it could have answered for so long


@dataclasses.dataclass
class Waiting:
    """For the first answer after a start."""

    since: float
    must_be_right: bool
    first: float | None = None


class Observer(Worker):
    def __init__(self, process: Process, network: Network, system: System) -> None:
        super().__init__(f"observer of {process.name}", 10)
        self.process, self.network, self.system = process, network, system
        self.samples: list[Sample] = []
        self.first_answers: list[FirstAnswer] = []
        self.latest: NodeState | None = None
        self.identity = ""  # the node's, when it was last heard
        self.connection: Connection | None = None
        self.waiting_for: Waiting | None = None
        self.starts_seen = 0
        self.has_canary = False  # it answered with it since it has its folder

    def run(self) -> None:
        while not self.ending.is_set():
            self.process.look()
            self.note_start()
            asked = time.monotonic()
            try:
                sample = self.look()
            except (OSError, EOFError, KeyError, ValueError) as error:
                self.let_go()
                self.latest = None
                sample = Sample(asked, self.process.name, self.silence(error))
                if sample.state in ("dead", "paused"):
                    self.give_up_waiting(asked)
            if not self.samples or dataclasses.replace(sample, at=self.samples[-1].at) != self.samples[-1]:
                self.samples.append(sample)
            self.ending.wait(
                EVERY_S if self.connection is not None and self.waiting_for is None else EVERY_WHILE_SILENT_S
            )
        self.let_go()

    def silence(self, error: Exception) -> str:
        if not self.process.alive() or self.process.crashed:
            return "dead"
        if self.process.paused:
            return "paused"
        return "loading" if isinstance(error, OSError) and "LOADING" in str(error) else "silent"

    def let_go(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def ask(self, *commands: tuple[object, ...]) -> list[Any]:
        if self.connection is None:
            self.connection = Connection(
                self.network.connect(self.process.host, self.process.endpoint.direct, TIMEOUT_S)
            )
        return self.connection.pipeline(list(commands))

    def look(self) -> Sample:
        if self.process.kind == "sentinel":
            return self.look_at_sentinel()
        replies = self.ask(("GET", CANARY), *[("INFO", section) for section in self.system.info_sections])
        self.note_answer(replies[0])
        for reply in replies:
            if isinstance(reply, Error) and reply.code == "LOADING":
                raise OSError(reply)
        state = self.system.node_state({key: value for text in replies[1:] for key, value in fields(text).items()})
        self.latest, self.identity = state, state.identity
        return Sample(
            time.monotonic(), self.process.name, state.role, state.epoch, state.promise, state.reign, state.identity
        )

    def look_at_sentinel(self) -> Sample:
        reply, own_id = self.ask(("SENTINEL", "MASTER", MASTER_NAME), ("SENTINEL", "MYID"))
        for error in (reply, own_id):
            if isinstance(error, Error):
                raise OSError(error)
        master = dict(zip(reply[::2], reply[1::2]))
        flags = master["flags"].split(",")
        state = "watching"
        if "failover_in_progress" in flags:
            state = "leading"
        elif "s_down" in flags or "o_down" in flags:
            state = "sees-down"
        epoch = int(master.get("onggi-current-epoch", master["config-epoch"]))
        return Sample(time.monotonic(), self.process.name, state, epoch, identity=own_id)

    # ------------------------------------------------------------------------------------------------- first answers

    def note_start(self) -> None:
        if len(self.process.starts) > self.starts_seen:
            self.starts_seen = len(self.process.starts)
            self.let_go()
            start = self.process.starts[-1]
            self.give_up_waiting(start.at)
            self.has_canary = self.has_canary and start.kept_folder
            self.waiting_for = Waiting(start.at, self.has_canary) if self.process.kind == "node" else None

    def give_up_waiting(self, now: float) -> None:
        self.first_answers += self.unanswered(now)
        self.waiting_for = None

    def unanswered(self, now: float) -> list[FirstAnswer]:
        """The start that has had no right answer yet."""
        waiting = self.waiting_for
        if waiting is None:
            return []
        took = None if waiting.first is None else waiting.first - waiting.since
        return [FirstAnswer(self.process.name, waiting.since, took, None, waiting.must_be_right, now - waiting.since)]

    def note_answer(self, reply: object) -> None:
        right = reply == CANARY
        self.has_canary = self.has_canary or right
        waiting, now = self.waiting_for, time.monotonic()
        if waiting is None or isinstance(reply, Error):
            return
        waiting.first = waiting.first or now
        if right or not waiting.must_be_right:
            self.first_answers.append(
                FirstAnswer(
                    self.process.name,
                    waiting.since,
                    waiting.first - waiting.since,
                    now - waiting.since if right else None,
                    waiting.must_be_right,
                )
            )
            self.waiting_for = None
