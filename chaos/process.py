"""One process of the cluster on its host: started, killed, stopped, and its log read. It is known by its id, never by
name.

Whatever ends though nobody here ended it is remembered (`deaths`). A node of Onggi is two processes: its watcher, which
is started, and its child, which serves."""
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
NOT_SERVING = {"onggi-notice", "onggi-watcher"}  # a watcher's child that tells of a death; any, before it has its name


def proc(pid: int, what: str) -> str:
    """What the kernel says of a process; nothing of one that has ended."""
    try:
        return pathlib.Path(f"/proc/{pid}/{what}").read_text()
    except OSError:
        return ""


@dataclasses.dataclass(frozen=True)
class Start:
    at: float  # CLOCK_MONOTONIC
    kept_folder: bool


@dataclasses.dataclass(frozen=True)
class Death:
    """An end that no fault explains."""

    at: float  # CLOCK_MONOTONIC, when it was seen
    process: str
    what: str


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
        watched: bool = False,
    ) -> None:
        self.name, self.kind, self.host = name, kind, host
        self.endpoint, self.arguments, self.disk, self.log = endpoint, arguments, disk, log
        self.network, self.knobs, self.watched = network, knobs, watched
        self.running: subprocess.Popen[bytes] | None = None
        self.terminated: subprocess.Popen[bytes] | None = None
        self.patient_until = 0.0  # that what is terminated has ended
        self.serving: int | None = None  # the watcher's child, when it was last looked at
        self.has_served = False  # since this start
        self.ours: set[int] = set()  # ids of this start whose end is our doing, or was told of
        self.deaths: list[Death] = []
        self.paused = False
        self.crashed = False  # and not started again
        self.wiped = False  # its folder was lost since it was last started
        self.starts: list[Start] = []
        self.clock_offsets: list[tuple[float, float]] = [(0.0, 0.0)]  # (since, seconds)
        self.lock = threading.RLock()

    def start(self) -> None:
        with self.lock:
            self.note_deaths()
            if self.alive() and self.nobody_serves():
                self.terminate()  # a watcher that still tells, as a service manager's restart would end it
                if not self.has_ended(WATCHER_SECONDS):
                    self.kill()
            if self.alive():
                return
            command, fds = self.network.command(self.host, self.arguments)
            extra = self.knobs.environment() if self.knobs is not None else {}
            with open(self.log, "ab") as output:
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
            # Popen returns when the program is executed: on a crowded machine that may be seconds after the fork.
            start = Start(time.monotonic(), not self.wiped)
            self.paused = self.crashed = self.wiped = False
            self.serving, self.has_served, self.ours = None, False, set()
            self.starts.append(start)  # observers count from here
            self.network.knows_process(self.host, self.running.pid)

    def nobody_serves(self) -> bool:
        """A watcher without its child, which still tells of its end."""
        return self.watched and (self.crashed or self.has_served) and len(self.family()) == 1

    def look(self) -> None:
        """Asked for often: a death is seen when it happens."""
        if self.lock.acquire(blocking=False):  # else something is being done to it
            try:
                self.note_deaths()
            finally:
                self.lock.release()

    def note_deaths(self) -> None:
        if self.running is None:
            return
        if self.watched and self.alive():
            child = self.family()[0]
            if self.serving is not None and child != self.serving:
                self.note_death(self.serving, "its serving process ended; the watcher lives")
            self.serving = child if child != self.running.pid else None
            self.has_served = self.has_served or self.serving is not None
            if self.serving is not None and self.serving not in self.ours:
                self.crashed = False  # its watcher has started it again
        if self.running.poll() is not None:
            self.note_death(self.running.pid, f"ended ({self.running.returncode})")

    def note_death(self, pid: int, what: str) -> None:
        """Who loses its folder while it runs may end itself."""
        if pid not in self.ours and not self.wiped:
            self.deaths.append(Death(time.monotonic(), self.name, what))
        self.ours.add(pid)

    def alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def family(self) -> list[int]:
        """Its process ids, children first: a node of Onggi is the child of its watcher. What else a watcher starts, to
        tell of a death, ends with it."""
        if self.running is None:
            return []
        pid = self.running.pid
        children = [int(child) for child in proc(pid, f"task/{pid}/children").split()]
        if self.watched:
            children = [child for child in children if proc(child, "comm").strip() not in NOT_SERVING]
        return [*children, pid]

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
                family = self.family()
                self.crashed = True
                self.ours.update(family)
                self.signal(signal.SIGKILL, family[:1] if self.watched else family[-1:])
                self.has_ended(REAP_SECONDS)

    def kill(self) -> None:
        """SIGKILL of all of it, the watcher first, as when the host dies."""
        with self.lock:
            if self.alive():
                self.end_by_force()

    def terminate(self) -> None:
        """SIGTERM; restart() waits for the end."""
        if self.alive() and self.running is not None:
            self.terminated, self.patient_until = self.running, time.monotonic() + STOP_SECONDS
            self.ours.update(self.family())
            self.signal(signal.SIGTERM, [self.running.pid])

    def restart(self) -> None:
        """After terminate(): once it has ended, it is started again."""
        with self.lock:
            if self.alive() and self.running is self.terminated:  # else another fault's end has started it already
                self.wait()
            self.start()

    def end_by_force(self) -> None:
        family = self.family()
        self.ours.update(family)
        self.signal(signal.SIGKILL, family[::-1])
        self.has_ended(STOP_SECONDS)

    def pause(self) -> None:
        # The parent first: it might take the child's stop for something else.
        self.signal(signal.SIGSTOP, self.family()[::-1])
        self.paused = True

    def go_on(self) -> None:
        self.signal(signal.SIGCONT)
        self.paused = False
        self.patient_until = time.monotonic() + STOP_SECONDS  # it hears of a SIGTERM only now

    def wipe(self) -> None:
        """Its folder is emptied, whether it runs or not."""
        self.wiped = True
        self.disk.wipe()

    def wait(self) -> None:
        """After SIGTERM."""
        if self.has_ended(max(0.0, self.patient_until - time.monotonic())):
            return
        if not self.paused:
            what = f"did not end within {STOP_SECONDS} s of SIGTERM"
            self.deaths.append(Death(time.monotonic(), self.name, what))
        self.end_by_force()

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
