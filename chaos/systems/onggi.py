"""Onggi's processes, and what they say of themselves."""
from __future__ import annotations

import os
import pathlib
import re

from chaos.network.base import Endpoint
from chaos.scenario import Shape
from chaos.systems.base import MASTER_NAME, NodeState, Step

ROOT = pathlib.Path(__file__).resolve().parents[2]


def program(name: str) -> str:
    folders = (
        [os.environ["ONGGI_BIN"]]
        if "ONGGI_BIN" in os.environ
        else [str(ROOT / "build" / preset / "bin") for preset in ("release", "debug")]
    )
    for folder in folders:
        if (pathlib.Path(folder) / name).exists():
            return str(pathlib.Path(folder) / name)
    raise FileNotFoundError(f"{name} is not built (looked in {', '.join(folders)}): ./onggi build")


class Onggi:
    name = "onggi"
    has_watcher = True
    acknowledges_by_wait = False
    promises_by_wait = True
    info_sections = ["replication", "onggi"]
    steps = [
        Step("down", "sentinel", re.compile(r"\+sdown master ")),
        Step("proven dead", "sentinel", re.compile(r"is proven dead")),
        Step("elected", "sentinel", re.compile(r"elected leader of epoch (?P<epoch>\d+) \((?P<why>.*)\)")),
        Step("fenced", "node", re.compile(r"promised epoch (?P<epoch>\d+) to sentinel")),
        Step("promoted", "node", re.compile(r"master of epoch (?P<epoch>\d+) from offset")),
        Step("published", "sentinel", re.compile(r"stored the configuration of epoch (?P<epoch>\d+)")),
        Step("following", "node", re.compile(r"following \S+ in epoch (?P<epoch>\d+)")),
        Step("cut its tail", "node", re.compile(r"gave up \d+ record")),
        Step("full copy", "node", re.compile(r"full copy")),
    ]

    def __init__(self, write_acks: int) -> None:
        self.title = f"Onggi (write-acks {write_acks})"

    def node(
        self, number: int, folder: pathlib.Path, conf: pathlib.Path, nodes: list[Endpoint], shape: Shape
    ) -> list[str]:
        own = nodes[number]
        arguments = [
            "--port",
            str(own.bind_port),
            "--bind",
            own.bind_host,
            "--dir",
            str(folder),
            "--managed",
            "yes",
            "--protected-mode",
            "no",
            "--enable-debug-command",
            "yes",
            "--durability",
            shape.durability,
            "--restart-on-crash",
            "yes" if shape.restart_on_crash else "no",
        ]
        if own.announced != own.direct:
            arguments += ["--replica-announce-ip", own.host, "--replica-announce-port", str(own.port)]
        for directive, value in shape.onggi.items():
            arguments += [f"--{directive}", *str(value).split()]
        return [program("onggi-node"), *arguments]

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
            f"sentinel monitor {MASTER_NAME} {nodes[0].host} {nodes[0].port} {len(sentinels) // 2 + 1}",
        ]
        if own.announced != own.direct:
            lines += [f"sentinel announce-ip {own.host}", f"sentinel announce-port {own.port}"]
        lines += [f"sentinel known-replica {MASTER_NAME} {node.host} {node.port}" for node in nodes[1:]]
        lines += [
            f"sentinel known-sentinel {MASTER_NAME} {other.host} {other.port}" for other in sentinels if other != own
        ]
        lines.append(f"sentinel write-acks {MASTER_NAME} {shape.write_acks}")
        conf.write_text("\n".join(lines) + "\n")
        return [program("onggi-sentinel"), str(conf)]

    def node_state(self, info: dict[str, str]) -> NodeState:
        promoted = info.get("promoted") == "1"
        if info.get("role") == "master":
            role = "master"
        elif promoted:
            role = "waiting"
        else:
            role = "replica" if info.get("master_link_status") == "up" else "apart"
        epoch = int(info["epoch"]) or None  # 0: it follows nobody yet
        return NodeState(
            role,
            f"epoch {info['epoch']}",
            epoch,
            int(info["promise"]),
            info.get("node_id", ""),
        )
