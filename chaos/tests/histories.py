"""Small histories for the checkers' tests: an operation on a line, and the evidence around it."""
from __future__ import annotations

from chaos.evidence import Evidence
from chaos.history import COUNTER, OK, ONCE, PROBE, SESSION, Operation
from chaos.observer import FirstAnswer, Sample
from chaos.scenario import Expectations, Load, Scenario, Shape
from chaos.timeline import Band


def write(
    key: str,
    value: str,
    invoked: float,
    completed: float | None = None,
    outcome: str = OK,
    family: str = ONCE,
    ttl_ms: int | None = None,
    node: str = "node-1",
) -> Operation:
    completed = invoked + 0.01 if completed is None else completed
    return Operation(
        "client",
        "app-1",
        "write",
        family,
        key,
        value,
        invoked,
        completed,
        outcome,
        node,
        ttl_ms=ttl_ms,
        accepted=outcome == OK,
        durable=outcome == OK,
    )


def read(key: str, value: str | None, invoked: float, family: str = SESSION) -> Operation:
    return Operation("client", "app-1", "read", family, key, value, invoked, invoked + 0.01, OK, "node-1", fresh=True)


def incr(key: str, became: int, invoked: float) -> Operation:
    return Operation(
        "client", "app-1", "incr", COUNTER, key, str(became), invoked, invoked + 0.01, OK, "node-1", durable=True
    )


def probe(node: str, reign: str, invoked: float, completed: float | None = None) -> Operation:
    operation = write(f"probe:{node}", f"{node}.{invoked}", invoked, completed, family=PROBE, node=node)
    operation.reign = reign
    return operation


def sample(
    at: float, process: str, state: str, epoch: int | None, promise: int | None = None, identity: str = "id"
) -> Sample:
    return Sample(at, process, state, epoch, promise, "", identity)


def evidence(
    *operations: Operation,
    contents: dict[str, dict[str, str | None]] | None = None,
    samples: dict[str, list[Sample]] | None = None,
    expect: Expectations | None = None,
    first_answers: list[FirstAnswer] | None = None,
    bands: list[Band] | None = None,
) -> Evidence:
    scenario = Scenario("test", "test", "", 10, Shape(), Load(), expect or Expectations(), [])
    return Evidence(
        scenario,
        list(operations),
        samples or {},
        first_answers or [],
        bands or [],
        began=0.0,
        healed=8.0,
        ended=10.0,
        contents=contents if contents is not None else {},
        contents_read=11.0,
        digests={"node-1": "d", "node-2": "d", "node-3": "d"},
        masters=["node-1"],
        settled=True,
        converged=True,
        converged_s=1.0,
    )


def held(key: str, *values: str | None) -> dict[str, dict[str, str | None]]:
    """What node-1, node-2 ... hold of one key; the last one's is also that of the nodes after it."""
    return {f"node-{number + 1}": {key: values[min(number, len(values) - 1)]} for number in range(Shape().nodes)}


def same(values: dict[str, str | None]) -> dict[str, dict[str, str | None]]:
    """On all nodes."""
    return {f"node-{number + 1}": values for number in range(Shape().nodes)}
