"""A host is a network namespace with one interface on a bridge, all inside the lab's own namespaces (lab.py).

Cuts are nftables rules on the receiving host, so each direction of each link is cut by itself; what is cut is dropped
in silence, as by a pulled cable. This kernel may have no netem: latency and loss come from delay_line.py. A namespace
lives as long as the descriptor on it: no names that could collide or stay behind.
"""
from __future__ import annotations

import collections
import contextlib
import ctypes
import itertools
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
from typing import Iterable, Iterator

from chaos import lab
from chaos.network.base import Endpoint, Link

CLONE_NEWNET = 0x40000000
PREFIX = "10.99.0."
MAX_HOSTS = 60
LIBC = ctypes.CDLL(None, use_errno=True)
PORTS = itertools.count(1)  # of the lab: the kernel takes a namespace of the run before apart when it likes


def new_namespace() -> int:
    """A descriptor on a new network namespace (made by a thread that ends at once)."""
    made: list[int | OSError] = []

    def make() -> None:
        if LIBC.unshare(CLONE_NEWNET) != 0:
            made.append(OSError(ctypes.get_errno(), "unshare(CLONE_NEWNET)"))
        else:
            made.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


def set_namespace(descriptor: int) -> None:
    if LIBC.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def run(command: list[str], fds: tuple[int, ...] = (), text: str | None = None) -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True, pass_fds=fds, timeout=20)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")


