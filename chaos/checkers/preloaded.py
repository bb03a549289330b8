"""What was there from the beginning is there in the end, on every node, unchanged (P1: every node had it before the
first fault)."""
from __future__ import annotations

from chaos.evidence import Evidence, Finding

NAME = "preloaded data is there"


def check(evidence: Evidence) -> Finding:
    keys, examples, gone = 0, [], 0
    for found in evidence.preloaded:
        keys = found.keys
        if found.wrong is None:
            examples.append(f"{found.node} could not be read")
        elif found.wrong:
            gone += len(found.wrong)
            examples.append(f"{found.node}: {len(found.wrong):,} of {keys:,} are not, {found.wrong[0]} for one")
    missing = evidence.scenario.cluster.nodes - len(evidence.preloaded)
    if missing:
        examples.append(f"{missing} nodes were not looked at")
    figure = f"{gone:,} of {keys:,} gone or changed" if gone else f"{keys:,} keys on {len(evidence.preloaded)} nodes"
    return Finding(NAME, not examples, figure, examples)
