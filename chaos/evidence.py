"""Everything that a run left for the checkers: what clients were told, what observers saw, what each node holds in
the end."""
from __future__ import annotations

import dataclasses
import pathlib

from chaos.failovers import Failover, LogStep
from chaos.history import Operation
from chaos.observer import FirstAnswer, Sample
from chaos.scenario import Scenario
from chaos.timeline import Band


@dataclasses.dataclass(frozen=True)
class Client:
    """Who used or watched the cluster."""

    name: str
    problem: str  # it broke off, or did not end
    must_be_served: bool  # an application's


@dataclasses.dataclass(frozen=True)
class Preloaded:
    """What a node has in the end of what was there from the beginning, and nobody changed."""

    node: str
    keys: int
    wrong: list[str] | None  # keys without their value; None: it could not be read


@dataclasses.dataclass
class Evidence:
    scenario: Scenario
    operations: list[Operation]  # by invocation
    samples: dict[str, list[Sample]]  # by process
    first_answers: list[FirstAnswer]
    bands: list[Band]
    began: float  # CLOCK_MONOTONIC: of the workload
    healed: float  # everything was taken back
    ended: float  # of the workload
    contents: dict[str, dict[str, str | None]]  # by node: the values of all keys that clients wrote
    contents_read: float
    digests: dict[str, str]  # an Error's text where a node could not tell
    masters: list[str]  # in the end
    settled: bool  # one master, all in step, in time
    converged: bool  # equal digests, in time
    converged_s: float  # from the heal
    steps: list[LogStep] = dataclasses.field(default_factory=list)
    failovers: list[Failover] = dataclasses.field(default_factory=list)
    deaths: list[str] = dataclasses.field(default_factory=list)  # processes that ended though nobody ended them
    clients: list[Client] = dataclasses.field(default_factory=list)
    preloaded: list[Preloaded] = dataclasses.field(default_factory=list)  # by node
    folder: pathlib.Path | None = None  # where history and logs are kept
    lost: list[Operation] = dataclasses.field(
        default_factory=list
    )  # acknowledged, promised or not, and gone in the end


@dataclasses.dataclass(frozen=True)
class Finding:
    """What a checker found: broken or not, a figure for the table, and examples to go after."""

    checker: str
    ok: bool
    figure: str
    examples: list[str] = dataclasses.field(default_factory=list)
    decided: bool = True  # else nothing wrong was found, and not all could be looked at
