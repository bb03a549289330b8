"""What a run needs of a network: hosts, links that can be cut one way, and connections from a given host."""
from __future__ import annotations

import dataclasses
import socket
from typing import Iterable, Protocol


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """Where a process listens, and what it tells others to connect to (the same, but behind a proxy)."""

    bind_host: str
    bind_port: int
    host: str
    port: int

    @property
    def announced(self) -> tuple[str, int]:
        return self.host, self.port

    @property
    def direct(self) -> tuple[str, int]:
        """Past any proxy: for observers that stand on the process's own host."""
        return self.bind_host, self.bind_port


Link = tuple[str, str]  # (from host, to host): one direction


class Network(Protocol):
    can_lose: bool  # single packets may be lost
    can_mount: bool  # disks of limited size may be mounted

    def add_host(self, name: str) -> None:
        ...

    def endpoint(self, host: str, port: int) -> Endpoint:
        ...

    def command(self, host: str, arguments: list[str]) -> tuple[list[str], tuple[int, ...]]:
        """The command that runs on that host, and the descriptors it needs."""

    def connect(self, host: str, address: tuple[str, int], timeout: float) -> socket.socket:
        ...

    def enter(self, host: str) -> None:
        """From now on the calling thread's connections come from that host."""

    def cut(self, links: Iterable[Link]) -> None:
        ...

    def mend(self, links: Iterable[Link]) -> None:
        ...

    def slow(self, host: str, delay_ms: float, jitter_ms: float, loss: float) -> None:
        """What the host sends arrives later, and a part of it never."""

    def unslow(self, host: str) -> None:
        ...

    def knows_process(self, host: str, pid: int) -> None:
        """A process runs on that host (proxies tell by it who connects)."""

    def close(self) -> None:
        ...
