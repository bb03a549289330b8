"""The picture of one run: faults, a lane for each process, what clients saw; one axis of time through all of it."""
from __future__ import annotations

from chaos.evidence import Evidence
from chaos.report import bands, lanes, requests, svg
from chaos.report.palette import DEFINITIONS, FAINT, INK, SOFT
from chaos.report.scale import Scale, total_width

TOP = 18.0


def draw(evidence: Evidence, seconds: float, tallest: int) -> str:
    scale = Scale(evidence.began, seconds)
    faults, y = bands.draw(evidence, scale, TOP + 6)
    processes, y = lanes.draw(evidence, scale, y + 8)
    clients, y = requests.draw(evidence, scale, y + 8, tallest)
    marks = promotions(evidence, scale, TOP, y) + healed(evidence, scale, TOP, y)
    return svg.document(
        total_width(),
        y + 6,
        [DEFINITIONS, scale.axis(TOP, y), marks, faults, processes, clients],
        f"{evidence.scenario.title}: the run, second by second",
    )


def promotions(evidence: Evidence, scale: Scale, top: float, bottom: float) -> str:
    """A thin line through everything where a new master was made."""
    return "".join(
        svg.line(
            scale.x(failover.promoted),
            top,
            scale.x(failover.promoted),
            bottom,
            INK,
            stroke_width=0.7,
            stroke_dasharray="2 3",
            opacity=0.6,
        )
        for failover in evidence.failovers
        if failover.promoted < scale.end
    )


def healed(evidence: Evidence, scale: Scale, top: float, bottom: float) -> str:
    x = scale.x(evidence.healed)
    label = svg.text(x + 4, top + 8, "healed", font_size=9, fill=SOFT)
    return svg.line(x, top, x, bottom, FAINT, stroke_width=1.2) + label


def length(evidence: Evidence) -> float:
    """Of the workload: pictures side by side take the longest."""
    return evidence.ended - evidence.began


def tallest(evidence: Evidence, seconds: float) -> int:
    return requests.tallest_bin(evidence, Scale(evidence.began, seconds))
