"""All processes of one run: made from the scenario's shape, started until in step, found by what they are now."""
from __future__ import annotations

import pathlib
import time
from typing import Callable

from chaos import shim
from chaos.disks import Disk
from chaos.network.base import Network
from chaos.observer import CANARY, Observer
from chaos.process import Process
from chaos.resp import Connection, Error, fields
from chaos.scenario import Shape
from chaos.systems.base import MASTER_NAME, NODE_PORT, SENTINEL_PORT, NodeState, System

READ_AT_A_TIME = 500
WRITTEN_AT_A_TIME = 1000
VALUE_SIZE = 200  # of what is preloaded


class NotReached(Exception):
    """A condition that did not come true in time."""


def wait_for(what: str, condition: Callable[[], bool], seconds: float, every: float = 0.05) -> float:
    """Seconds until it held."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            raise NotReached(f"{what}: not within {seconds:g} s")
        time.sleep(every)  # between two looks
    return time.monotonic() - started


class Cluster:
    def __init__(self, folder: pathlib.Path, system: System, shape: Shape, network: Network) -> None:
        self.folder, self.system, self.shape, self.network = folder, system, shape, network
        for host in shape.hosts():
            network.add_host(host)
        names = [f"node-{i + 1}" for i in range(shape.nodes)], [f"sentinel-{i + 1}" for i in range(shape.sentinels)]
        nodes = [network.endpoint(name, NODE_PORT) for name in names[0]]
        sentinels = [network.endpoint(name, SENTINEL_PORT) for name in names[1]]
        library = shim.build(folder)
        self.processes: dict[str, Process] = {}
        for kind, kind_names, endpoints in (("node", names[0], nodes), ("sentinel", names[1], sentinels)):
            for number, name in enumerate(kind_names):
                size = shape.disk if kind == "node" and network.can_mount else None
                disk = Disk(folder / name, size)
                conf = folder / f"{name}.conf"
                arguments = (
                    system.node(number, disk.folder, conf, nodes, shape)
                    if kind == "node"
                    else system.sentinel(number, disk.folder, conf, nodes, sentinels, shape)
                )
                knobs = shim.Knobs(folder / f"{name}.knobs", library) if library is not None else None
                self.processes[name] = Process(
                    name,
                    kind,
                    name,
                    endpoints[number],
                    arguments,
                    disk,
                    folder / f"{name}.log",
                    network,
                    knobs,
                    kind == "node" and system.has_watcher,
                )
        self.observers = {name: Observer(process, network, system) for name, process in self.processes.items()}
        self.names_of = {process.endpoint.announced: name for name, process in self.processes.items()}
        self.last_master = "node-1"
        self.preloaded: dict[str, str] = {}

    @property
    def nodes(self) -> list[Process]:
        return [process for process in self.processes.values() if process.kind == "node"]

    @property
    def sentinels(self) -> list[Process]:
        return [process for process in self.processes.values() if process.kind == "sentinel"]

    def start(self, seconds: float = 40) -> None:
        for process in self.processes.values():
            process.start()
        for observer in self.observers.values():
            observer.start()
        wait_for("a master with all replicas in step, known to all sentinels", self.settled, seconds)

    def stop(self) -> None:
        for observer in self.observers.values():
            observer.stop()
        for observer in self.observers.values():
            observer.join()
        for process in [*self.sentinels, *self.nodes]:
            process.kill()
            process.disk.close()

    # ---------------------------------------------------------------------------------------------------- who is what

    def connect(self, process: Process, timeout: float = 5.0) -> Connection:
        """From the process's own host, past the network's faults."""
        return Connection(self.network.connect(process.host, process.endpoint.direct, timeout))

    def states(self) -> dict[str, NodeState]:
        return {node.name: state for node in self.nodes if (state := self.observers[node.name].latest) is not None}

    def masters(self) -> list[str]:
        return [name for name, state in self.states().items() if state.role == "master"]

    def master(self) -> str:
        """The master; between two masters, the one that was it last."""
        masters = self.masters()
        if len(masters) == 1:
            self.last_master = masters[0]
        return self.last_master

    def settled(self) -> bool:
        """One master; every running node in step with it; every running sentinel names it and sees the others."""
        masters = self.masters()
        if len(masters) != 1 or any(not process.alive() for process in self.processes.values()):
            return False
        try:
            return self.in_step(masters[0]) and all(
                self.sentinel_agrees(sentinel, masters[0]) for sentinel in self.sentinels
            )
        except (OSError, EOFError, KeyError, ValueError):
            return False

    def in_step(self, master: str) -> bool:
        end = int(self.info(self.processes[master], "replication")["master_repl_offset"])
        for node in self.nodes:
            if node.name == master:
                continue
            info = self.info(node, "replication")
            if info.get("master_link_status") != "up" or int(info["slave_repl_offset"]) < end:
                return False
        return True

    def sentinel_agrees(self, sentinel: Process, master: str) -> bool:
        with self.connect(sentinel) as connection:
            known = connection.ask("SENTINEL", "MASTER", MASTER_NAME)
        if isinstance(known, Error):
            return False
        about = dict(zip(known[::2], known[1::2]))
        return (
            (about["ip"], int(about["port"])) == self.processes[master].endpoint.announced
            and about["flags"] == "master"
            and int(about["num-other-sentinels"]) == len(self.sentinels) - 1
            and int(about["num-slaves"]) >= len(self.nodes) - 1
        )

    def info(self, process: Process, section: str) -> dict[str, str]:
        with self.connect(process) as connection:
            return fields(connection.ask("INFO", section))

    def digests(self) -> dict[str, str]:
        """Of each node; where one can't tell, its error."""
        found = {}
        for node in self.nodes:
            with self.connect(node, 20) as connection:
                found[node.name] = connection.ask("DEBUG", "DIGEST")
        return found

    def values(self, node: Process, keys: list[str]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        with self.connect(node, 30) as connection:
            for start in range(0, len(keys), READ_AT_A_TIME):
                part = keys[start : start + READ_AT_A_TIME]
                reply = connection.ask("MGET", *part)
                if isinstance(reply, Error):
                    raise OSError(reply)
                found.update(zip(part, reply))
        return found

    def preload(self, count: int) -> None:
        """The canary that observers look for, and sessions that are there from the beginning."""
        self.preloaded = {CANARY: CANARY, **{f"preload:{i}": f"{i}".ljust(VALUE_SIZE, "x") for i in range(count)}}
        with self.connect(self.processes[self.master()], 30) as connection:
            commands: list[tuple[object, ...]] = [("SET", key, value) for key, value in self.preloaded.items()]
            for start in range(0, len(commands), WRITTEN_AT_A_TIME):
                for reply in connection.pipeline(commands[start : start + WRITTEN_AT_A_TIME]):
                    if isinstance(reply, Error):
                        raise OSError(f"preload: {reply}")
        wait_for("the preloaded data everywhere", self.settled, 60)
