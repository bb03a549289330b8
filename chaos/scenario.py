"""A scenario: the shape of a cluster, who uses it, which faults come when, and what must hold. A TOML file that a
user can copy.

Everything is checked when the file is read: an unknown word, a fault past the end or a target that no cluster has is
an error with the file's name, not a surprise in the middle of a run. docs/chaos.md lists the words.
"""
from __future__ import annotations

import dataclasses
import pathlib
import tomllib
from typing import Any

FOLDER = pathlib.Path(__file__).with_name("scenarios")
MAX_SECONDS = 600
MAX_PROCESSES = 30

# What each fault takes beside at, on and for; a value's type, or a tuple of those.
FAULTS: dict[str, dict[str, Any]] = {
    "crash": {},  # SIGKILL of the serving process; started again after `for`
    "host-dies": {},  # its links go dead and everything on it is killed at once; back after `for`
    "stop": {},  # SIGTERM; started again after `for`
    "pause": {},  # SIGSTOP; SIGCONT after `for`
    "isolate": {},  # cut from every other host, both ways
    "partition": {"sides": list},  # hosts of different sides don't hear each other
    "one-way": {"from": list, "to": list},  # what `from` sends doesn't reach `to`
    "bridge": {"sides": list, "across": str},  # two sides, and one host that sees both
    "slow-network": {"delay_ms": (int, float), "jitter_ms": (int, float), "loss": (int, float)},
    "clock": {"seconds": (int, float)},  # the wall clock is off by so much
    "fill-disk": {},
    "slow-disk": {"ms": (int, float)},  # each write and fsync takes so much longer
    "wipe": {},  # killed, its folder emptied, started again after `for`
    "wipe-running": {},  # its folder is emptied under it; killed and started again after `for`
    "rolling-restart": {},  # one process after the other, each until all is in step; the master last
    "hand-over": {},  # SENTINEL FAILOVER
    "storm": {"seed": int, "every": (int, float), "faults": list},
}
NEEDS_NO_TARGET = {"partition", "one-way", "bridge", "rolling-restart", "hand-over", "storm"}
ENDS_BY_ITSELF = {"rolling-restart", "hand-over"}


class ScenarioError(ValueError):
    """What is wrong with a scenario's file."""


@dataclasses.dataclass
class Shape:
    """[cluster]"""

    nodes: int = 3
    sentinels: int = 3
    apps: int = 2  # hosts with clients on them
    write_acks: int = 1
    durability: str = "os"
    disk: str | None = None  # size of each node's disk; without it they share the run's folder
    restart_on_crash: bool = False
    onggi: dict[str, Any] = dataclasses.field(default_factory=dict)  # directives of its nodes
    redis: dict[str, Any] = dataclasses.field(default_factory=dict)

    def hosts(self) -> list[str]:
        return (
            [f"node-{i + 1}" for i in range(self.nodes)]
            + [f"sentinel-{i + 1}" for i in range(self.sentinels)]
            + [f"app-{i + 1}" for i in range(self.apps)]
        )


@dataclasses.dataclass
class Load:
    """[workload]"""

    recorders: int = 2  # on each app host
    per_second: int = 60  # operations of each recorder
    libraries: list[str] = dataclasses.field(default_factory=lambda: ["redis-py", "ioredis"])
    preload: int = 0  # sessions that are there from the beginning
    timeout_s: float = 2.0  # of clients


@dataclasses.dataclass
class Expectations:
    """[expect]: bounds. `None`: not looked at."""

    lost: int = 0  # acknowledged writes
    gap_ms: float | None = None  # the longest time in which no client got an acknowledgement
    first_answer_ms: float | None = 1000  # exec to the first right answer of a node that kept its folder
    serve_ms: float = 10_000  # from the heal to the first acknowledgement
    converge_s: float = 30  # from the heal to one master and equal data everywhere
    clock_slack_ms: float = 0  # by how much expiry may be off, since a clock is


@dataclasses.dataclass
class Fault:
    """[[fault]]"""

    at: float
    do: str
    on: list[str] = dataclasses.field(default_factory=list)
    lasts: float = 0.0  # `for`
    options: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def words(self) -> str:
        def shown(value: Any) -> str:
            return "+".join(map(str, value)) if isinstance(value, list) else str(value)

        rest = ", ".join(
            f"{name} {' | '.join(map(shown, value)) if name == 'sides' else shown(value)}"
            for name, value in self.options.items()
        )
        return " ".join(filter(None, [self.do, "+".join(self.on), rest, f"for {self.lasts:g} s" if self.lasts else ""]))


@dataclasses.dataclass
class Scenario:
    name: str
    title: str
    story: str
    seconds: float  # of workload, before everything is healed
    cluster: Shape
    workload: Load
    expect: Expectations
    faults: list[Fault]


