"""No process ends by itself, neither in the faults nor after them, and who is asked to stop does."""
from __future__ import annotations

from chaos.evidence import Evidence, Finding

NAME = "no process ends by itself"
MAX_EXAMPLES = 5


def check(evidence: Evidence) -> Finding:
    found = evidence.deaths
    processes = {death.split()[0] for death in found}
    return Finding(NAME, not found, f"{len(processes) or 'none'} did", found[:MAX_EXAMPLES])
