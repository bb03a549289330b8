"""The faults: each begins, and ends again. Small, so that a scenario is made of them; what they do is done to
processes, links and disks of this run and to nothing else.

What a fault has done it knows how to take back, step by step, also when only a part of it could be done and when the
run is cut short. Several faults may hold one process down: the last one to end lets it go.
"""
from __future__ import annotations

import collections
import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from operator import methodcaller
from typing import Callable, Iterable

from chaos import targets
from chaos.cluster import Cluster, NotReached, wait_for
from chaos.network.base import Link
from chaos.process import Process
from chaos.resp import Connection, Error
from chaos.scenario import Fault
from chaos.systems.base import MASTER_NAME

STEP_SECONDS = 30
# How a process is held by a fault.
DOWN, PAUSED, WIPED, CLOCK, SLOW_DISK, FULL_DISK = "down", "paused", "wiped", "clock", "slow disk", "full disk"


class Unsupported(Exception):
    """This lab can't do that; the run goes on without."""


class NobodyThere(Exception):
    """It would have changed nothing."""


class NotDone(Exception):
    """The cluster didn't do what it was asked for."""


class Holds:
    """By how many faults each process is held, in each way."""

    def __init__(self, names: Iterable[str]) -> None:
        self.counts: collections.Counter[tuple[str, str]] = collections.Counter()
        self.locks = {name: threading.RLock() for name in names}

    def held(self, way: str, process: Process) -> bool:
        return self.counts[way, process.name] > 0

    def take(self, way: str, process: Process) -> None:
        self.counts[way, process.name] += 1

    def let_go(self, way: str, process: Process, free: Callable[[Process], None]) -> None:
        with self.locks[process.name]:
            if self.counts[way, process.name] == 1:
                free(process)
            self.counts[way, process.name] -= 1


class Doing:
    """One fault while it is done: on whom, and what has to be taken back."""

    def __init__(self, fault: Fault, cluster: Cluster, holds: Holds, ending: threading.Event) -> None:
        self.fault, self.cluster, self.holds = fault, cluster, holds
        self.ending = ending  # is set when the run can wait no longer
        self.on: list[str] = []
        self.undo: list[Callable[[], object]] = []

    def begin(self) -> None:
        self.on = targets.hosts(self.cluster, self.fault.on)
        if self.fault.on and not self.on:
            raise NobodyThere(f"{'+'.join(self.fault.on)}: there is nobody")
        ACTIONS[self.fault.do](self)

    def end(self) -> None:
        """May be tried again when it failed: what was taken back is not taken back twice."""
        while self.undo:
            self.undo[-1]()
            self.undo.pop()

    def hold(self, way: str, hit: Callable[[Process], bool], free: Callable[[Process], None]) -> None:
        """All processes at once, as near as can be; the last fault to end frees them. `on`: who was hit."""
        held: list[Process] = []
        was_hit: list[str] = []

        def take(process: Process) -> None:
            with self.holds.locks[process.name]:
                prolongs = self.holds.held(way, process)
                self.holds.take(way, process)
                held.append(process)  # before it is hit: what fails half way is taken back too
                if hit(process):
                    was_hit.append(process.name)
                elif not prolongs:
                    self.holds.let_go(way, process, lambda _: None)
                    held.remove(process)

        def let_go(process: Process) -> None:
            self.holds.let_go(way, process, free)
            held.remove(process)

        self.undo.append(lambda: each(list(held), let_go))
        each([self.cluster.processes[name] for name in self.on], take)
        if not was_hit:
            raise NobodyThere(f"{', '.join(self.on)}: nothing there to hit")
        self.on = [name for name in self.on if name in was_hit]

    def cut(self, links: list[Link]) -> None:
        if not links:
            raise NobodyThere("no link to cut: one side is empty")
        self.cluster.network.cut(links)
        self.undo.append(lambda: self.cluster.network.mend(links))


def each(processes: list[Process], what: Callable[[Process], None]) -> None:
    with ThreadPoolExecutor(max_workers=max(1, len(processes))) as pool:
        list(pool.map(what, processes))


# ------------------------------------------------------------------------------------------------------------ processes


def serves(process: Process) -> bool:
    """It runs, and not only the watcher of one that crashed."""
    return process.alive() and not process.nobody_serves()


def hitting(there: Callable[[Process], bool], what: Callable[[Process], None]) -> Callable[[Process], bool]:
    def hit(process: Process) -> bool:
        is_there = there(process)
        if is_there:
            what(process)
        return is_there

    return hit


def always(what: Callable[[Process], None]) -> Callable[[Process], bool]:
    return hitting(lambda process: True, what)


def crash(doing: Doing) -> None:
    doing.hold(DOWN, hitting(serves, methodcaller("crash")), methodcaller("restart"))


def stop(doing: Doing) -> None:
    doing.hold(DOWN, hitting(serves, methodcaller("terminate")), methodcaller("restart"))


def pause(doing: Doing) -> None:
    doing.hold(PAUSED, hitting(serves, methodcaller("pause")), methodcaller("go_on"))


def host_dies(doing: Doing) -> None:
    doing.cut(targets.both_ways(doing.on, doing.cluster.shape.hosts()))  # first: a dead host sends no reset
    doing.hold(DOWN, hitting(methodcaller("alive"), methodcaller("kill")), methodcaller("restart"))
    doing.undo.reverse()  # the links come back before it starts


