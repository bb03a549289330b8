"""The faults, each a bar over the time it was in force, in as few rows as they fit into."""
from __future__ import annotations

from chaos.evidence import Evidence
from chaos.report import svg
from chaos.report.palette import FAINT, SOFT, fault_colour
from chaos.report.scale import LEFT, WIDTH, Scale
from chaos.timeline import Band

ROW = 15.0
LETTER = 5.6  # a letter's width, about


def words_of(band: Band) -> str:
    on = ", ".join(band.on) if len(band.on) <= 4 else f"{len(band.on)} processes"
    return f"{band.fault.do} {on}".strip() if not band.problem else f"{band.fault.do}: not done"


def draw(evidence: Evidence, scale: Scale, top: float) -> tuple[str, float]:
    rows: list[float] = []
    parts = [svg.text(LEFT - 10, top + 10, "faults", font_size=11, fill=SOFT, text_anchor="end")]
    for band in evidence.bands:
        start, end = scale.x(band.began), max(scale.x(band.ended or evidence.healed), scale.x(band.began) + 3)
        words = words_of(band)
        inside = end - start > len(words) * LETTER + 8
        outside_left = not inside and end + len(words) * LETTER > LEFT + WIDTH
        left = start - len(words) * LETTER - 6 if outside_left else start
        right = end if inside or outside_left else end + len(words) * LETTER + 8
        row = next((number for number, free in enumerate(rows) if free <= left), None)
        if row is None:
            row = len(rows)
            rows.append(0.0)
        rows[row] = right + 2
        y = top + row * ROW
        colour = FAINT if band.problem else fault_colour(band.fault.do)
        hint = f"{band.words}: {', '.join(band.on)} {band.problem} {band.stuck}".strip()
        parts.append(svg.rect(start, y, end - start, ROW - 3, colour, hint, rx=2))
        if inside:
            parts.append(svg.text(start + 4, y + 9.5, words, font_size=9.5, fill="#ffffff"))
        elif outside_left:
            parts.append(svg.text(start - 4, y + 9.5, words, font_size=9.5, fill=colour, text_anchor="end"))
        else:
            parts.append(svg.text(end + 4, y + 9.5, words, font_size=9.5, fill=colour))
    return "".join(parts), top + max(1, len(rows)) * ROW
