"""What clients saw: for each application its requests by the time they were sent, as fast, late, refused and unknown;
what was acknowledged and lost; and how long each took."""
from __future__ import annotations

import collections
import math

from chaos.evidence import Evidence
from chaos.history import ERROR, OK, PROBE, Operation
from chaos.report import svg
from chaos.report.palette import FAINT, FAST, GRID, INK, LATE, LATE_MS, LOST, OPEN, REFUSED, SOFT, WAITING
from chaos.report.scale import LEFT, WIDTH, Scale

BIN = 4.0  # pixels
HISTOGRAM, LOST_STRIP, LATENCY = 40.0, 7.0, 92.0
SHORTEST_MS, LONGEST_MS = 0.2, 5000.0
ORDER = [FAST, LATE, OPEN, REFUSED]


def colour_of(operation: Operation) -> str:
    if operation.outcome == ERROR:
        return REFUSED
    if operation.outcome != OK:
        return OPEN
    return FAST if took_ms(operation) <= LATE_MS else LATE


def took_ms(operation: Operation) -> float:
    return ((operation.completed or operation.invoked) - operation.invoked) * 1000


def of_clients(evidence: Evidence) -> list[Operation]:
    return [operation for operation in evidence.operations if operation.family != PROBE]


def draw(evidence: Evidence, scale: Scale, top: float, tallest: int) -> tuple[str, float]:
    parts, y = [], top
    lost = set(evidence.lost)
    operations = of_clients(evidence)
    for number in range(evidence.scenario.cluster.apps):
        host = f"app-{number + 1}"
        mine = [operation for operation in operations if operation.host == host]
        parts.append(svg.text(LEFT - 10, y + 18, host, font_size=12, fill=INK, text_anchor="end"))
        parts.append(svg.text(LEFT - 10, y + 31, f"{len(mine):,} requests", font_size=9, fill=FAINT, text_anchor="end"))
        parts.append(waiting(mine, scale, y))
        parts.append(histogram(mine, scale, y, tallest))
        parts.append(
            lost_strip([operation for operation in mine if operation in lost], scale, y + HISTOGRAM + 1)
        )
        y += HISTOGRAM + LOST_STRIP + 8
    parts.append(latencies(operations, scale, y))
    return "".join(parts), y + LATENCY + 6


def bins(operations: list[Operation], scale: Scale) -> dict[int, collections.Counter[str]]:
    found: dict[int, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for operation in operations:
        found[int((scale.x(operation.invoked) - LEFT) / BIN)][colour_of(operation)] += 1
    return found


def waiting(operations: list[Operation], scale: Scale, top: float) -> str:
    """How many of the host's clients sat and waited for an answer for long: what a gap in the histogram is made of."""
    clients = len({operation.client for operation in operations}) or 1
    counted: collections.Counter[int] = collections.Counter()
    for operation in operations:
        if took_ms(operation) > LATE_MS:
            first, last = (
                int((scale.x(moment) - LEFT) / BIN)
                for moment in (operation.invoked, operation.completed or operation.invoked)
            )
            counted.update(range(first, last + 1))
    return "".join(
        svg.rect(
            LEFT + number * BIN,
            top + HISTOGRAM * (1 - min(count / clients, 1)),
            BIN,
            HISTOGRAM * min(count / clients, 1),
            WAITING,
            f"{count} of {clients} clients wait",
        )
        for number, count in sorted(counted.items())
    )


def tallest_bin(evidence: Evidence, scale: Scale) -> int:
    """The usual height, not that of the one bin in which everything was refused at once."""
    counts = []
    for number in range(evidence.scenario.cluster.apps):
        mine = [operation for operation in of_clients(evidence) if operation.host == f"app-{number + 1}"]
        counts += [sum(counted.values()) for counted in bins(mine, scale).values()]
    counts.sort()
    return counts[int(len(counts) * 0.98)] if counts else 1


def histogram(operations: list[Operation], scale: Scale, top: float, tallest: int) -> str:
    parts = [svg.line(LEFT, top + HISTOGRAM, LEFT + WIDTH, top + HISTOGRAM, GRID)]
    for number, counted in sorted(bins(operations, scale).items()):
        total = sum(counted.values())
        unit = HISTOGRAM / max(tallest, total)
        y = top + HISTOGRAM
        for colour in ORDER:
            if counted[colour]:
                # One refused request among many must be seen.
                height = max(counted[colour] * unit, 1.5 if colour != FAST else 0)
                y -= height
                parts.append(svg.rect(LEFT + number * BIN, y, BIN - 0.6, height, colour))
    return "".join(parts)


def lost_strip(lost: list[Operation], scale: Scale, top: float) -> str:
    """Where it stands is when it was acknowledged."""
    counted = collections.Counter(
        int((scale.x(operation.completed or operation.invoked) - LEFT) / BIN) for operation in lost
    )
    return "".join(
        svg.rect(
            LEFT + number * BIN,
            top,
            BIN - 0.4,
            LOST_STRIP,
            LOST,
            f"{count} acknowledged write(s), lost in the end",
            fill_opacity=0.45 + 0.55 * min(1.0, count / 6),
        )
        for number, count in sorted(counted.items())
    )


def latencies(operations: list[Operation], scale: Scale, top: float) -> str:
    def y_of(milliseconds: float) -> float:
        clamped = min(max(milliseconds, SHORTEST_MS), LONGEST_MS)
        return top + LATENCY - math.log(clamped / SHORTEST_MS) / math.log(LONGEST_MS / SHORTEST_MS) * LATENCY

    parts = [svg.text(LEFT - 10, top + 12, "time taken", font_size=11, fill=SOFT, text_anchor="end")]
    for milliseconds, words in ((1, "1 ms"), (10, "10 ms"), (100, "100 ms"), (1000, "1 s")):
        parts.append(svg.line(LEFT, y_of(milliseconds), LEFT + WIDTH, y_of(milliseconds), GRID))
        if milliseconds != 1000:
            parts.append(svg.text(LEFT - 10, y_of(milliseconds) + 3, words, font_size=9, fill=FAINT, text_anchor="end"))
    dots = {
        (round(scale.x(operation.invoked) / 1.5), round(y_of(took_ms(operation)) / 1.5), colour_of(operation))
        for operation in operations
    }
    for colour in ORDER:  # a path for each colour: thousands of dots, four elements
        path = "".join(f"M{x * 1.5:.1f} {y * 1.5:.1f}h.01" for x, y, of in sorted(dots) if of == colour)
        if path:
            parts.append(
                svg.element(
                    "path",
                    d=path,
                    stroke=colour,
                    stroke_width=2.2 if colour == FAST else 3,
                    stroke_linecap="round",
                    fill="none",
                    opacity=0.75 if colour == FAST else 1,
                )
            )
    return "".join(parts)
