"""P1: every acknowledged write is there on every node, or was overwritten by a write that came later or at the same time.

A key's final value must be that of a write which does not lie wholly before an acknowledged one. A write of unknown outcome may
have taken effect at any time after it was begun, so it excuses a newer value, never an older one. A value that nobody wrote is broken
too.
"""
from __future__ import annotations

import collections

from chaos.evidence import Evidence, Finding
from chaos.history import ERROR, OK, ONCE, PROBE, REGISTER, Operation

NAME = "acknowledged survives"
FAMILIES = (ONCE, REGISTER, PROBE)
MAX_EXAMPLES = 5


def lost_writes(written: list[Operation], final: str | None) -> list[Operation]:
    """Of one key's writes: the acknowledged ones that the final value does not account for."""
    if final is None:
        return [write for write in written if write.outcome == OK]
    source = next((write for write in written if write.value == final), None)
    if source is None:
        return [write for write in written if write.outcome == OK]
    return [write for write in written if write.outcome == OK and source.ended < write.invoked]


def check(evidence: Evidence) -> Finding:
    by_key: dict[str, list[Operation]] = collections.defaultdict(list)
    for operation in evidence.operations:
        if operation.action == "write" and operation.family in FAMILIES:
            by_key[operation.key].append(operation)
    lost: dict[tuple[str, str | None], str] = {}
    invented = []
    acknowledged = sum(write.outcome == OK for written in by_key.values() for write in written)
    for node, values in evidence.contents.items():
        for key, written in by_key.items():
            final = values.get(key)
            for write in lost_writes(written, final):
                lost.setdefault((key, write.value),
                                f"{write.client}: {key} = {write.value}, acknowledged by {write.node or 'a library'} at "
                                f"{(write.completed or 0) - evidence.began:.3f} s; {node} has {final!r}")
            if final is not None and all(write.value != final for write in written if write.outcome != ERROR):
                invented.append(f"{node}: {key} = {final!r}, which nobody wrote (or whose write was refused)")
    examples = [*lost.values()][:MAX_EXAMPLES] + invented[:MAX_EXAMPLES]
    if not evidence.contents:
        return Finding(NAME, False, "nothing could be read", ["no node answered in the end"])
    figure = f"{len(lost)} of {acknowledged:,} lost" + (f", {len(invented)} invented" if invented else "")
    return Finding(NAME, len(lost) <= evidence.scenario.expect.lost and not invented, figure, examples)
