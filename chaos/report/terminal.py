"""The table on the terminal."""
from __future__ import annotations

import collections
from typing import Iterable

from chaos.evidence import Evidence, Finding
from chaos.history import PROBE


def outcomes(evidence: Evidence) -> str:
    counted = collections.Counter(operation.outcome for operation in evidence.operations if operation.family != PROBE)
    return f"{counted['ok']:,} ok, {counted['error']:,} refused, {counted['unknown']:,} unknown"


def findings_table(title: str, evidence: Evidence, findings: Iterable[Finding]) -> str:
    lines = [f"  {title}: {outcomes(evidence)}"]
    for finding in findings:
        state = "FAIL" if not finding.ok else "ok  " if finding.decided else "?   "
        lines.append(f"    {state}  {finding.checker:<27} {finding.figure}")
        lines += [
            f"            {example}" for example in (finding.examples if not finding.ok or not finding.decided else [])
        ]
    for failover in evidence.failovers:
        gap = (
            f"{failover.gap_ms:.0f} ms from the last acknowledgement to the first"
            if failover.gap_ms is not None
            else "no gap to measure"
        )
        why = f" ({failover.why})" if failover.why else ""
        epoch = f"epoch {failover.epoch}: " if failover.epoch is not None else ""
        lines.append(
            f"    {failover.promoted - evidence.began:6.2f} s  {epoch}{failover.old_master or '?'} -> "
            f"{failover.new_master}, {gap}{why}"
        )
    return "\n".join(lines)


SHOWN = ["acknowledged survives", "counters add up", "one writer at a time", "longest gap"]


def summary(rows: list[tuple[str, str, list[Finding]]]) -> str:
    """One line for each run: (scenario, system, findings)."""
    table = [["scenario", "system", "", "lost", "increments lost", "two writers", "longest gap"]]
    for scenario, system, findings in rows:
        by_name = {finding.checker: finding.figure for finding in findings}
        broken = [finding.checker for finding in findings if not finding.ok]
        lost, counters, writers, gap = (by_name[name] for name in SHOWN)
        table.append(
            [
                scenario,
                system,
                "FAIL" if broken else "ok" if all(finding.decided for finding in findings) else "?",
                lost.replace(" lost", "", 1),
                counters.removesuffix(" increments lost"),
                writers.split(", ", 1)[-1].removeprefix("two writers for "),
                gap.split(" without")[0],
            ]
        )
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return "\n".join("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table)