def last_words(process: subprocess.Popen[str], given: str) -> str:
    """Of a program that ends by itself: what it said if it failed."""
    try:
        _, error = process.communicate(given, timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "it did not end"
    return "" if process.returncode == 0 else error.strip() or f"it ended with {process.returncode}"


class Namespaces:
    can_lose = True
    can_mount = True

    def __init__(self) -> None:
        if not lab.inside():
            raise RuntimeError("only in a lab of its own: nothing here may touch the host's interfaces")
        self.namespaces: dict[str, int] = {}
        self.addresses: dict[str, str] = {}
        self.ports: list[str] = []
        self.cuts: collections.Counter[Link] = collections.Counter()  # by how many faults each is cut
        self.delay_lines: dict[str, subprocess.Popen[bytes]] = {}
        self.settings: dict[str, tuple[float, float, float]] = {}  # of the delay lines
        self.slowed: collections.Counter[str] = collections.Counter()  # by how many faults each host is slowed
        self.lock, self.slow_lock = threading.Lock(), threading.Lock()
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        run(["ip", "link", "add", "lan", "type", "bridge"])
        run(["ip", "link", "set", "lan", "up"])

    def add_host(self, name: str) -> None:
        number = len(self.namespaces) + 1
        if number > MAX_HOSTS:
            raise ValueError(f"more than {MAX_HOSTS} hosts")
        descriptor = new_namespace()
        self.namespaces[name], self.addresses[name] = descriptor, f"{PREFIX}{number + 10}"
        port = f"port{next(PORTS)}"
        self.ports.append(port)
        run(
            ["ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", f"/proc/self/fd/{descriptor}"],
            (descriptor,),
        )
        run(["ip", "link", "set", port, "master", "lan", "up"])
        for command in (
            ["ip", "link", "set", "lo", "up"],
            ["ip", "link", "set", "eth0", "up"],
            ["ip", "address", "add", f"{self.addresses[name]}/24", "dev", "eth0"],
        ):
            run(*self.command(name, command))

    def endpoint(self, host: str, port: int) -> Endpoint:
        address = self.addresses[host]
        return Endpoint(address, port, address, port)

    def command(self, host: str, arguments: list[str]) -> tuple[list[str], tuple[int, ...]]:
        descriptor = self.namespaces[host]
        return ["nsenter", f"--net=/proc/self/fd/{descriptor}", "--", *arguments], (descriptor,)

    @contextlib.contextmanager
    def on(self, host: str) -> Iterator[None]:
        set_namespace(self.namespaces[host])
        try:
            yield
        finally:
            set_namespace(self.home)

    def connect(self, host: str, address: tuple[str, int], timeout: float) -> socket.socket:
        with self.on(host):  # a socket stays in the namespace that it was made in
            made = socket.socket()
        try:
            made.settimeout(timeout)
            made.connect(address)
        except BaseException:
            made.close()
            raise
        return made

    def enter(self, host: str) -> None:
        set_namespace(self.namespaces[host])

    def cut(self, links: Iterable[Link]) -> None:
        self.change(collections.Counter(set(links)))

    def mend(self, links: Iterable[Link]) -> None:
        self.change(collections.Counter({link: -1 for link in links}))

    def change(self, by: collections.Counter[Link]) -> None:
        with self.lock:
            after = self.cuts.copy()
            after.update(by)
            after = +after
            hosts = sorted({to for _, to in set(self.cuts) ^ set(after)})
            try:
                self.apply(hosts, after)
            except OSError:
                with contextlib.suppress(OSError):
                    self.apply(hosts, self.cuts)  # on some hosts it may have worked
                raise
            self.cuts = after

    def apply(self, hosts: list[str], cuts: collections.Counter[Link]) -> None:
        """All at once, as near as can be: a cable has no order."""
        running = []
        for host in hosts:
            command, fds = self.command(host, ["nft", "-f", "-"])
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, pass_fds=fds)
            running.append((process, self.rules(host, cuts)))
        problems = [problem for process, rules in running if (problem := last_words(process, rules))]
        if problems:
            raise OSError(f"nft: {problems[0]}")

    def rules(self, host: str, cuts: collections.Counter[Link]) -> str:
        sources = ", ".join(self.addresses[source] for source, to in sorted(cuts) if to == host)
        drop = f"ip saddr {{ {sources} }} drop" if sources else ""
        return "\n".join(
            [
                "table inet chaos",
                "delete table inet chaos",  # the first makes sure that there is one to delete
                "table inet chaos {",
                "chain arriving {",
                "type filter hook input priority 0;",
                drop,
                "}",
                "}",
                "",
            ]
        )

    def slow(self, host: str, delay_ms: float, jitter_ms: float, loss: float) -> None:
        """The last word wins while several faults are on a host; it is as before when all are over."""
        with self.slow_lock:
            before = self.settings.get(host)
            self.end_delay_line(host)
            try:
                self.start_delay_line(host, (delay_ms, jitter_ms, loss))
            except OSError:
                if before is not None:
                    with contextlib.suppress(OSError):
                        self.start_delay_line(host, before)
                raise
            self.slowed[host] += 1

    def start_delay_line(self, host: str, settings: tuple[float, float, float]) -> None:
        program = pathlib.Path(__file__).with_name("delay_line.py")
        command, fds = self.command(
            host, [sys.executable, str(program), self.addresses[host], PREFIX, *map(str, settings)]
        )
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=fds)
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            process.kill()
            words = process.communicate(timeout=10)[1].decode(errors="replace").strip().splitlines()
            raise OSError(f"no delay line on {host}: {words[-1] if words else 'it ended'}")
        self.delay_lines[host], self.settings[host] = process, settings

    def unslow(self, host: str) -> None:
        with self.slow_lock:
            if self.slowed[host] == 1:
                self.end_delay_line(host)
            self.slowed[host] -= 1

    def end_delay_line(self, host: str) -> None:
        process = self.delay_lines.pop(host, None)
        self.settings.pop(host, None)
        if process is not None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)

    def knows_process(self, host: str, pid: int) -> None:
        pass

    def close(self) -> None:
        for host in list(self.delay_lines):
            self.end_delay_line(host)
        for descriptor in self.namespaces.values():
            os.close(descriptor)
        self.namespaces.clear()
        for port in self.ports:
            subprocess.run(["ip", "link", "del", port], capture_output=True, timeout=20)
        subprocess.run(["ip", "link", "del", "lan"], capture_output=True, timeout=20)
