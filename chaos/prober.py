"""Writes straight to one node, from the node's own host, whatever its role: who accepts writes when, and in which
reign.

The application's clients go where the sentinels send them; only somebody who asks every node finds two that accept at
once.
"""
from __future__ import annotations

import time

from chaos import promises
from chaos.cluster import Cluster
from chaos.history import ERROR, OK, PROBE, UNKNOWN, History, Operation, outcome_of
from chaos.process import Process
from chaos.resp import Connection, fields
from chaos.worker import Worker

EVERY_S = 0.05
TIMEOUT_S = 4.0


class Prober(Worker):
    def __init__(self, process: Process, cluster: Cluster, history: History) -> None:
        super().__init__(f"prober of {process.name}", 15)
        self.process, self.cluster, self.history = process, cluster, history
        self.connection: Connection | None = None
        self.number = 0

    def run(self) -> None:
        while not self.ending.is_set():
            self.probe()
            self.ending.wait(EVERY_S)
        self.let_go()

    def probe(self) -> None:
        try:
            if self.connection is None:
                self.connection = self.cluster.connect(self.process, TIMEOUT_S)
        except OSError:
            return  # it isn't there: that nobody answers is the observer's to tell
        self.number += 1
        name = self.process.name
        operation = Operation(
            f"probe-{name}",
            name,
            "write",
            PROBE,
            f"probe:{name}",
            f"{name}.{self.number}",
            time.monotonic(),
            None,
            UNKNOWN,
            node=name,
        )
        self.under_way = operation
        commands: list[tuple[object, ...]] = [("SET", operation.key, operation.value)]
        commands += [("INFO", section) for section in self.cluster.system.info_sections]
        try:
            replies = self.connection.pipeline(commands)
            operation.completed = time.monotonic()
            operation.outcome, operation.error = outcome_of(replies[0])
            operation.accepted = operation.outcome != ERROR
            if operation.outcome == OK and self.cluster.system.acknowledges_by_wait:
                operation.outcome, operation.error = UNKNOWN, "not waited for"
            if operation.accepted:
                self.note_reign(operation, {key: value for text in replies[1:] for key, value in fields(text).items()})
        except (OSError, EOFError, KeyError, ValueError, AttributeError) as error:
            operation.error = f"{type(error).__name__}: {error}"
            self.let_go()
        promises.settle(operation, self.cluster.shape)
        if operation.accepted or operation.outcome == UNKNOWN:
            self.history.add(operation)  # plain refusals tell nothing
        self.under_way = None

    def note_reign(self, operation: Operation, info: dict[str, str]) -> None:
        """Whose write it was. A demoted master of Onggi passes what still comes in on to its successor for a while
        (rule H3): such a probe is its successor's. (If it were not, the value would be missing in the end, and
        acknowledged-survives would tell.)
        """
        state = self.cluster.system.node_state(info)
        if state.role in ("master", "waiting") and state.identity == self.cluster.observers[self.process.name].identity:
            operation.reign = state.reign
        else:
            operation.error = "passed on to the new master"

    def let_go(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None
