"""Seconds to pixels, and the axis: all parts of a picture, and the pictures of all systems beside it, share one."""
from __future__ import annotations

import dataclasses

from chaos.report import svg
from chaos.report.palette import FAINT, GRID

LEFT, WIDTH, RIGHT = 104.0, 1040.0, 16.0


@dataclasses.dataclass(frozen=True)
class Scale:
    began: float  # CLOCK_MONOTONIC of 0 s
    seconds: float

    def x(self, moment: float) -> float:
        return LEFT + min(max(0.0, (moment - self.began) / self.seconds), 1.0) * WIDTH

    @property
    def end(self) -> float:
        return self.began + self.seconds

    def axis(self, top: float, bottom: float) -> str:
        step = next(step for step in (1, 2, 5, 10, 20, 60, 120) if self.seconds / step <= 16)
        parts = []
        for second in range(0, int(self.seconds) + 1, step):
            x = self.x(self.began + second)
            parts.append(svg.line(x, top, x, bottom, GRID))
            parts.append(svg.text(x, top - 5, f"{second} s", font_size=10, fill=FAINT, text_anchor="middle"))
        return "".join(parts)


def total_width() -> float:
    return LEFT + WIDTH + RIGHT
