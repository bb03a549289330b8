"""P2: at any moment at most one node accepts writes, and a reign has one node.

A reign is a node's time as master (Onggi's epoch, redis's replication id). The node surely was master from the answer
to its first accepted probe to the asking of its last one; two such times of different nodes must not overlap. What
lies around them is left open, so that nothing is reported that a slow answer could explain. That nobody was ever seen
to accept a write is no proof of anything.
"""
from __future__ import annotations

import dataclasses

from chaos.evidence import Evidence, Finding
from chaos.history import Operation

NAME = "one writer at a time"
MAX_EXAMPLES = 5


@dataclasses.dataclass
class Reign:
    node: str
    name: str
    since: float  # the first accepted write was answered
    until: float  # the last accepted write was asked
    writes: int


def reigns(operations: list[Operation]) -> list[Reign]:
    found: dict[tuple[str, str], Reign] = {}
    for operation in operations:
        if operation.accepted and operation.reign and operation.completed is not None:
            reign = found.get((operation.node, operation.reign))
            if reign is None:
                found[(operation.node, operation.reign)] = Reign(
                    operation.node, operation.reign, operation.completed, operation.invoked, 1
                )
            else:
                reign.since = min(reign.since, operation.completed)
                reign.until = max(reign.until, operation.invoked)
                reign.writes += 1
    return sorted(found.values(), key=lambda reign: reign.since)


def check(evidence: Evidence) -> Finding:
    found = reigns(evidence.operations)
    if not found:
        return Finding(NAME, False, "no reign was seen", ["no prober's write was accepted"])
    examples, together_s = [], 0.0
    for number, one in enumerate(found):
        for other in found[number + 1 :]:
            if one.node == other.node:
                continue
            overlap = min(one.until, other.until) - max(one.since, other.since)
            if overlap > 0:
                together_s += overlap
                examples.append(
                    f"{one.node} ({one.name}) and {other.node} ({other.name}) both accepted writes for "
                    f"{overlap * 1000:.0f} ms from {max(one.since, other.since) - evidence.began:.3f} s on"
                )
            elif one.name == other.name:
                examples.append(f"{one.node} and {other.node} were both masters of {one.name}")
    figure = f"{len(found)} reign(s)" + (f", two writers for {together_s:.2f} s" if together_s else ", never two")
    return Finding(NAME, not examples, figure, examples[:MAX_EXAMPLES])
