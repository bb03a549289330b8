"""Recorders: clients that use the cluster as an application does, through the sentinels, and write down what they
were told.

Each runs on an application's host, so a partition cuts it off with its side. One operation at a time, at a steady
pace; an error is recorded and gone on from, after asking the sentinels again. A recorder never retries a write: what
is unknown stays unknown.

Keys, and what may be concluded from them: `once` keys are written once, and now and then said again by whoever comes
(SET ... NX), who is told by an answer of nothing that they are there; `register` keys again and again, some of them
by all recorders, which also read them, and swap (SET ... GET): all must be told of one order; `counter` keys only go
up; `session` keys expire soon, are prolonged, and are read around that moment.

A read is *fresh* if INFO before and after it, on the same connection, said that the node is master, in the same reign:
Onggi says so only with a lease (L1), so that its answer must know all that was durable when it was asked. A session
must also be known by the node that acknowledged its last change, whatever that node has become: it is not to say that
there is no such session (N2).
"""
from __future__ import annotations

import collections
import random
import time
from typing import Any

from chaos.cluster import Cluster
from chaos import promises
from chaos.history import COUNTER, ERROR, OK, ONCE, REGISTER, SESSION, UNKNOWN, History, Operation, outcome_of
from chaos.network.base import Network
from chaos.resp import Connection, Error, fields
from chaos.scenario import Load
from chaos.systems.base import MASTER_NAME
from chaos.worker import Worker

CONNECT_TIMEOUT_S = 0.3
PAUSE_AFTER_ERROR_S = 0.005
WAIT_MS = 500
KEPT_SESSIONS = 40
SHARED_REGISTERS = 4


