"""Each failover, step by step, in milliseconds from the old master's last acknowledgement: a small picture and the
figures."""
from __future__ import annotations

from html import escape

from chaos.evidence import Evidence
from chaos.failovers import Failover
from chaos.report import svg
from chaos.report.palette import FAINT, GRID, INK

WIDTH, HEIGHT, LEFT, RIGHT = 620.0, 34.0, 8.0, 60.0
STEPS = [
    ("last_ack", "last acknowledgement of the old master", "#14795a"),
    ("lease_end", "the old master seen not to write any more", "#e3a72f"),
    ("down", "seen down", "#e9a08f"),
    ("elected", "a leader elected", "#b4472f"),
    ("fenced", "fenced / chosen", "#7a52a8"),
    ("promoted", "promoted", "#2f6db3"),
    ("published", "published to clients", "#5b6b7b"),
    ("first_ack", "first acknowledgement of the new master", "#14795a"),
]


def moments(failover: Failover) -> list[tuple[str, str, str, float]]:
    """(step, words, colour, when), those that are known, in order of time."""
    found = [
        (name, words, colour, getattr(failover, name))
        for name, words, colour in STEPS
        if getattr(failover, name) is not None
    ]
    return sorted(found, key=lambda moment: moment[3])


def strip(failover: Failover) -> str:
    shown = moments(failover)
    zero = failover.last_ack if failover.last_ack is not None else shown[0][3]
    first = min(zero, shown[0][3])
    span = max(shown[-1][3] - first, 0.02)

    def x_of(moment: float) -> float:
        return LEFT + (moment - first) / span * (WIDTH - LEFT - RIGHT)

    parts = [svg.line(LEFT, 14, WIDTH - RIGHT, 14, GRID, stroke_width=6, stroke_linecap="round")]
    if failover.last_ack is not None and failover.first_ack is not None:
        parts.append(svg.line(x_of(failover.last_ack), 14, x_of(failover.first_ack), 14, "#f2d9a4", stroke_width=6))
    label_free_from = 0.0
    for name, words, colour, when in shown:
        x, ms = x_of(when), (when - zero) * 1000
        hint = svg.element("title", escape(f"{words}: {ms:+.0f} ms"))
        whole = name in ("last_ack", "first_ack")
        parts.append(
            svg.element(
                "circle",
                hint,
                cx=float(x),
                cy=14.0,
                r=5.0 if whole else 4.0,
                fill=colour,
                stroke="#ffffff",
                stroke_width=1.2,
            )
        )
        if x >= label_free_from or whole:
            anchored = x if x >= label_free_from else max(x, label_free_from)
            parts.append(
                svg.text(anchored, 31, f"{ms:.0f}", font_size=9, fill=INK if whole else FAINT, text_anchor="middle")
            )
            label_free_from = anchored + 26
    parts.append(svg.text(WIDTH - RIGHT + 10, 18, "ms", font_size=9, fill=FAINT))
    return svg.document(WIDTH, HEIGHT, parts, "the steps of a failover")


def table(evidence: Evidence) -> str:
    if not evidence.failovers:
        return "<p class='soft'>No failover.</p>"
    rows = []
    for failover in evidence.failovers:
        epoch = f"epoch {failover.epoch}" if failover.epoch is not None else ""
        gap = f"{failover.gap_ms:,.0f} ms" if failover.gap_ms is not None else "not to be measured"
        why = f"<br><span class='soft'>{escape(failover.why)}</span>" if failover.why else ""
        rows.append(
            f"<tr><td class='n'>{failover.promoted - evidence.began:.2f} s</td><td>{escape(failover.old_master or '?')} → "
            f"<b>{escape(failover.new_master)}</b> {epoch}{why}</td><td class='n'><b>{gap}</b></td><td>{strip(failover)}</td></tr>"
        )
    return (
        "<table class='steps'><tr><th>promoted at</th><th>who</th><th>gap</th><th>the steps, ms from the old master's last "
        f"acknowledgement</th></tr>{''.join(rows)}</table>"
    )


def legend() -> str:
    dots = "".join(f"<span><i style='background:{colour}'></i>{words}</span>" for _, words, colour in STEPS[:-1])
    return f"<div class='legend'>{dots}</div>"
