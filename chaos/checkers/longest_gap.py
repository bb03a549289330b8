"""The longest time in which no client of the cluster's applications got a write acknowledged."""
from __future__ import annotations

from chaos.evidence import Evidence, Finding
from chaos.history import OK, PROBE

NAME = "longest gap"


def gap(evidence: Evidence) -> tuple[float, float]:
    """(its start, its length in seconds), from the beginning of the workload to its end."""
    acks = sorted(
        operation.completed or 0.0
        for operation in evidence.operations
        if operation.outcome == OK and operation.action != "read" and operation.family != PROBE
    )
    moments = [evidence.began, *[at for at in acks if evidence.began <= at <= evidence.ended], evidence.ended]
    start, length = max(((a, b - a) for a, b in zip(moments, moments[1:])), key=lambda pair: pair[1])
    return start, length


def check(evidence: Evidence) -> Finding:
    start, length = gap(evidence)
    bound = evidence.scenario.expect.gap_ms
    figure = f"{length * 1000:.0f} ms without an acknowledgement"
    ok = bound is None or length * 1000 <= bound
    return Finding(
        NAME, ok, figure, [] if ok else [f"from {start - evidence.began:.2f} s on; {bound:.0f} ms is the bound"]
    )
