"""P3: after everything healed, all nodes come to hold the same data (DEBUG DIGEST), within a bound."""
from __future__ import annotations

from chaos.evidence import Evidence, Finding
from chaos.resp import Error

NAME = "equal data"


def check(evidence: Evidence) -> Finding:
    distinct = set(evidence.digests.values())
    missing = evidence.scenario.cluster.nodes - len(evidence.digests)
    refused = sorted(node for node, digest in evidence.digests.items() if isinstance(digest, Error))
    bound = evidence.scenario.expect.converge_s
    if refused:
        return Finding(
            NAME, False, f"{len(refused)} can't tell", [f"{node}: {evidence.digests[node]}" for node in refused]
        )
    if evidence.converged and len(distinct) == 1 and not missing and evidence.converged_s > bound:
        return Finding(NAME, False, f"equal {evidence.converged_s:.1f} s after the heal", [f"{bound:g} s is the bound"])
    if evidence.converged and len(distinct) == 1 and not missing:
        return Finding(NAME, True, f"{len(evidence.digests)} equal, {evidence.converged_s:.1f} s after the heal")
    examples = [f"{node}: {digest}" for node, digest in sorted(evidence.digests.items())]
    return Finding(NAME, False, f"{len(distinct)} different, {missing} missing", examples or ["no node answered"])