def build(kind: type, table: dict[str, Any], where: str) -> Any:
    known = {field.name for field in dataclasses.fields(kind)}
    unknown = set(table) - known
    if unknown:
        raise ScenarioError(f"{where}: no '{sorted(unknown)[0]}' (known: {', '.join(sorted(known))})")
    return kind(**table)


def read_fault(table: dict[str, Any], where: str, shape: Shape) -> Fault:
    table = dict(table)
    do = table.pop("do", None)
    if do not in FAULTS:
        raise ScenarioError(f"{where}: no fault '{do}' (known: {', '.join(FAULTS)})")
    on = table.pop("on", [])
    fault = Fault(
        float(table.pop("at", 0)), do, [on] if isinstance(on, str) else list(on), float(table.pop("for", 0)), table
    )
    for option, value in table.items():
        if option not in FAULTS[do]:
            raise ScenarioError(f"{where}: '{do}' takes no '{option}'")
        if not isinstance(value, FAULTS[do][option]):
            raise ScenarioError(f"{where}: '{option}' of '{do}' can't be {value!r}")
    if not fault.on and do not in NEEDS_NO_TARGET:
        raise ScenarioError(f"{where}: '{do}' needs to know on whom (`on`)")
    for option, needed in FAULTS[do].items():
        if needed in (list, str) and option not in table and option != "faults":
            raise ScenarioError(f"{where}: '{do}' needs '{option}'")
    if do == "fill-disk" and shape.disk is None:
        raise ScenarioError(f"{where}: only a disk of its own is filled: set cluster.disk")
    return fault


def parse(text: str, name: str) -> Scenario:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{name}: {error}") from None
    try:
        shape = build(Shape, table.pop("cluster", {}), f"{name}, [cluster]")
        load = build(Load, table.pop("workload", {}), f"{name}, [workload]")
        expect = build(Expectations, table.pop("expect", {}), f"{name}, [expect]")
        faults = [
            read_fault(fault, f"{name}, fault {number + 1}", shape)
            for number, fault in enumerate(table.pop("fault", []))
        ]
        scenario = Scenario(
            name,
            table.pop("title", name),
            table.pop("story", ""),
            float(table.pop("seconds", 20)),
            shape,
            load,
            expect,
            sorted(faults, key=lambda fault: fault.at),
        )
    except TypeError as error:
        raise ScenarioError(f"{name}: {error}") from None
    if table:
        raise ScenarioError(f"{name}: no '{sorted(table)[0]}' here")
    check(scenario)
    return scenario


def check(scenario: Scenario) -> None:
    shape = scenario.cluster
    if not 1 <= scenario.seconds <= MAX_SECONDS:
        raise ScenarioError(f"{scenario.name}: a run lasts 1 to {MAX_SECONDS} seconds")
    if not (1 <= shape.nodes and 1 <= shape.sentinels and 1 <= shape.apps and len(shape.hosts()) <= MAX_PROCESSES):
        raise ScenarioError(f"{scenario.name}: at least one of each, at most {MAX_PROCESSES} hosts")
    words = {"master", "replica", "replicas", "nodes", "sentinels", "apps", "all", "rest"} | set(shape.hosts())
    words |= {f"replica-{i + 1}" for i in range(shape.nodes - 1)}
    for fault in scenario.faults:
        named = list(fault.on)
        for option in ("from", "to"):
            named += fault.options.get(option, [])
        for side in fault.options.get("sides", []):
            named += side
        named += [fault.options["across"]] if "across" in fault.options else []
        unknown = sorted(set(named) - words)
        if unknown:
            raise ScenarioError(f"{scenario.name}: nobody is called '{unknown[0]}' (known: {', '.join(sorted(words))})")
        if fault.at < 0 or fault.at + fault.lasts > scenario.seconds:
            raise ScenarioError(
                f"{scenario.name}: '{fault.words}' does not end before the run of {scenario.seconds:g} s does"
            )


def load(name: str) -> Scenario:
    """By the name of one of ours, or by a file's path."""
    path = pathlib.Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not path.exists():
        raise ScenarioError(f"no scenario '{name}' (./onggi chaos list)")
    return parse(path.read_text(encoding="utf-8"), path.stem)


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def stretch(scenario: Scenario, seconds: float) -> Scenario:
    """The same story in another length: every time in it in proportion."""
    factor = seconds / scenario.seconds
    faults = [dataclasses.replace(fault, at=fault.at * factor, lasts=fault.lasts * factor) for fault in scenario.faults]
    stretched = dataclasses.replace(scenario, seconds=seconds, faults=faults)
    check(stretched)
    return stretched


def reseed(scenario: Scenario, seed: int) -> Scenario:
    """The same with storms of another seed."""
    faults = [
        dataclasses.replace(fault, options={**fault.options, "seed": seed}) if fault.do == "storm" else fault
        for fault in scenario.faults
    ]
    return dataclasses.replace(scenario, faults=faults)
