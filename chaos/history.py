"""What clients did and were told: one line of JSON for each operation. The checkers read nothing else of the clients.

An operation was *ok*, an *error* (the server said, in a way that leaves no doubt, that it was not done; or it was
never sent) or *unknown* (no answer, or one that leaves it open): then it may have been done, at any time from
`invoked` on. Times are CLOCK_MONOTONIC's seconds.
"""
from __future__ import annotations

import dataclasses
import json
import math
import pathlib
import threading
from typing import Iterable

from chaos.resp import Error

OK, ERROR, UNKNOWN = "ok", "error", "unknown"
# Error replies after which the command may or may not have been executed.
OPEN_ERRORS = {"NOACK", "UNBLOCKED"}
# Kinds of keys: what the checkers may conclude from their values.
ONCE, REGISTER, COUNTER, SESSION, PROBE = "once", "register", "counter", "session", "probe"


@dataclasses.dataclass(slots=True, eq=False)
class Operation:
    client: str
    host: str
    action: str  # write | read | incr
    family: str  # of the key: once, register, counter, session, probe
    key: str
    value: str | None  # written, or read
    invoked: float
    completed: float | None  # None: never answered
    outcome: str
    node: str = ""  # who answered, or was asked
    error: str = ""
    ttl_ms: int | None = None
    reign: str = ""  # of the node, where the client knows it
    accepted: bool = False  # the node executed the write, whether or not it could then acknowledge it

    @property
    def ended(self) -> float:
        """When it was over at the latest: an unknown one may take effect at any time."""
        return math.inf if self.outcome == UNKNOWN or self.completed is None else self.completed


def outcome_of(reply: object) -> tuple[str, str]:
    if isinstance(reply, Error):
        return (UNKNOWN if reply.code in OPEN_ERRORS else ERROR), str(reply)
    return OK, ""


class History:
    """Filled by many threads; written down when the run is over."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.lock = threading.Lock()

    def add(self, operation: Operation) -> None:
        with self.lock:
            self.operations.append(operation)

    def sorted(self) -> list[Operation]:
        with self.lock:
            return sorted(self.operations, key=lambda operation: operation.invoked)

    def last_ok(self) -> float:
        with self.lock:
            return next(
                (
                    operation.completed or 0.0
                    for operation in reversed(self.operations)
                    if operation.outcome == OK and operation.action != "read"
                ),
                0.0,
            )

    def save(self, path: pathlib.Path) -> None:
        with open(path, "w", encoding="utf-8") as file:
            for operation in self.sorted():
                file.write(json.dumps(dataclasses.asdict(operation), separators=(",", ":")) + "\n")


def read(path: pathlib.Path) -> list[Operation]:
    with open(path, encoding="utf-8") as file:
        return [Operation(**json.loads(line)) for line in file]


def writes(operations: Iterable[Operation]) -> Iterable[Operation]:
    return (operation for operation in operations if operation.action != "read")
