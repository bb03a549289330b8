"""P1: every acknowledged write is there on every node, or was overwritten by a write that came later or at the same
time.

A key's final value must be that of a write which does not lie wholly before an acknowledged one. A write of unknown
outcome may have taken effect at any time after it was begun, so it excuses a newer value, never an older one. A value
that nobody wrote is broken too.
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


def written_keys(evidence: Evidence) -> dict[str, list[Operation]]:
    by_key: dict[str, list[Operation]] = collections.defaultdict(list)
    for operation in evidence.operations:
        if operation.action == "write" and operation.family in FAMILIES:
            by_key[operation.key].append(operation)
    return by_key


def lost_operations(evidence: Evidence) -> dict[Operation, tuple[str, str | None]]:
    """Each lost write once, with a node that lacks it and what that node has instead."""
    lost: dict[Operation, tuple[str, str | None]] = {}
    for key, written in written_keys(evidence).items():
        for node, values in evidence.contents.items():
            for write in lost_writes(written, values.get(key)):
                lost.setdefault(write, (node, values.get(key)))
    return lost


def invented_values(evidence: Evidence) -> list[str]:
    found = []
    for key, written in written_keys(evidence).items():
        possible = {write.value for write in written if write.outcome != ERROR}
        found += [
            f"{node}: {key} = {values[key]!r}, which nobody wrote (or whose write was refused)"
            for node, values in evidence.contents.items()
            if values.get(key) is not None and values[key] not in possible
        ]
    return found


def check(evidence: Evidence) -> Finding:
    if not evidence.contents:
        return Finding(NAME, False, "nothing could be read", ["no node answered in the end"])
    lost, invented = lost_operations(evidence), invented_values(evidence)
    acknowledged = sum(write.outcome == OK for written in written_keys(evidence).values() for write in written)
    examples = [
        f"{write.client}: {write.key} = {write.value}, acknowledged by {write.node or 'a library'} at "
        f"{(write.completed or 0) - evidence.began:.3f} s; {node} has {value!r}"
        for write, (node, value) in lost.items()
    ]
    figure = f"{len(lost):,} of {acknowledged:,} lost" + (f", {len(invented)} invented" if invented else "")
    return Finding(
        NAME,
        len(lost) <= evidence.scenario.expect.lost and not invented,
        figure,
        examples[:MAX_EXAMPLES] + invented[:MAX_EXAMPLES],
    )
