"""From a scenario's words to hosts: `master`, `replica-2`, `rest` are looked up at the moment at which the fault
begins."""
from __future__ import annotations

from chaos.cluster import Cluster
from chaos.network.base import Link


def hosts(cluster: Cluster, words: list[str]) -> list[str]:
    """Each host once, in order. `rest` is for sides() to fill."""
    found: list[str] = []
    for word in words:
        found += [host for host in one(cluster, word) if host not in found]
    return found


def one(cluster: Cluster, word: str) -> list[str]:
    shape = cluster.shape.hosts()
    if word == "master":
        return [cluster.master()]
    if word == "replica":
        return cluster.replicas()[:1]
    if word == "replicas":
        return cluster.replicas()
    if word.startswith("replica-"):
        return [cluster.replicas()[int(word.split("-")[1]) - 1]]
    if word in ("nodes", "sentinels", "apps"):
        return [host for host in shape if host.startswith(word[:-1] + "-")]
    if word == "all":
        return [process for process in cluster.processes]
    if word == "rest":
        return []
    return [word]


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
