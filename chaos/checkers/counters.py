"""A counter is at least what was acknowledged and at most that and what is unknown: nothing lost, none done twice."""
from __future__ import annotations

import collections

from chaos.evidence import Evidence, Finding
from chaos.history import COUNTER, OK, UNKNOWN

NAME = "counters"
MAX_EXAMPLES = 5


def check(evidence: Evidence) -> Finding:
    acknowledged: collections.Counter[str] = collections.Counter()
    unknown: collections.Counter[str] = collections.Counter()
    for operation in evidence.operations:
        if operation.family == COUNTER:
            acknowledged[operation.key] += operation.outcome == OK
            unknown[operation.key] += operation.outcome == UNKNOWN
    lost, twice, examples = 0, 0, []
    for key in acknowledged:
        for node, values in evidence.contents.items():
            final = int(values.get(key) or 0)
            if final < acknowledged[key]:
                examples.append(f"{node}: {key} is {final}, and {acknowledged[key]} increments were acknowledged")
            elif final > acknowledged[key] + unknown[key]:
                examples.append(
                    f"{node}: {key} is {final}, and at most {acknowledged[key] + unknown[key]} can have been done"
                )
        finals = [int(values.get(key) or 0) for values in evidence.contents.values()]
        lost += max(0, acknowledged[key] - min(finals, default=0))
        twice += max(0, max(finals, default=0) - acknowledged[key] - unknown[key])
    figure = f"{lost} of {sum(acknowledged.values()):,} increments lost" + (f", {twice} done twice" if twice else "")
    return Finding(NAME, lost <= evidence.scenario.expect.lost and not twice, figure, examples[:MAX_EXAMPLES])
