"""Epochs never go back: neither a node's, nor its promise, nor a sentinel's (over restarts too, unless its folder was
lost, which makes it another node); and an epoch has one master."""
from __future__ import annotations

from chaos.evidence import Evidence, Finding
from chaos.observer import Sample

NAME = "epochs never go back"
MAX_EXAMPLES = 5


def steps_back(samples: list[Sample]) -> list[str]:
    found = []
    highest: dict[tuple[str, str], int] = {}
    for sample in samples:
        for word, value in (("epoch", sample.epoch), ("promise", sample.promise)):
            if value is None:
                continue
            key = (word, sample.identity)
            if value < highest.get(key, value):
                found.append(f"{sample.process}: its {word} went from {highest[key]} back to {value}")
            highest[key] = max(value, highest.get(key, value))
    return found


def check(evidence: Evidence) -> Finding:
    examples = [text for samples in evidence.samples.values() for text in steps_back(samples)]
    masters: dict[int, set[str]] = {}
    for samples in evidence.samples.values():
        for sample in samples:
            if sample.state == "master" and sample.epoch is not None:
                masters.setdefault(sample.epoch, set()).add(sample.process)
    examples += [
        f"epoch {epoch} has had {len(nodes)} masters: {', '.join(sorted(nodes))}"
        for epoch, nodes in sorted(masters.items())
        if len(nodes) > 1
    ]
    epochs = [sample.epoch for samples in evidence.samples.values() for sample in samples if sample.epoch is not None]
    figure = f"{min(epochs)} to {max(epochs)}" if epochs else "none shown"
    return Finding(NAME, not examples, figure, examples[:MAX_EXAMPLES])
