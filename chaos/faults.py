"""The faults: each begins, and ends again. Small, so that a scenario is made of them; what they do is done to
processes, links and disks of this run and to nothing else.

A fault that was begun knows how to end itself, also when the run is cut short; ending twice does no harm.
"""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Callable

from chaos import targets
from chaos.cluster import Cluster, NotReached, wait_for
from chaos.network.base import Link
from chaos.process import Process
from chaos.resp import Error
from chaos.scenario import Fault
from chaos.systems.base import MASTER_NAME

Undo = Callable[[], None]
STEP_SECONDS = 30


class Unsupported(Exception):
    """This lab can't do that; the run goes on without."""


class Begun:
    """A fault in force: on whom, and how it is taken back."""

    def __init__(self, on: list[str], undo: Undo) -> None:
        self.on, self.undo = on, undo


def begin(fault: Fault, cluster: Cluster) -> Begun:
    on = targets.hosts(cluster, fault.on)
    return ACTIONS[fault.do](fault, cluster, on)


def each(cluster: Cluster, names: list[str], what: Callable[[Process], None]) -> None:
    """To all at once, as near as can be."""
    processes = [cluster.processes[name] for name in names if name in cluster.processes]
    with ThreadPoolExecutor(max_workers=max(1, len(processes))) as pool:
        list(pool.map(what, processes))


# ------------------------------------------------------------------------------------------------------------ processes


def crash(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    each(cluster, on, Process.crash)
    return Begun(on, lambda: each(cluster, on, Process.start))


def stop(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    each(cluster, on, Process.terminate)
    return Begun(on, lambda: each(cluster, on, Process.restart))


def pause(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    each(cluster, on, Process.pause)
    return Begun(on, lambda: each(cluster, on, Process.go_on))


def host_dies(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    links = targets.both_ways(on, cluster.shape.hosts())
    cluster.network.cut(links)  # first: a dead host sends no reset
    each(cluster, on, Process.kill)

    def back() -> None:
        cluster.network.mend(links)
        each(cluster, on, Process.start)

    return Begun(on, back)


def rolling_restart(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    names = [*cluster.replicas(), cluster.master(), *[sentinel.name for sentinel in cluster.sentinels]]
    for name in names:
        cluster.processes[name].terminate()
        cluster.processes[name].restart()
        try:
            wait_for(f"all in step after the restart of {name}", cluster.settled, STEP_SECONDS)
        except NotReached as error:
            raise Unsupported(f"stopped: {error}") from None
    return Begun(names, lambda: None)


def hand_over(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    with cluster.connect(cluster.sentinels[0]) as connection:
        reply = connection.ask("SENTINEL", "FAILOVER", MASTER_NAME)
    if isinstance(reply, Error):
        raise Unsupported(f"refused: {reply}")
    return Begun([cluster.master()], lambda: None)


# -------------------------------------------------------------------------------------------------------------- network


def cut(cluster: Cluster, links: list[Link], on: list[str]) -> Begun:
    cluster.network.cut(links)
    return Begun(on, lambda: cluster.network.mend(links))


def isolate(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    return cut(cluster, targets.both_ways(on, cluster.shape.hosts()), on)


def partition(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    sides = targets.sides(cluster, fault.options["sides"])
    return cut(cluster, targets.between(sides), sides[0])


def bridge(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    (across,) = targets.hosts(cluster, [fault.options["across"]])
    sides = targets.sides(cluster, fault.options["sides"])
    apart = [[host for host in side if host != across] for side in sides]
    return cut(cluster, targets.between(apart), apart[0])


def one_way(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    senders, receivers = targets.sides(cluster, [fault.options["from"], fault.options["to"]])
    return cut(cluster, [(a, b) for a in senders for b in receivers if a != b], senders)


def slow_network(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    loss = fault.options.get("loss", 0)
    if loss and not cluster.network.can_lose:
        raise Unsupported("single packets can't be lost on loopback")
    for host in on:
        cluster.network.slow(host, fault.options.get("delay_ms", 0), fault.options.get("jitter_ms", 0), loss)

    def fast() -> None:
        for host in on:
            cluster.network.unslow(host)

    return Begun(on, fast)


# ----------------------------------------------------------------------------------------------------- clocks and disks


def clock(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    each(cluster, on, lambda process: process.set_clock(fault.options["seconds"]))
    return Begun(on, lambda: each(cluster, on, lambda process: process.set_clock(0)))


def slow_disk(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    def late(milliseconds: float) -> Callable[[Process], None]:
        def change(process: Process) -> None:
            if process.knobs is None:
                raise Unsupported("no C compiler: disks can't be slowed")
            process.knobs.set_disk_delay(milliseconds)

        return change

    each(cluster, on, late(fault.options["ms"]))
    return Begun(on, lambda: each(cluster, on, late(0)))


def fill_disk(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    if not cluster.network.can_mount:
        raise Unsupported("no disks of limited size without namespaces")
    each(cluster, on, lambda process: process.disk.fill())
    return Begun(on, lambda: each(cluster, on, lambda process: process.disk.free()))


def wipe(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    each(cluster, on, Process.kill)
    each(cluster, on, Process.wipe)
    return Begun(on, lambda: each(cluster, on, Process.start))


def wipe_running(fault: Fault, cluster: Cluster, on: list[str]) -> Begun:
    each(cluster, on, Process.wipe)

    def restart() -> None:
        each(cluster, on, Process.kill)
        each(cluster, on, Process.wipe)  # what it wrote since then is no whole folder
        each(cluster, on, Process.start)

    return Begun(on, restart)


ACTIONS: dict[str, Callable[[Fault, Cluster, list[str]], Begun]] = {
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
