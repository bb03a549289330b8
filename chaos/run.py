"""One run: a cluster, its clients, the faults, the heal, and what is found. What it leaves is evidence; who judges
are the checkers."""
from __future__ import annotations

import pathlib
import shutil
import time
from typing import Callable

from chaos import failovers, folder, history as files, lab
from chaos.cluster import Cluster, NotReached, wait_for
from chaos.evidence import Client, Evidence, Preloaded
from chaos.history import COUNTER, ONCE, PROBE, REGISTER, History
from chaos.libraries import LIBRARIES
from chaos.network.base import Network
from chaos.observer import FirstAnswer, Observer
from chaos.prober import Prober
from chaos.process import Process
from chaos.resp import Error
from chaos.scenario import Scenario
from chaos.systems.base import System
from chaos.timeline import Timeline
from chaos.worker import Worker
from chaos.workload import Recorder

# How long the workload goes on after the heal: at least, and at most if nobody is served.
SERVED_S = 1.5
START_SECONDS = 60


def new_network() -> Network:
    if lab.inside():
        from chaos.network.namespaces import Namespaces

        return Namespaces()
    from chaos.network.proxies import Proxies

    return Proxies()


def carry_out(
    scenario: Scenario, system: System, say: Callable[[str], None], keep: pathlib.Path | None = None
) -> Evidence:
    """Everything is ended and removed again, however it ends; logs and history are kept in `keep` if it is given."""
    with folder.of_a_run() as place:
        network = new_network()
        cluster = None
        history = History()
        try:
            cluster = Cluster(place, system, scenario.cluster, network)
            cluster.start(START_SECONDS)
            cluster.preload(scenario.workload.preload)
            evidence = observe(scenario, cluster, history, say)
            evidence.folder = keep
            return evidence
        finally:
            if cluster is not None:
                cluster.stop()
            if keep is not None:
                save(place, keep, history)
            network.close()


def save(place: pathlib.Path, keep: pathlib.Path, history: History) -> None:
    keep.mkdir(parents=True, exist_ok=True)
    files.write(keep / "history.jsonl", history.sorted(), 0.0, {}, {})  # the whole of it comes with the verdict
    for log in place.glob("*.log"):
        shutil.copy(log, keep / log.name)


def clients(scenario: Scenario, cluster: Cluster, history: History, say: Callable[[str], None]) -> list[Worker]:
    shape, load = cluster.shape, scenario.workload
    made: list[Worker] = [Prober(node, cluster, history) for node in cluster.nodes]
    for app in range(shape.apps):
        made += [
            Recorder(f"app-{app + 1}.{number + 1}", f"app-{app + 1}", cluster, history, load, app * 100 + number)
            for number in range(load.recorders)
        ]
    for number, name in enumerate(load.libraries):
        reason = LIBRARIES[name].why_not() if name in LIBRARIES else "no such library"
        if reason:
            say(f"{name} is left out: {reason}")
            continue
        host = f"app-{number % shape.apps + 1}"
        made.append(LIBRARIES[name](f"{name}@{host}", host, cluster, history, load))
    return made


def observe(scenario: Scenario, cluster: Cluster, history: History, say: Callable[[str], None]) -> Evidence:
    working = clients(scenario, cluster, history, say)
    timeline = Timeline(scenario, cluster, say)
    began = time.monotonic()
    try:
        for client in working:
            client.start()
        timeline.run()
        timeline.heal()
        healed = time.monotonic()
        say(f"{healed - timeline.began:6.2f} s  all healed")
        patience = scenario.expect.serve_ms / 1000 + SERVED_S
        came_true("service", lambda: history.last_ok() > healed + SERVED_S, patience)
        ended = time.monotonic()
    finally:
        for client in working:
            client.stop()
        for client in working:
            client.join()
        history.close([client.under_way for client in working if client.under_way is not None])
    return look_at_the_end(scenario, cluster, history, timeline, (began, healed, ended), working)


def look_at_the_end(
    scenario: Scenario,
    cluster: Cluster,
    history: History,
    timeline: Timeline,
    moments: tuple[float, float, float],
    working: list[Worker],
) -> Evidence:
    began, healed, ended = moments
    until = healed + scenario.expect.converge_s
    settled = came_true("one master, all in step", cluster.settled, until - time.monotonic())
    digests: dict[str, str] = {}
    converged = settled and came_true("equal digests", lambda: equal(cluster, digests), until - time.monotonic())
    converged_s = time.monotonic() - healed
    contents = read_everything(cluster, history)
    evidence = Evidence(
        scenario,
        history.sorted(),
        {name: list(observer.samples) for name, observer in cluster.observers.items()},
        [answer for observer in cluster.observers.values() for answer in answers_of(observer)],
        timeline.bands,
        began,
        healed,
        ended,
        contents,
        time.monotonic(),
        digests,
        cluster.masters(),
        settled,
        converged,
        converged_s,
    )
    evidence.deaths = deaths(cluster, began)
    evidence.preloaded = [preloaded_on(node, cluster) for node in cluster.nodes]
    evidence.clients = [
        Client(worker.name, worker.problem, not isinstance(worker, (Prober, Observer)))
        for worker in [*working, *cluster.observers.values()]
    ]
    add_failovers(evidence, cluster)
    return evidence


def answers_of(observer: Observer) -> list[FirstAnswer]:
    return observer.first_answers + observer.unanswered(time.monotonic())


def deaths(cluster: Cluster, began: float) -> list[str]:
    for process in cluster.processes.values():
        process.look()
    found = sorted((death for process in cluster.processes.values() for death in process.deaths), key=lambda d: d.at)
    return [f"{death.process} at {death.at - began:.2f} s: {death.what}" for death in found]


def preloaded_on(node: Process, cluster: Cluster) -> Preloaded:
    told = cluster.preloaded
    try:
        values = cluster.values(node, list(told))
    except (OSError, EOFError):
        return Preloaded(node.name, len(told), None)
    return Preloaded(node.name, len(told), [key for key, value in told.items() if values[key] != value])


def came_true(what: str, condition: Callable[[], bool], seconds: float) -> bool:
    try:
        wait_for(what, condition, seconds)
        return True
    except NotReached:
        return False


def equal(cluster: Cluster, digests: dict[str, str]) -> bool:
    try:
        digests.clear()
        digests.update(cluster.digests())
    except (OSError, EOFError):
        return False
    return len(set(digests.values())) == 1 and not any(isinstance(digest, Error) for digest in digests.values())


def read_everything(cluster: Cluster, history: History) -> dict[str, dict[str, str | None]]:
    """What every node holds of the keys that clients wrote and that don't expire."""
    keys = sorted(
        {operation.key for operation in history.sorted() if operation.family in (ONCE, REGISTER, COUNTER, PROBE)}
    )
    contents: dict[str, dict[str, str | None]] = {}
    for node in cluster.nodes:
        try:
            contents[node.name] = cluster.values(node, keys)
        except (OSError, EOFError):
            continue
    return contents


def add_failovers(evidence: Evidence, cluster: Cluster) -> None:
    evidence.steps = sorted(
        (step for process in cluster.processes.values() for step in failovers.read_log(process, cluster.system.steps)),
        key=lambda step: step.at,
    )
    evidence.failovers = failovers.find(evidence.steps, evidence.operations, evidence.began)
    ends: dict[str, list[float]] = {}
    for name, samples in evidence.samples.items():
        ends[name] = [
            after.at for before, after in zip(samples, samples[1:]) if before.state == "master" != after.state
        ]
    failovers.lease_ends(evidence.failovers, ends)
