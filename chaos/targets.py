"""From a scenario's words to hosts: `master`, `replica-2`, `rest` are looked up at the moment at which the fault
begins."""
from __future__ import annotations

import math

from chaos.cluster import Cluster
from chaos.network.base import Link
from chaos.observer import Sample


def hosts(cluster: Cluster, words: list[str]) -> list[str]:
    """Each host once, in order. `rest` is for sides() to fill."""
    found: list[str] = []
    for word in words:
        found += [host for host in one(cluster, word) if host not in found]
    return found


def one(cluster: Cluster, word: str) -> list[str]:
    shape = cluster.shape.hosts()
    if word == "master":
        return [master(cluster)]
    if word == "replica":
        return replicas(cluster)[:1]
    if word == "replicas":
        return replicas(cluster)
    if word.startswith("replica-"):
        return [replicas(cluster)[int(word.split("-")[1]) - 1]]
    if word in ("nodes", "sentinels", "apps"):
        return [host for host in shape if host.startswith(word[:-1] + "-")]
    if word == "all":
        return [process for process in cluster.processes]
    if word == "rest":
        return []
    return [word]


def master(cluster: Cluster) -> str:
    """The master; while there is none, or more than one, the one that was it last, as the observers saw it."""
    masters = cluster.masters()
    if len(masters) == 1:
        return masters[0]
    return max(cluster.nodes, key=lambda node: last_reign(cluster.observers[node.name].samples)).name


def last_reign(samples: list[Sample]) -> tuple[float, int, float]:
    """(until when, in which epoch, since when); a master that may not write now is one too."""
    found = (-math.inf, 0, -math.inf)
    seen = list(samples)
    for sample, after in zip(seen, [*seen[1:], None]):
        if sample.state in ("master", "waiting"):
            until = after.at if after is not None else math.inf
            found = (until, sample.epoch or 0, sample.at)
    return found


def replicas(cluster: Cluster) -> list[str]:
    now = master(cluster)
    return [node.name for node in cluster.nodes if node.name != now]


def sides(cluster: Cluster, words: list[list[str]]) -> list[list[str]]:
    """The hosts of each side; `rest` is everybody whom no side names."""
    named = [hosts(cluster, side) for side in words]
    taken = {host for side in named for host in side}
    left = [host for host in cluster.shape.hosts() if host not in taken]
    return [side + (left if "rest" in side_words else []) for side, side_words in zip(named, words)]


def both_ways(one_side: list[str], other_side: list[str]) -> list[Link]:
    return [link for a in one_side for b in other_side if a != b for link in ((a, b), (b, a))]


def between(all_sides: list[list[str]]) -> list[Link]:
    return [link for i, side in enumerate(all_sides) for other in all_sides[i + 1 :] for link in both_ways(side, other)]
