"""What clients did and were told. The checkers read nothing else of the clients.

Written down it is a file that `onggi-check` judges (chaos/checkers/history_file.h): a line of JSON with the settings,
one for each operation, one for what each node holds in the end.

An operation was *ok*, an *error* (the server said, in a way that leaves no doubt, that it was not done; or it was
never sent) or *unknown* (no answer, or one that leaves it open): then it may have been done, at any time from
`invoked` on. Times are CLOCK_MONOTONIC's seconds; in files they count from the beginning of the workload.
"""
from __future__ import annotations

import dataclasses
import json
import pathlib
import threading
from typing import Any, Iterable

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
    action: str  # write | swap | incr | touch | read
    family: str  # of the key: once, register, counter, session, probe
    key: str
    value: str | None  # written, read, or what a counter became
    invoked: float
    completed: float | None  # None: never answered
    outcome: str
    node: str = ""  # who answered, or was asked
    error: str = ""
    ttl_ms: int | None = None
    reign: str = ""  # of the node, where the client knows it
    accepted: bool = False  # the node executed the write, whether or not it could then acknowledge it
    previous: str | None = None  # a swap: what was there before
    waited: int | None = None  # what the WAIT after it answered
    durable: bool = False  # acknowledged, and no failover may lose it (promises.py)
    fresh: bool = False  # a read: whoever answered must know all that was durable when it was asked


def outcome_of(reply: object) -> tuple[str, str]:
    if isinstance(reply, Error):
        return (UNKNOWN if reply.code in OPEN_ERRORS else ERROR), str(reply)
    return OK, ""


def left_open(operation: Operation) -> Operation:
    return dataclasses.replace(
        operation, completed=None, outcome=UNKNOWN, accepted=False, waited=None, durable=False, fresh=False
    )


class History:
    """Filled by many threads; written down when the run is over."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.latest_once: str | None = None  # the value of the newest `once` key
        self.closed = False
        self.lock = threading.Lock()

    def add(self, operation: Operation) -> None:
        with self.lock:
            if not self.closed:
                self.operations.append(operation)

    def close(self, under_way: Iterable[Operation]) -> None:
        """No client is waited for any more: what is under way stays unknown, whatever the client is told yet."""
        with self.lock:
            self.operations += [left_open(operation) for operation in under_way if operation not in self.operations]
            self.closed = True

    def sorted(self) -> list[Operation]:
        with self.lock:
            return sorted(self.operations, key=lambda operation: operation.invoked)

    def last_ok(self) -> float:
        """When the last write of an application was acknowledged."""
        with self.lock:
            return next(
                (
                    operation.completed or 0.0
                    for operation in reversed(self.operations)
                    if operation.outcome == OK and operation.action != "read" and operation.family != PROBE
                ),
                0.0,
            )


def write(
    path: pathlib.Path,
    operations: Iterable[Operation],
    began: float,
    settings: dict[str, Any],
    contents: dict[str, dict[str, str | None]],
) -> None:
    """`operations` by invocation: the first of them is on the file's second line."""

    def line(told: dict[str, Any]) -> str:
        return json.dumps(told, separators=(",", ":")) + "\n"

    with open(path, "w", encoding="utf-8") as file:
        file.write(line({"settings": {"began": began, **settings}}))
        for operation in operations:
            told = dataclasses.asdict(operation)
            for name in ("invoked", "completed"):
                told[name] = None if told[name] is None else round(told[name] - began, 6)
            file.write(
                line({name: value for name, value in told.items() if value not in (None, "") and value is not False})
            )
        for node, values in contents.items():
            held = {key: value for key, value in values.items() if value is not None}
            file.write(line({"node": node, "holds": held}))


def read(path: pathlib.Path) -> list[Operation]:
    """The operations of a file, times from the beginning of the workload."""
    with open(path, encoding="utf-8") as file:
        told = [json.loads(line) for line in file]
    blank: dict[str, Any] = {"value": None, "completed": None}
    return [Operation(**{**blank, **line}) for line in told if "action" in line]
