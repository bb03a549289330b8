"""Recorders: clients that use the cluster as an application does, through the sentinels, and write down what they
were told.

Each runs on an application's host, so a partition cuts it off with its side. One operation at a time, at a steady
pace; an error is recorded and gone on from, after asking the sentinels again. A recorder never retries a write: what
is unknown stays unknown.

Keys, and what may be concluded from them: `once` keys are written once; `register` keys again and again, some of them
by all recorders; `counter` keys only go up; `session` keys expire soon and are read around that moment.
"""
from __future__ import annotations

import collections
import random
import threading
import time
from typing import Any

from chaos.cluster import Cluster
from chaos.history import COUNTER, ERROR, OK, ONCE, REGISTER, SESSION, UNKNOWN, History, Operation, outcome_of
from chaos.network.base import Network
from chaos.resp import Connection, Error
from chaos.scenario import Load
from chaos.systems.base import MASTER_NAME

CONNECT_TIMEOUT_S = 0.3
PAUSE_AFTER_ERROR_S = 0.005
WAIT_MS = 500
KEPT_SESSIONS = 40


class Recorder:
    def __init__(self, name: str, host: str, cluster: Cluster, history: History, load: Load, seed: int) -> None:
        self.name, self.host, self.cluster, self.history, self.load = name, host, cluster, history, load
        self.network: Network = cluster.network
        self.random = random.Random(seed)
        self.connection: Connection | None = None
        self.node = ""
        self.number = 0
        self.sessions: collections.deque[str] = collections.deque(maxlen=KEPT_SESSIONS)
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run, name=name, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.ending.set()

    def join(self) -> None:
        if self.thread.ident is not None:
            self.thread.join(15)

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
        if draw < 0.40:
            return self.do("write", ONCE, f"once:{value}", value)
        if draw < 0.60:
            return self.do("write", REGISTER, f"register:{self.name}:{self.random.randrange(6)}", value)
        if draw < 0.68:
            return self.do("write", REGISTER, f"register:shared:{self.random.randrange(4)}", value)
        if draw < 0.78:
            return self.do("incr", COUNTER, f"counter:{self.name}:{self.random.randrange(2)}", None)
        if draw < 0.90 or not self.sessions:
            key = f"session:{value}"
            self.sessions.append(key)
            return self.do("write", SESSION, key, value, ttl_ms=self.random.randrange(500, 5000))
        return self.do("read", SESSION, self.random.choice(self.sessions), None)

    def do(self, action: str, family: str, key: str, value: str | None, ttl_ms: int | None = None) -> Operation:
        commands: list[tuple[object, ...]]
        if action == "read":
            commands = [("GET", key)]
        elif action == "incr":
            commands = [("INCR", key)]
        else:
            commands = [("SET", key, value, *(("PX", ttl_ms) if ttl_ms is not None else ()))]
        if action != "read" and self.cluster.system.acknowledges_by_wait:
            commands.append(("WAIT", 1, WAIT_MS))
        operation = Operation(
            self.name, self.host, action, family, key, value, time.monotonic(), None, UNKNOWN, ttl_ms=ttl_ms
        )
        self.carry_out(operation, commands)
        self.history.add(operation)
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
        operation.outcome, operation.error = outcome_of(replies[0])
        operation.accepted = operation.outcome != ERROR
        if operation.action != "write" and operation.outcome == OK:
            operation.value = None if replies[0] is None else str(replies[0])
        if operation.outcome == OK and len(replies) == 2 and (isinstance(replies[1], Error) or replies[1] < 1):
            operation.outcome, operation.error = UNKNOWN, "WAIT: no replica in time"
        if operation.outcome == ERROR:
            self.let_go()

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
