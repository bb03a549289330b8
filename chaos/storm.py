"""A storm: faults of many kinds, one after the other and some at once, from a seed. The same seed gives the same list.

A budget keeps it survivable, as docs/chaos.md declares: at most one node at a time loses its folder, and no other
folder is lost before the one before is back and had time to copy.
"""
from __future__ import annotations

import random
from typing import Callable

from chaos.scenario import Fault, Shape

Maker = Callable[[random.Random, Shape, float], tuple[list[str], dict[str, object]]]
COPY_TIME_S = 8.0


def someone(chance: random.Random, shape: Shape, _: float) -> tuple[list[str], dict[str, object]]:
    return [
        chance.choice(
            [
                "master",
                "master",
                "replica-1",
                "replica-2" if shape.nodes > 2 else "replica-1",
                f"sentinel-{chance.randrange(shape.sentinels) + 1}",
            ]
        )
    ], {}


def some_node(chance: random.Random, shape: Shape, _: float) -> tuple[list[str], dict[str, object]]:
    return [chance.choice(["master", f"node-{chance.randrange(shape.nodes) + 1}"])], {}


def two_sides(chance: random.Random, shape: Shape, _: float) -> tuple[list[str], dict[str, object]]:
    few = ["master", f"sentinel-{chance.randrange(shape.sentinels) + 1}", f"app-{chance.randrange(shape.apps) + 1}"]
    return [], {"sides": [chance.sample(few, chance.randrange(1, 4)), ["rest"]]}


def deaf(chance: random.Random, shape: Shape, _: float) -> tuple[list[str], dict[str, object]]:
    one, rest = [chance.choice(["master", "replica-1"])], ["rest"]
    return [], {"from": one, "to": rest} if chance.random() < 0.5 else {"from": ["sentinels"], "to": one}


def across(chance: random.Random, shape: Shape, _: float) -> tuple[list[str], dict[str, object]]:
    other = "sentinel-2" if shape.sentinels > 1 else "replica-1"
    return [], {"sides": [["master", "sentinel-1"], ["rest"]], "across": chance.choice(["replica-1", other])}


def late_network(chance: random.Random, shape: Shape, _: float) -> tuple[list[str], dict[str, object]]:
    return [chance.choice(["master", "replica-1"])], {
        "delay_ms": chance.choice([5, 20, 60]),
        "jitter_ms": 10,
        "loss": 0.02,
    }


def late_disk(chance: random.Random, shape: Shape, _: float) -> tuple[list[str], dict[str, object]]:
    return [chance.choice(["master", "replica-1"])], {"ms": chance.choice([2, 10, 40])}


def off_clock(chance: random.Random, shape: Shape, _: float) -> tuple[list[str], dict[str, object]]:
    return [f"node-{chance.randrange(shape.nodes) + 1}"], {"seconds": chance.choice([-1.0, 0.5, 1.0])}


MAKERS: dict[str, Maker] = {
    "crash": someone,
    "host-dies": some_node,
    "stop": someone,
    "pause": someone,
    "isolate": someone,
    "partition": two_sides,
    "one-way": deaf,
    "bridge": across,
    "slow-network": late_network,
    "slow-disk": late_disk,
    "clock": off_clock,
    "wipe": some_node,
    "fill-disk": some_node,
}
DEFAULT = [
    "crash",
    "host-dies",
    "stop",
    "pause",
    "isolate",
    "partition",
    "one-way",
    "bridge",
    "slow-network",
    "slow-disk",
    "wipe",
]


def unfold(storm: Fault, shape: Shape) -> list[Fault]:
    """The storm's faults, each with its own time and end, all over when the storm is."""
    chance = random.Random(storm.options["seed"])
    kinds = storm.options.get("faults", DEFAULT)
    every = float(storm.options.get("every", 2.0))
    at, end = storm.at, storm.at + storm.lasts
    whole_again = 0.0
    faults = []
    while at < end - 0.5:
        kind = chance.choice(kinds)
        lasts = min(chance.uniform(0.3, 2.0) * every, end - at)
        if kind == "wipe":
            if at < whole_again:
                kind = "crash"
            whole_again = at + lasts + COPY_TIME_S
        lasts = min(lasts, max(0.1, end - at - 0.01))
        on, options = MAKERS[kind](chance, shape, every)
        faults.append(Fault(round(at, 2), kind, on, round(lasts, 2), options, by_chance=True))
        at += chance.uniform(0.3, 1.4) * every
    return faults
