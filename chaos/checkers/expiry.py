"""No expired key is returned, and no live key is gone early.

A session is written once, with a time to live, and read by the one that wrote it. It may be gone from the moment on
that its write was begun plus its time to live; it must be gone once that much has passed since the write was
answered. A bound's worth of slack is given for the answer's way, and what the scenario says its clocks are off.
"""
from __future__ import annotations

from chaos.evidence import Evidence, Finding
from chaos.history import OK, SESSION, UNKNOWN, Operation

NAME = "expiry"
SLACK_S = 0.1
MAX_EXAMPLES = 5


def check(evidence: Evidence) -> Finding:
    slack = SLACK_S + evidence.scenario.expect.clock_slack_ms / 1000
    written: dict[str, Operation] = {}
    late: list[str] = []
    early: list[str] = []
    reads = 0
    for operation in sorted(evidence.operations, key=lambda operation: operation.invoked):
        if operation.family != SESSION:
            continue
        if operation.action == "write":
            written[operation.key] = operation
        elif operation.outcome == OK and operation.key in written:
            reads += 1
            write = written[operation.key]
            verdict = judge(write, operation, slack)
            if verdict:
                text = (
                    f"{operation.key} (time to live {write.ttl_ms} ms, written at {write.invoked - evidence.began:.3f} s) was "
                    f"{verdict} at {operation.invoked - evidence.began:.3f} s by {operation.node}"
                )
                (late if verdict.startswith("returned") else early).append(text)
    figure = f"{reads:,} reads: {len(late)} expired returned, {len(early)} gone early"
    return Finding(
        NAME, not late and len(early) <= evidence.scenario.expect.lost, figure, (late + early)[:MAX_EXAMPLES]
    )


def judge(write: Operation, read: Operation, slack: float) -> str:
    assert write.ttl_ms is not None
    if read.value is not None:
        # An unknown write may have been done at any time after it was begun: its end is unknown too.
        if write.outcome == UNKNOWN or write.completed is None:
            return ""
        return "returned although expired" if read.invoked > write.completed + write.ttl_ms / 1000 + slack else ""
    alive_until = write.invoked + write.ttl_ms / 1000 - slack
    answered = read.completed or read.invoked
    return "gone although alive" if write.outcome == OK and answered < alive_until else ""
