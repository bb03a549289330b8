"""Debian's redis-server and redis-sentinel under the same faults: the same ports, folders and hosts, an append-only
file as its documentation advises for data that matters, Sentinel's down-after as short as Onggi's."""
from __future__ import annotations

import pathlib
import re
import shutil

from chaos.network.base import Endpoint
from chaos.scenario import Shape
from chaos.systems.base import MASTER_NAME, NodeState, Step

FSYNC = {"none": "no", "os": "everysec", "disk": "always"}


class Redis:
    has_watcher = False
    info_sections = ["replication"]
    steps = [
        Step("down", "sentinel", re.compile(r"\+sdown master ")),
        Step("agreed down", "sentinel", re.compile(r"\+odown master ")),
        Step("elected", "sentinel", re.compile(r"\+elected-leader master ")),
        Step("chosen", "sentinel", re.compile(r"\+selected-slave ")),
        Step("promoted", "node", re.compile(r"MASTER MODE enabled")),
        Step("published", "sentinel", re.compile(r"\+switch-master ")),
        Step(
            "following", "node", re.compile(r"MASTER <-> REPLICA sync: Finished|Successful partial resynchronization")
        ),
        Step("full copy", "node", re.compile(r"Full resync from master")),
    ]

    def __init__(self, wait: bool, write_acks: int = 1) -> None:
        self.acknowledges_by_wait = wait
        self.promises_by_wait = False
        self.name = "redis-wait" if wait else "redis"
        self.title = "redis-server + redis-sentinel" + (f", WAIT {max(1, write_acks)} after each write" if wait else "")

    def node(
        self, number: int, folder: pathlib.Path, conf: pathlib.Path, nodes: list[Endpoint], shape: Shape
    ) -> list[str]:
        own = nodes[number]
        lines = [
            f"port {own.bind_port}",
            f"bind {own.bind_host}",
            f'dir "{folder}"',
            "protected-mode no",
            "appendonly yes",
            f"appendfsync {FSYNC[shape.durability]}",
            "enable-debug-command yes",
            "repl-diskless-sync-delay 0",
        ]
        if own.announced != own.direct:
            lines += [f"replica-announce-ip {own.host}", f"replica-announce-port {own.port}"]
        if number > 0:
            lines.append(f"replicaof {nodes[0].host} {nodes[0].port}")
        lines += [f"{directive} {value}" for directive, value in shape.redis.items()]
        conf.write_text("\n".join(lines) + "\n")  # Sentinel has it rewritten: it stays with the host, as /etc does
        return [find("redis-server"), str(conf)]

    def sentinel(
        self,
        number: int,
        folder: pathlib.Path,
        conf: pathlib.Path,
        nodes: list[Endpoint],
        sentinels: list[Endpoint],
        shape: Shape,
    ) -> list[str]:
        own = sentinels[number]
        lines = [
            f"port {own.bind_port}",
            f"bind {own.bind_host}",
            f'dir "{folder}"',
            "protected-mode no",
            f"sentinel monitor {MASTER_NAME} {nodes[0].host} {nodes[0].port} {len(sentinels) // 2 + 1}",
            f"sentinel down-after-milliseconds {MASTER_NAME} 1000",
            f"sentinel failover-timeout {MASTER_NAME} 10000",
            f"sentinel parallel-syncs {MASTER_NAME} 1",
        ]
        if own.announced != own.direct:
            lines += [f"sentinel announce-ip {own.host}", f"sentinel announce-port {own.port}"]
        conf.write_text("\n".join(lines) + "\n")
        return [find("redis-sentinel"), str(conf)]

    def node_state(self, info: dict[str, str]) -> NodeState:
        if info.get("role") == "master":
            role = "master"
        else:
            role = "replica" if info.get("master_link_status") == "up" else "apart"
        reign = info.get("master_replid", "")
        return NodeState(role, reign[:6], None, None, "")


def find(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise FileNotFoundError(f"{name} is not installed (Debian: redis-server, redis-sentinel)")
    return path
