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
    digests: dict[str, str]
    masters: list[str]  # in the end
    settled: bool  # one master, all in step, in time
    converged: bool  # equal digests, in time
    converged_s: float  # from the heal
    steps: list[LogStep] = dataclasses.field(default_factory=list)
    failovers: list[Failover] = dataclasses.field(default_factory=list)
    deaths: list[str] = dataclasses.field(default_factory=list)  # processes that ended though nobody ended them
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
