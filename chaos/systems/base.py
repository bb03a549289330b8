"""What a run must know of a system under test: how its processes are started, and what they say of themselves."""
from __future__ import annotations

import dataclasses
import pathlib
import re
from typing import Protocol

from chaos.network.base import Endpoint
from chaos.scenario import Shape

MASTER_NAME = "mymaster"
NODE_PORT = 6379
SENTINEL_PORT = 26379


@dataclasses.dataclass(frozen=True)
class NodeState:
    """What a node says of itself, in words that all systems share."""

    role: str  # master | waiting (a master that may not write now) | replica | apart (a replica without its master)
    reign: str  # differs for each time that some node was made master: Onggi's epoch, redis's replication id
    epoch: int | None  # if the system has one on its nodes
    promise: int | None
    identity: str  # the node's, over restarts; new when its folder was lost


@dataclasses.dataclass(frozen=True)
class Step:
    """A line of a log that is a step of a failover: what is looked for, and what it is called in the picture."""

    name: str
    kind: str  # of the process: node | sentinel
    pattern: re.Pattern[str]


class System(Protocol):
    name: str
    title: str
    has_watcher: bool  # a node is the child of a process that tells of its death
    acknowledges_by_wait: bool  # the client says WAIT after each write, and counts it as acknowledged only then
    promises_by_wait: bool  # a WAIT that enough replicas answered promises that the write survives (P1)
    steps: list[Step]

    def node(
        self, number: int, folder: pathlib.Path, conf: pathlib.Path, nodes: list[Endpoint], shape: Shape
    ) -> list[str]:
        ...

    def sentinel(
        self,
        number: int,
        folder: pathlib.Path,
        conf: pathlib.Path,
        nodes: list[Endpoint],
        sentinels: list[Endpoint],
        shape: Shape,
    ) -> list[str]:
        ...

    def node_state(self, info: dict[str, str]) -> NodeState:
        ...

    info_sections: list[str]