def wipe(doing: Doing) -> None:
    doing.hold(DOWN, always(kill_and_wipe), methodcaller("restart"))


def kill_and_wipe(process: Process) -> None:
    with process.lock:  # nobody starts it in between
        process.kill()
        process.wipe()


def wipe_running(doing: Doing) -> None:
    def restart(process: Process) -> None:
        kill_and_wipe(process)  # what it wrote since then is no whole folder
        if not doing.holds.held(DOWN, process):
            process.start()

    doing.hold(WIPED, always(methodcaller("wipe")), restart)


def rolling_restart(doing: Doing) -> None:
    cluster = doing.cluster
    names = [*targets.replicas(cluster), targets.master(cluster), *[sentinel.name for sentinel in cluster.sentinels]]
    for name in names:
        restart(doing, cluster.processes[name])
        try:
            wait_for(f"all in step after the restart of {name}", lambda: over_or_settled(doing), STEP_SECONDS)
        except NotReached as error:
            raise NotDone(f"stopped: {error}") from None
        if doing.ending.is_set():
            raise NotDone(f"stopped after {name}: the run was over")


def restart(doing: Doing, process: Process) -> None:
    with doing.holds.locks[process.name]:
        if not doing.holds.held(DOWN, process):  # else the fault that holds it down restarts it
            process.terminate()
            process.restart()
            doing.on.append(process.name)


def over_or_settled(doing: Doing) -> bool:
    return doing.ending.is_set() or doing.cluster.settled()


def hand_over(doing: Doing) -> None:
    doing.on = [targets.master(doing.cluster)]
    with living_sentinel(doing.cluster) as connection:
        reply = connection.ask("SENTINEL", "FAILOVER", MASTER_NAME)
    if isinstance(reply, Error):
        raise NotDone(f"refused: {reply}")


def living_sentinel(cluster: Cluster) -> Connection:
    for sentinel in cluster.sentinels:
        if sentinel.alive() and not sentinel.paused:
            try:
                return cluster.connect(sentinel)
            except OSError:
                continue  # it has just died
    raise NobodyThere("no sentinel lives to be asked")


# -------------------------------------------------------------------------------------------------------------- network


def isolate(doing: Doing) -> None:
    doing.cut(targets.both_ways(doing.on, doing.cluster.shape.hosts()))


def partition(doing: Doing) -> None:
    sides = targets.sides(doing.cluster, doing.fault.options["sides"])
    doing.on = sides[0]
    doing.cut(targets.between(sides))


def bridge(doing: Doing) -> None:
    (across,) = targets.hosts(doing.cluster, [doing.fault.options["across"]])
    sides = targets.sides(doing.cluster, doing.fault.options["sides"])
    apart = [[host for host in side if host != across] for side in sides]
    doing.on = apart[0]
    doing.cut(targets.between(apart))


def one_way(doing: Doing) -> None:
    senders, receivers = targets.sides(doing.cluster, [doing.fault.options["from"], doing.fault.options["to"]])
    doing.on = senders
    doing.cut([(a, b) for a in senders for b in receivers if a != b])


def slow_network(doing: Doing) -> None:
    options, network = doing.fault.options, doing.cluster.network
    loss = options.get("loss", 0)
    if loss and not network.can_lose:
        raise Unsupported("single packets can't be lost on loopback")
    for host in doing.on:
        network.slow(host, options.get("delay_ms", 0), options.get("jitter_ms", 0), loss)
        doing.undo.append(functools.partial(network.unslow, host))


# ----------------------------------------------------------------------------------------------------- clocks and disks


def clock(doing: Doing) -> None:
    need_shim(doing)
    seconds = doing.fault.options["seconds"]
    doing.hold(CLOCK, always(lambda process: process.set_clock(seconds)), lambda process: process.set_clock(0))


def slow_disk(doing: Doing) -> None:
    need_shim(doing)

    def late(milliseconds: float) -> Callable[[Process], None]:
        def change(process: Process) -> None:
            if process.knobs is not None:
                process.knobs.set_disk_delay(milliseconds)

        return change

    doing.hold(SLOW_DISK, always(late(doing.fault.options["ms"])), late(0))


def need_shim(doing: Doing) -> None:
    if any(doing.cluster.processes[name].knobs is None for name in doing.on):
        raise Unsupported("no C compiler: neither clocks nor disks can be changed")


def fill_disk(doing: Doing) -> None:
    if not doing.cluster.network.can_mount:
        raise Unsupported("no disks of limited size without namespaces")
    doing.hold(FULL_DISK, always(lambda process: process.disk.fill()), lambda process: process.disk.free())


ACTIONS: dict[str, Callable[[Doing], None]] = {
    "crash": crash,
    "host-dies": host_dies,
    "stop": stop,
    "pause": pause,
    "isolate": isolate,
    "partition": partition,
    "one-way": one_way,
    "bridge": bridge,
    "slow-network": slow_network,
    "clock": clock,
    "fill-disk": fill_disk,
    "slow-disk": slow_disk,
    "wipe": wipe,
    "wipe-running": wipe_running,
    "rolling-restart": rolling_restart,
    "hand-over": hand_over,
}
