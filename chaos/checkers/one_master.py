"""In the end there is one master, every node follows it, every sentinel names it."""
from __future__ import annotations

from chaos.evidence import Evidence, Finding

NAME = "one master in the end"


def check(evidence: Evidence) -> Finding:
    examples = []
    if len(evidence.masters) != 1:
        examples.append(f"masters: {', '.join(evidence.masters) or 'none'}")
    elif not evidence.settled:
        examples.append(
            f"not all follow {evidence.masters[0]}, or not all sentinels name it, "
            f"{evidence.scenario.expect.converge_s:g} s after the heal"
        )
    return Finding(NAME, not examples, ", ".join(evidence.masters) or "none", examples)
