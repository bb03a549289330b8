"""Where namespaces may not be created: all processes on loopback, and between them TCP proxies that can hold back
either direction.

Each process listens at a port of its own and tells others the port of its proxy. Who connects to a proxy is found by
the connection's socket among the files of this run's processes (/proc), so a link between two given hosts can be cut,
one way or both. What is cut is held, and delivered when the link is mended, as TCP does it; a closed connection is
not heard of either.

What this can't do, and says so: lose single packets, limit disks; and a connection to a host that is cut off is
accepted and then silent, instead of never answered.

No kernel ends what such a run has started when the run itself is killed: leash.py does.
"""
from __future__ import annotations

import asyncio
import collections
import contextlib
import pathlib
import random
import socket
import struct
import threading
from typing import Iterable

from chaos.network.base import Endpoint, Link
from chaos.network.leash import Leash

LOOPBACK = "127.0.0.1"
CHUNK = 65536
FIRST_PORT = 12000
POLL_S = 0.01  # how soon held data notices that its link is mended
RESET = struct.pack("ii", 1, 0)


def free_port() -> int:
    """Of those that no connection's own end takes, also while the server that has it is down."""
    ephemeral = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(FIRST_PORT, ephemeral)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port


def inode_of(local_port: int, remote_port: int) -> str | None:
    """Of the socket that connected from one loopback port to the other."""
    wanted = f":{local_port:04X}", f":{remote_port:04X}"
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        parts = line.split()
        if parts[1].endswith(wanted[0]) and parts[2].endswith(wanted[1]):
            return parts[9]
    return None


def holds(pid: int, inode: str) -> bool:
    try:
        return any(entry.readlink().name == f"socket:[{inode}]" for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def with_children(pid: int) -> list[int]:
    try:
        return [pid, *map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    except OSError:
        return [pid]


class Proxies:
    can_lose = False
    can_mount = False

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="proxies", daemon=True)
        self.thread.start()
        self.endpoints: dict[str, Endpoint] = {}
        self.cuts: collections.Counter[Link] = collections.Counter()
        self.delays: dict[str, float] = {}
        self.slowed: collections.Counter[str] = collections.Counter()  # by how many faults each host is slowed
        self.processes: dict[str, int] = {}  # by host: the process that was started last
        self.own_ports: dict[int, str] = {}  # of connections that connect() made
        self.entered = "app-1"
        self.leash = Leash()

    def add_host(self, name: str) -> None:
        pass

    def endpoint(self, host: str, port: int) -> Endpoint:
        if host not in self.endpoints:
            server = socket.create_server((LOOPBACK, 0))
            found = Endpoint(LOOPBACK, free_port(), LOOPBACK, server.getsockname()[1])
            self.endpoints[host] = found
            self.do(asyncio.start_server(lambda reader, writer: self.serve(host, found, reader, writer), sock=server))
        return self.endpoints[host]

    def do(self, what):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(20)

    def command(self, host: str, arguments: list[str]) -> tuple[list[str], tuple[int, ...]]:
        return arguments, ()

    def connect(self, host: str, address: tuple[str, int], timeout: float) -> socket.socket:
        made = socket.socket()
        try:
            made.settimeout(timeout)
            made.bind((LOOPBACK, 0))
            self.own_ports[made.getsockname()[1]] = host
            made.connect(address)
        except BaseException:
            made.close()
            raise
        return made

    def enter(self, host: str) -> None:
        """For one thread only: all connections of this process that connect() did not make are taken for its."""
        self.entered = host

    def knows_process(self, host: str, pid: int) -> None:
        self.processes[host] = pid
        self.leash.holds(pid)

    # -------------------------------------------------------------------------------------------------------- faults

    def cut(self, links: Iterable[Link]) -> None:
        self.cuts.update(set(links))

    def mend(self, links: Iterable[Link]) -> None:
        self.cuts.subtract(set(links))
        self.cuts = +self.cuts

    def is_cut(self, source: str, target: str) -> bool:
        return self.cuts[(source, target)] > 0

    def slow(self, host: str, delay_ms: float, jitter_ms: float, loss: float) -> None:
        """The last word wins, as in namespaces.py."""
        self.slowed[host] += 1
        self.delays[host] = (delay_ms + jitter_ms / 2) / 1000

    def unslow(self, host: str) -> None:
        self.slowed[host] -= 1
        if self.slowed[host] <= 0:
            self.delays.pop(host, None)

    # ------------------------------------------------------------------------------------------------------- proxying

    def who(self, peer_port: int, proxy_port: int) -> str:
        inode = inode_of(peer_port, proxy_port)
        for host, pid in list(self.processes.items()):
            if inode is not None and any(holds(member, inode) for member in with_children(pid)):
                return host
        return self.own_ports.get(peer_port, self.entered)

    async def serve(
        self, host: str, target: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        source = await asyncio.to_thread(self.who, writer.get_extra_info("peername")[1], target.port)
        while self.is_cut(source, host):
            await asyncio.sleep(POLL_S)
        try:
            inner_reader, inner_writer = await asyncio.open_connection(*target.direct)
        except OSError:
            self.reset(writer)
            return
        await asyncio.gather(
            self.pump(source, host, reader, inner_writer), self.pump(host, source, inner_reader, writer)
        )

    async def pump(self, source: str, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK):
                await self.on_the_way(source, target)
                writer.write(data)
                await writer.drain()
            await self.on_the_way(source, target)
            writer.close()
        except OSError:
            await self.on_the_way(source, target)
            self.reset(writer)

    async def on_the_way(self, source: str, target: str) -> None:
        delay = self.delays.get(source, 0.0)
        if delay:
            await asyncio.sleep(delay)
        while self.is_cut(source, target):
            await asyncio.sleep(POLL_S)

    @staticmethod
    def reset(writer: asyncio.StreamWriter) -> None:
        opened = writer.get_extra_info("socket")
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        except (OSError, AttributeError):
            pass
        writer.close()

    def close(self) -> None:
        async def end() -> None:
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.do(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()
        self.leash.close()