class Recorder(Worker):
    def __init__(self, name: str, host: str, cluster: Cluster, history: History, load: Load, seed: int) -> None:
        super().__init__(name, 15)
        self.host, self.cluster, self.history, self.load = host, cluster, history, load
        self.network: Network = cluster.network
        self.random = random.Random(seed)
        self.connection: Connection | None = None
        self.node = ""
        self.number = 0
        self.sessions: collections.deque[str] = collections.deque(maxlen=KEPT_SESSIONS)
        self.homes: dict[str, str] = {}  # of sessions: the node that acknowledged the last durable change

    def run(self) -> None:
        next_at = time.monotonic()
        while not self.ending.is_set():
            next_at = max(next_at + 1 / self.load.per_second, time.monotonic())
            operation = self.once()
            if operation.outcome != OK:
                self.ending.wait(PAUSE_AFTER_ERROR_S)
            self.ending.wait(max(0.0, next_at - time.monotonic()))
        self.let_go()

    # --------------------------------------------------------------------------------------------------- what is asked

    def once(self) -> Operation:
        self.number += 1
        value = f"{self.name}.{self.number}"
        draw = self.random.random()
        if draw < 0.26 or draw < 0.32 and self.history.latest_once is None:
            self.history.latest_once = value  # while it is being written, best
            return self.do("write", ONCE, f"once:{value}", value)
        if draw < 0.32:
            value = str(self.history.latest_once)
            return self.do("write", ONCE, f"once:{value}", value)
        if draw < 0.44:
            return self.do("write", REGISTER, f"register:{self.name}:{self.random.randrange(6)}", value)
        if draw < 0.68:
            key = f"register:shared:{self.random.randrange(SHARED_REGISTERS)}"
            action = "write" if draw < 0.50 else "swap" if draw < 0.58 else "read"
            return self.do(action, REGISTER, key, None if action == "read" else value)
        if draw < 0.78:
            return self.do("incr", COUNTER, f"counter:{self.name}:{self.random.randrange(2)}", None)
        if draw < 0.86 or not self.sessions:
            key = f"session:{value}"
            self.sessions.append(key)
            return self.do("write", SESSION, key, value, ttl_ms=self.random.randrange(500, 5000))
        key = self.random.choice(self.sessions)
        if draw < 0.90:
            return self.do("touch", SESSION, key, None, ttl_ms=self.random.randrange(500, 5000))
        return self.do("read", SESSION, key, None)

    def commands(self, operation: Operation) -> list[tuple[object, ...]]:
        """The request is the first of them; a read's is between two looks at what the node is."""
        system, key, value = self.cluster.system, operation.key, operation.value
        if operation.action == "read":
            look: list[tuple[object, ...]] = [("INFO", section) for section in system.info_sections]
            return [*look, ("GET", key), *look]
        requests: dict[str, tuple[object, ...]] = {
            "incr": ("INCR", key),
            "swap": ("SET", key, value, "GET"),
            "touch": ("PEXPIRE", key, operation.ttl_ms),
            "write": ("SET", key, value, *self.write_options(operation)),
        }
        request = requests[operation.action]
        return [request, ("WAIT", self.replicas_to_wait_for(), WAIT_MS)] if self.waits() else [request]

    @staticmethod
    def write_options(operation: Operation) -> tuple[object, ...]:
        if operation.family == ONCE:
            return ("NX",)
        return ("PX", operation.ttl_ms) if operation.ttl_ms is not None else ()

    def waits(self) -> bool:
        """Where WAIT is what acknowledges, always; else sometimes, to see whether its word is good."""
        system = self.cluster.system
        often = 0.5 if self.cluster.shape.write_acks == 0 else 0.1
        return system.acknowledges_by_wait or (system.promises_by_wait and self.random.random() < often)

    def replicas_to_wait_for(self) -> int:
        asks = promises.to_acknowledge if self.cluster.system.acknowledges_by_wait else promises.enough
        return asks(self.cluster.shape)

    def do(self, action: str, family: str, key: str, value: str | None, ttl_ms: int | None = None) -> Operation:
        operation = Operation(
            self.name, self.host, action, family, key, value, time.monotonic(), None, UNKNOWN, ttl_ms=ttl_ms
        )
        self.under_way = operation
        self.carry_out(operation, self.commands(operation))
        promises.settle(operation, self.cluster.shape)
        if family == SESSION and operation.durable:
            self.homes[key] = operation.node
        self.history.add(operation)
        self.under_way = None
        return operation

    def carry_out(self, operation: Operation, commands: list[tuple[object, ...]]) -> None:
        try:
            if self.connection is None:
                self.find_master()
        except (OSError, EOFError) as error:
            operation.completed, operation.outcome, operation.error = time.monotonic(), ERROR, f"no master: {error}"
            return
        operation.node = self.node
        try:
            assert self.connection is not None
            replies = self.connection.pipeline(commands)
        except (OSError, EOFError) as error:
            operation.error = f"{type(error).__name__}: {error}"
            operation.completed = time.monotonic()
            self.let_go()
            return
        self.note(operation, replies)

    def note(self, operation: Operation, replies: list[Any]) -> None:
        operation.completed = time.monotonic()
        looks = len(replies) // 2 if operation.action == "read" else 0
        reply = replies[looks]
        operation.outcome, operation.error = outcome_of(reply)
        operation.accepted = operation.outcome != ERROR
        if operation.outcome == OK:
            self.note_answer(operation, reply)
            if looks:
                operation.fresh = self.must_know(operation, replies[:looks], replies[looks + 1 :])
            elif len(replies) == 2:
                self.note_wait(operation, replies[1])
        if operation.outcome == ERROR:
            self.let_go()

    def note_answer(self, operation: Operation, reply: Any) -> None:
        told = None if reply is None else str(reply)
        if operation.action == "swap":
            operation.previous = told
        elif operation.action == "touch":
            operation.value = told if reply == 1 else None
        elif operation.action != "write":
            operation.value = told

    def note_wait(self, operation: Operation, reply: Any) -> None:
        if not isinstance(reply, Error):
            operation.waited = reply
        needed = promises.to_acknowledge(self.cluster.shape)
        if self.cluster.system.acknowledges_by_wait and (operation.waited or 0) < needed:
            operation.outcome, operation.error = UNKNOWN, f"WAIT: not {needed} replica(s) in time"

    def must_know(self, operation: Operation, before: list[Any], after: list[Any]) -> bool:
        try:
            one, other = (
                self.cluster.system.node_state({key: value for text in texts for key, value in fields(text).items()})
                for texts in (before, after)
            )
        except (KeyError, ValueError, AttributeError):  # an error in place of an answer
            return False
        leads = one.role == other.role == "master" and (one.reign, one.identity) == (other.reign, other.identity)
        return leads or (operation.family == SESSION and self.homes.get(operation.key) == operation.node)

    # ------------------------------------------------------------------------------------------------------ the master

    def find_master(self) -> None:
        last = "no sentinel answers"
        for sentinel in self.random.sample(self.cluster.sentinels, len(self.cluster.sentinels)):
            try:
                with Connection(
                    self.network.connect(self.host, sentinel.endpoint.announced, CONNECT_TIMEOUT_S)
                ) as asked:
                    address = asked.ask("SENTINEL", "get-master-addr-by-name", MASTER_NAME)
            except (OSError, EOFError) as error:
                last = str(error)
                continue
            if isinstance(address, list):
                found = (address[0], int(address[1]))
                opened = self.network.connect(self.host, found, CONNECT_TIMEOUT_S * 2)
                opened.settimeout(self.load.timeout_s)
                self.connection, self.node = Connection(opened), self.cluster.names_of.get(
                    found, f"{found[0]}:{found[1]}"
                )
                return
            last = "no sentinel names a master"
        raise OSError(last)

    def let_go(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None
