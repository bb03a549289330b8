"""P3: after everything healed, all nodes come to hold the same data (DEBUG DIGEST), within a bound."""
from __future__ import annotations

from chaos.evidence import Evidence, Finding

NAME = "equal data"


def check(evidence: Evidence) -> Finding:
    distinct = set(evidence.digests.values())
    missing = evidence.scenario.cluster.nodes - len(evidence.digests)
    if evidence.converged and len(distinct) == 1 and not missing:
        return Finding(NAME, True, f"{len(evidence.digests)} equal, {evidence.converged_s:.1f} s after the heal")
    examples = [f"{node}: {digest}" for node, digest in sorted(evidence.digests.items())]
    return Finding(NAME, False, f"{len(distinct)} different, {missing} missing", examples or ["no node answered"])
