"""One process of the cluster on its host: started, killed, stopped, and its log read. It is known by its id, never by
name."""
from __future__ import annotations

import dataclasses
import os
import pathlib
import signal
import subprocess
import threading
import time

from chaos.disks import Disk
from chaos.network.base import Endpoint, Network
from chaos.shim import Knobs

STOP_SECONDS = 15
REAP_SECONDS = 0.2
WATCHER_SECONDS = 2


@dataclasses.dataclass(frozen=True)
class Start:
    at: float  # CLOCK_MONOTONIC
    kept_folder: bool


class Process:
    def __init__(
        self,
        name: str,
        kind: str,
        host: str,
        endpoint: Endpoint,
        arguments: list[str],
        disk: Disk,
        log: pathlib.Path,
        network: Network,
        knobs: Knobs | None,
    ) -> None:
        self.name, self.kind, self.host = name, kind, host
        self.endpoint, self.arguments, self.disk, self.log = endpoint, arguments, disk, log
        self.network, self.knobs = network, knobs
        self.running: subprocess.Popen[bytes] | None = None
        self.terminated: subprocess.Popen[bytes] | None = None
        self.paused = False
        self.crashed = False  # and not started again
        self.wiped = False  # its folder was lost since it was last started
        self.starts: list[Start] = []
        self.clock_offsets: list[tuple[float, float]] = [(0.0, 0.0)]  # (since, seconds)
        self.lock = threading.RLock()

    def start(self) -> None:
        with self.lock:
            if self.crashed and self.alive() and len(self.family()) == 1:
                self.terminate()  # a watcher that still tells, as a service manager's restart would end it
                if not self.has_ended(WATCHER_SECONDS):
                    self.kill()
            if self.alive():
                return
            command, fds = self.network.command(self.host, self.arguments)
            extra = self.knobs.environment() if self.knobs is not None else {}
            with open(self.log, "ab") as output:
                self.starts.append(Start(time.monotonic(), not self.wiped))
                self.wiped = False
                self.running = subprocess.Popen(
                    command,
                    pass_fds=fds,
                    cwd=self.disk.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    env={**os.environ, **extra},
                )
            self.paused = self.crashed = False
            self.network.knows_process(self.host, self.running.pid)

    def alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def family(self) -> list[int]:
        """Its process ids, children first: a node of Onggi is the child of its watcher."""
        if self.running is None:
            return []
        pid = self.running.pid
        try:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            children = []
        return [*map(int, children), pid]

    def signal(self, number: int, pids: list[int] | None = None) -> None:
        for pid in self.family() if pids is None else pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def crash(self) -> None:
        """SIGKILL of the process that serves; its watcher, if it has one, lives to tell, and may take its time."""
        with self.lock:
            if self.alive():
                self.crashed = True
                self.signal(signal.SIGKILL, self.family()[:1])
                self.has_ended(REAP_SECONDS)

    def kill(self) -> None:
        """SIGKILL of all of it, the watcher first, as when the host dies."""
        with self.lock:
            if self.alive():
                self.signal(signal.SIGKILL, self.family()[::-1])
                self.wait()

    def terminate(self) -> None:
        """SIGTERM; restart() waits for the end."""
        if self.alive() and self.running is not None:
            self.terminated = self.running
            self.signal(signal.SIGTERM, [self.running.pid])

    def restart(self) -> None:
        """After terminate(): once it has ended, it is started again."""
        with self.lock:
            if self.alive() and self.running is self.terminated:  # else another fault's end has started it already
                self.wait()
            self.start()

    def pause(self) -> None:
        # The parent first: it might take the child's stop for something else.
        self.signal(signal.SIGSTOP, self.family()[::-1])
        self.paused = True

    def go_on(self) -> None:
        self.signal(signal.SIGCONT)
        self.paused = False

    def wipe(self) -> None:
        """Its folder is emptied, whether it runs or not."""
        self.wiped = True
        self.disk.wipe()

    def wait(self) -> None:
        if not self.has_ended(STOP_SECONDS):
            self.signal(signal.SIGKILL, self.family()[::-1])
            self.has_ended(STOP_SECONDS)

    def has_ended(self, within_s: float) -> bool:
        assert self.running is not None
        try:
            self.running.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def set_clock(self, seconds: float) -> None:
        if self.knobs is None:
            raise OSError("no C compiler: the wall clock can't be shifted")
        self.knobs.set_clock_offset(seconds)
        self.clock_offsets.append((time.monotonic(), seconds))
