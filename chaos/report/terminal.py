"""The table on the terminal."""
from __future__ import annotations

import collections
from typing import Iterable

from chaos.evidence import Evidence, Finding
from chaos.history import PROBE
from chaos.report.outcome import Outcome, Results


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


def summary(results: Results) -> str:
    """One line for each run."""
    table = [["scenario", "system", "", "lost", "increments lost", "two writers", "longest gap"]]
    table += [[scenario.name, outcome.system.name, *line(outcome)] for scenario, done in results for outcome in done]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return "\n".join("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table)


def line(outcome: Outcome) -> list[str]:
    if outcome.broke_off:
        return ["FAIL", "broke off", "", "", ""]
    found = [outcome.of(checker) for checker in SHOWN]
    lost, counters, writers, gap = (finding.figure if finding else "" for finding in found)
    return [
        "FAIL" if not outcome.ok else "ok" if outcome.decided else "?",
        lost.replace(" lost", "", 1),
        counters.removesuffix(" increments lost"),
        writers.split(", ", 1)[-1].removeprefix("two writers for "),
        gap.split(" without")[0],
    ]
