"""A scenario: the shape of a cluster, who uses it, which faults come when, and what must hold. A TOML file that a
user can copy.

Everything is checked when the file is read: an unknown word, a fault past the end or a target that no cluster has is
an error with the file's name, not a surprise in the middle of a run. docs/chaos.md lists the words.
"""
from __future__ import annotations

import dataclasses
import pathlib
import shlex
import tomllib
from typing import Any

from chaos import values
from chaos.values import Rule, number, sides, some_of, text, whole

FOLDER = pathlib.Path(__file__).with_name("scenarios")
MAX_SECONDS = 600
MAX_PROCESSES = 30
ROUNDING_S = 1e-6  # times that were stretched
LIBRARIES = ("redis-py", "ioredis")

# To whom a fault can be done.
NODES, PROCESSES, HOSTS, NOBODY = "nodes", "nodes and sentinels", "hosts", ""


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a fault takes beside `at` and `do`."""

    on: str = PROCESSES
    lasts: bool = True  # takes `for`
    options: dict[str, Rule] = dataclasses.field(default_factory=dict)
    required: frozenset[str] = frozenset()


TIME, MILLISECONDS = number(0, MAX_SECONDS), number(0, 60_000)
STORM_KINDS = (
    *("crash", "host-dies", "stop", "pause", "isolate", "partition", "one-way", "bridge"),
    *("slow-network", "slow-disk", "clock", "wipe", "fill-disk"),
)
FAULTS: dict[str, Kind] = {
    "crash": Kind(),  # SIGKILL of the serving process; started again after `for`
    "host-dies": Kind(),  # its links go dead and everything on it is killed at once; back after `for`
    "stop": Kind(),  # SIGTERM; started again after `for`
    "pause": Kind(),  # SIGSTOP; SIGCONT after `for`
    "isolate": Kind(HOSTS),  # cut from every other host, both ways
    "partition": Kind(NOBODY, options={"sides": sides}, required=frozenset({"sides"})),
    "one-way": Kind(NOBODY, options={"from": values.names, "to": values.names}, required=frozenset({"from", "to"})),
    "bridge": Kind(NOBODY, options={"sides": sides, "across": text}, required=frozenset({"sides", "across"})),
    "slow-network": Kind(HOSTS, options={"delay_ms": MILLISECONDS, "jitter_ms": MILLISECONDS, "loss": number(0, 1)}),
    "clock": Kind(options={"seconds": number(-(10**6), 10**6)}, required=frozenset({"seconds"})),
    "fill-disk": Kind(NODES),
    "slow-disk": Kind(options={"ms": MILLISECONDS}, required=frozenset({"ms"})),
    "wipe": Kind(NODES),  # killed, its folder emptied, started again after `for`
    "wipe-running": Kind(NODES),  # its folder is emptied under it; killed and started again after `for`
    "rolling-restart": Kind(NOBODY, lasts=False),  # one after the other, each until all is in step; the master last
    "hand-over": Kind(NOBODY, lasts=False),  # SENTINEL FAILOVER
    "storm": Kind(
        NOBODY,
        options={"seed": whole(0, 2**63), "every": number(0.1, MAX_SECONDS), "faults": some_of(*STORM_KINDS)},
        required=frozenset({"seed"}),
    ),
}
ENDS_BY_ITSELF = {do for do, kind in FAULTS.items() if not kind.lasts}

CLUSTER: dict[str, Rule] = {
    "nodes": whole(1, MAX_PROCESSES),
    "sentinels": whole(1, MAX_PROCESSES),
    "apps": whole(1, MAX_PROCESSES),
    "write_acks": whole(0, MAX_PROCESSES),
    "durability": values.one_of("none", "os", "disk"),
    "disk": values.size,
    "restart_on_crash": values.truth,
    "onggi": values.directives,
    "redis": values.directives,
}
WORKLOAD: dict[str, Rule] = {
    "recorders": whole(0, 100),
    "per_second": whole(1, 10_000),
    "libraries": some_of(*LIBRARIES),
    "preload": whole(0, 10_000_000),
    "timeout_s": number(0.01, MAX_SECONDS),
}
EXPECT: dict[str, Rule] = {
    "lost": whole(0, 10**9),
    "gap_ms": number(0, 10**6),
    "first_answer_ms": number(0, 10**6),
    "serve_ms": number(0, 10**6),
    "converge_s": number(0, MAX_SECONDS),
    "clock_slack_ms": number(0, 10**9),
}
TOP: dict[str, Rule] = {"title": text, "story": text, "seconds": number(1, MAX_SECONDS)}


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
    by_chance: bool = False  # of a storm: it may find nobody to hit

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
    again: str = ""  # the arguments that give the same run


def judge(table: Any, rules: dict[str, Rule], where: str, required: frozenset[str] = frozenset()) -> None:
    problem = values.wrong(table, rules, required) if isinstance(table, dict) else "not a section"
    if problem:
        raise ScenarioError(f"{where}: {problem}")


def parse(source: str, name: str, where: str = "") -> Scenario:
    """`where`: what errors call the file."""
    where = where or name
    try:
        table = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{where}: {error}") from None
    sections = {}
    for section, rules in (("cluster", CLUSTER), ("workload", WORKLOAD), ("expect", EXPECT)):
        sections[section] = table.pop(section, {})
        judge(sections[section], rules, f"{where}, [{section}]")
    written = table.pop("fault", [])
    if not isinstance(written, list):
        raise ScenarioError(f"{where}: a fault begins with [[fault]], in two brackets")
    judge(table, TOP, where)
    shape, seconds = Shape(**sections["cluster"]), float(table.get("seconds", 20))
    check_shape(shape, f"{where}, [cluster]")
    faults = [read_fault(fault, f"{where}, fault {number + 1}", shape, seconds) for number, fault in enumerate(written)]
    return Scenario(
        name,
        table.get("title", name),
        table.get("story", ""),
        seconds,
        shape,
        Load(**sections["workload"]),
        Expectations(**sections["expect"]),
        sorted(faults, key=lambda fault: fault.at),
        name,
    )


def check_shape(shape: Shape, where: str) -> None:
    if len(shape.hosts()) > MAX_PROCESSES:
        raise ScenarioError(f"{where}: {len(shape.hosts())} hosts; {MAX_PROCESSES} is the most")
    if shape.write_acks >= shape.nodes:
        raise ScenarioError(f"{where}: 'write_acks' must be less than 'nodes', {shape.nodes}, not {shape.write_acks}")


def read_fault(table: Any, where: str, shape: Shape, seconds: float) -> Fault:
    do = table.get("do") if isinstance(table, dict) else None
    if not isinstance(do, str) or do not in FAULTS:
        raise ScenarioError(f"{where}: no fault {values.shown(do)} (known: {', '.join(FAULTS)})")
    where, kind = f"{where} ({do})", FAULTS[do]
    rules = {"at": TIME, "do": text, **kind.options}
    rules |= {"on": values.name_or_names} if kind.on else {}
    rules |= {"for": number(0.01, MAX_SECONDS)} if kind.lasts else {}
    judge(table, rules, where, kind.required | ({"on"} if kind.on else set()))
    on = table.get("on", [])
    fault = Fault(
        float(table.get("at", 0)),
        do,
        [on] if isinstance(on, str) else on,
        float(table.get("for", 0)),
        {option: value for option, value in table.items() if option in kind.options},
    )
    check_fault(fault, where, shape)
    if fault.at + fault.lasts > seconds + ROUNDING_S:
        raise ScenarioError(f"{where}: does not end before the run of {seconds:g} s does ('at', 'for')")
    return fault


def check_fault(fault: Fault, where: str, shape: Shape) -> None:
    """What no value says by itself."""
    hosts, options = words(shape, HOSTS), fault.options
    check_words(fault.on, words(shape, FAULTS[fault.do].on), hosts, f"{where}, 'on'")
    for option in ("from", "to"):
        check_words(options.get(option, []), hosts | {"rest"}, hosts, f"{where}, '{option}'")
    check_words(sum(options.get("sides", []), []), hosts | {"rest"}, hosts, f"{where}, 'sides'")
    if "across" in options:
        check_words(
            [options["across"]], hosts - {"replicas", "nodes", "sentinels", "apps", "all"}, hosts, f"{where}, 'across'"
        )
    if sum("rest" in side for side in options.get("sides", [options.get("from", []), options.get("to", [])])) > 1:
        raise ScenarioError(f"{where}: 'rest' can be on one side only")
    if fault.do == "slow-network" and not any(options.values()):
        raise ScenarioError(f"{where}: one of 'delay_ms', 'jitter_ms' and 'loss' is needed")
    kinds = [fault.do, *options.get("faults", [])]
    if "fill-disk" in kinds and shape.disk is None:
        raise ScenarioError(f"{where}: only a disk of its own is filled: set 'disk' in [cluster]")
    if fault.do == "storm":
        check_storm(fault, where, shape)


def check_storm(storm: Fault, where: str, shape: Shape) -> None:
    if storm.lasts < 1:
        raise ScenarioError(f"{where}: 'for' must be a second or more")
    if storm.options.get("faults") == []:
        raise ScenarioError(f"{where}: 'faults' names none")
    if shape.nodes < 2:
        raise ScenarioError(f"{where}: a storm needs two nodes ('nodes' in [cluster])")


def words(shape: Shape, whom: str) -> set[str]:
    """By which hosts are named."""
    found = {"master", "nodes"}
    found |= {"replica", "replicas"} if shape.nodes > 1 else set()
    found |= {f"replica-{number + 1}" for number in range(shape.nodes - 1)}
    found |= {"sentinels", "all"} if whom != NODES else set()
    found |= {"apps"} if whom == HOSTS else set()
    kinds = {NODES: ("node-",), PROCESSES: ("node-", "sentinel-"), HOSTS: ("node-", "sentinel-", "app-")}
    return found | {host for host in shape.hosts() if host.startswith(kinds.get(whom, ()))}


def check_words(named: list[str], fitting: set[str], known: set[str], where: str) -> None:
    for word in named:
        if word not in fitting:
            problem = f"can't be '{word}'" if word in known | {"rest"} else f"nobody is called '{word}'"
            raise ScenarioError(f"{where}: {problem} (known here: {', '.join(sorted(fitting))})")


def load(name: str) -> Scenario:
    """By the name of one of ours, or by a file's path."""
    path = pathlib.Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not path.exists():
        raise ScenarioError(f"no scenario '{name}' (./onggi chaos list)")
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{name}: {error}") from None
    return dataclasses.replace(parse(source, path.stem, name), again=shlex.quote(name))


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def stretch(scenario: Scenario, seconds: float) -> Scenario:
    """The same story in another length: every time in it in proportion."""
    judge({"seconds": seconds}, TOP, f"{scenario.name}, --seconds")
    factor = seconds / scenario.seconds
    faults = [dataclasses.replace(fault, at=fault.at * factor, lasts=fault.lasts * factor) for fault in scenario.faults]
    again = f"{scenario.again} --seconds {seconds:g}"
    return dataclasses.replace(scenario, seconds=seconds, faults=faults, again=again)


def reseed(scenario: Scenario, seed: int) -> Scenario:
    """The same with storms of another seed."""
    faults = [
        dataclasses.replace(fault, options={**fault.options, "seed": seed}) if fault.do == "storm" else fault
        for fault in scenario.faults
    ]
    again = f"{scenario.again} --seed {seed}" if faults != scenario.faults else scenario.again
    return dataclasses.replace(scenario, faults=faults, again=again)
