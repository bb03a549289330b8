"""Once everything is healed, clients get acknowledgements again, within a bound."""
from __future__ import annotations

from chaos.evidence import Evidence, Finding
from chaos.history import OK, PROBE

NAME = "service after the heal"


def check(evidence: Evidence) -> Finding:
    after = [
        operation.completed - evidence.healed
        for operation in evidence.operations
        if operation.outcome == OK
        and operation.action != "read"
        and operation.family != PROBE
        and operation.completed is not None
        and operation.invoked >= evidence.healed
    ]
    bound = evidence.scenario.expect.serve_ms
    if not after:
        return Finding(
            NAME,
            False,
            "never",
            [
                f"no write was acknowledged between the heal and the end of the workload, "
                f"{evidence.ended - evidence.healed:.1f} s later"
            ],
        )
    took = min(after) * 1000
    return Finding(
        NAME,
        took <= bound,
        f"first acknowledgement after {took:.0f} ms",
        [] if took <= bound else [f"{bound:.0f} ms is the bound"],
    )
