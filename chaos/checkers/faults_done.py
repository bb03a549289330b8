"""The scenario's faults were done, and taken back in time: what was never broken shows nothing by holding. Excused is
what this lab can't do, and what a storm aimed at somebody who was down already."""
from __future__ import annotations

from chaos.evidence import Evidence, Finding

NAME = "faults were done"


def check(evidence: Evidence) -> Finding:
    not_done = [band for band in evidence.bands if band.problem]
    broken = [f"{band.words}: {band.problem}" for band in not_done if not band.excused]
    broken += [f"{band.words}, taken back: {band.stuck}" for band in evidence.bands if band.stuck]
    figure = f"{len(evidence.bands) - len(not_done)} of {len(evidence.bands)}"
    excused = sum(band.excused for band in not_done)
    return Finding(NAME, not broken, figure + (f" ({excused} excused)" if excused else ""), broken)
