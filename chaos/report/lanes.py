"""A lane for each process: what it was, coloured; its epoch; a line where it accepted writes; a mark where two did at
once."""
from __future__ import annotations

from chaos.checkers.one_writer import Reign, reigns
from chaos.evidence import Evidence
from chaos.observer import Sample
from chaos.report import svg
from chaos.report.palette import FAINT, INK, LOST, PAPER, SOFT, STATES, fault_colour
from chaos.report.scale import LEFT, Scale

NODE_HEIGHT, SENTINEL_HEIGHT, GAP = 26.0, 11.0, 5.0
MIN_LABEL = 50.0


def segments(samples: list[Sample], scale: Scale) -> list[tuple[float, float, Sample]]:
    """(from, to, what) in pixels; samples that differ in nothing that is drawn are one."""
    found: list[tuple[float, float, Sample]] = []
    for number, sample in enumerate(samples):
        until = samples[number + 1].at if number + 1 < len(samples) else scale.end
        start, end = scale.x(sample.at), scale.x(until)
        if until <= scale.began or sample.at >= scale.end:
            continue
        if (
            found
            and found[-1][2].state == sample.state
            and (sample.epoch is None or found[-1][2].epoch == sample.epoch)
        ):
            found[-1] = (found[-1][0], end, found[-1][2])
        else:
            found.append((start, end, sample))
    return found


def lane(name: str, evidence: Evidence, scale: Scale, y: float, height: float) -> str:
    node = name.startswith("node-")
    parts = [
        svg.text(
            LEFT - 10,
            y + height / 2 + 4,
            name,
            font_size=12 if node else 10,
            fill=INK if node else SOFT,
            text_anchor="end",
        )
    ]
    label_free_from = 0.0
    for start, end, sample in segments(evidence.samples.get(name, []), scale):
        fill, words = STATES.get(sample.state, ("#ffffff", sample.state))
        epoch = f", epoch {sample.epoch}" if sample.epoch is not None else ""
        hint = f"{name}: {words}{epoch}, from {sample.at - scale.began:.2f} s"
        if sample.state == "dead":
            parts.append(svg.rect(start, y + height / 2 - 0.5, end - start, 1, FAINT, hint, stroke="none"))
            continue
        parts.append(svg.rect(start, y, end - start, height, fill, hint))
        words = label(sample)
        if node and words and end - start >= MIN_LABEL and start >= label_free_from:
            colour = PAPER if sample.state == "master" else SOFT
            parts.append(
                svg.text(
                    start + 5,
                    y + 15,
                    words,
                    font_size=10,
                    fill=colour,
                    font_weight=600 if sample.state == "master" else 400,
                )
            )
            label_free_from = start + MIN_LABEL
    return "".join(parts) + touched(name, evidence, scale, y, height)


def label(sample: Sample) -> str:
    if sample.state == "master":
        return f"epoch {sample.epoch}" if sample.epoch is not None else f"master {sample.reign}"
    return str(sample.epoch) if sample.epoch is not None and sample.state == "replica" else ""


def touched(name: str, evidence: Evidence, scale: Scale, y: float, height: float) -> str:
    """A thin frame in the fault's colour while a fault is on this host."""
    parts = []
    for band in evidence.bands:
        if name in band.on and not band.problem and band.fault.lasts:
            start, end = scale.x(band.began), scale.x(band.ended or evidence.healed)
            parts.append(
                svg.rect(
                    start,
                    y - 1.5,
                    end - start,
                    height + 3,
                    "none",
                    stroke=fault_colour(band.fault.do),
                    stroke_width=1.2,
                    rx=2,
                    stroke_dasharray="3 2",
                )
            )
    return "".join(parts)


def accepted(evidence: Evidence, scale: Scale, tops: dict[str, float]) -> str:
    """A dark line along a node's lane while it accepted probes; red where another one did at the same time."""
    found = [reign for reign in reigns(evidence.operations) if reign.node in tops]
    parts = []
    for reign in found:
        y = tops[reign.node] + NODE_HEIGHT - 4.5
        hint = f"{reign.node} accepted {reign.writes} probes in {reign.name}"
        parts.append(svg.rect(scale.x(reign.since), y, scale.x(reign.until) - scale.x(reign.since), 2.5, INK, hint))
    for number, one in enumerate(found):
        for other in found[number + 1 :]:
            parts.append(together(one, other, scale, tops))
    return "".join(parts)


def together(one: Reign, other: Reign, scale: Scale, tops: dict[str, float]) -> str:
    start, end = max(one.since, other.since), min(one.until, other.until)
    if one.node == other.node or end <= start:
        return ""
    return "".join(
        svg.rect(
            scale.x(start),
            tops[reign.node] + NODE_HEIGHT - 5.5,
            scale.x(end) - scale.x(start),
            4.5,
            LOST,
            f"two nodes accept writes: {one.node} and {other.node}",
        )
        for reign in (one, other)
    )


def draw(evidence: Evidence, scale: Scale, top: float) -> tuple[str, float]:
    """All lanes, and where they end."""
    shape, y, parts, tops = evidence.scenario.cluster, top, [], {}
    for number in range(shape.nodes):
        name = f"node-{number + 1}"
        tops[name] = y
        parts.append(lane(name, evidence, scale, y, NODE_HEIGHT))
        y += NODE_HEIGHT + GAP
    parts.append(accepted(evidence, scale, tops))
    y += 3
    for number in range(shape.sentinels):
        parts.append(lane(f"sentinel-{number + 1}", evidence, scale, y, SENTINEL_HEIGHT))
        y += SENTINEL_HEIGHT + GAP
    return "".join(parts), y
