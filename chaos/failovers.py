"""The steps of each failover, from the processes' own logs: down, elected, fenced, promoted, published; and the last
acknowledgement of the old master and the first one of the new, from the clients' history.

Logs have wall-clock times; a clock that chaos itself had put off is put right again here.
"""
from __future__ import annotations

import dataclasses
import datetime
import re
import time
from typing import Iterable

from chaos.history import OK, Operation
from chaos.process import Process
from chaos.systems.base import Step

LINE = re.compile(r"^\d+:[A-Z] (\d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3}) . (.*)$")
# A failover is told by its promotion; what belongs to it happened at most so long before.
LOOK_BACK_S = 15.0


@dataclasses.dataclass(frozen=True)
class LogStep:
    at: float  # CLOCK_MONOTONIC
    process: str
    name: str
    epoch: int | None
    text: str


@dataclasses.dataclass
class Failover:
    """From the first step that tells of it to the first acknowledgement of the new master."""

    new_master: str
    epoch: int | None
    promoted: float
    why: str = ""
    old_master: str = ""
    last_ack: float | None = None
    first_ack: float | None = None
    down: float | None = None
    elected: float | None = None
    fenced: float | None = None  # the last promise before the promotion
    published: float | None = None
    lease_end: float | None = None  # the old master was last seen writable before this

    @property
    def gap_ms(self) -> float | None:
        return None if self.first_ack is None or self.last_ack is None else (self.first_ack - self.last_ack) * 1000


def monotonic_of(text: str, process: Process) -> float:
    wall = datetime.datetime.strptime(text, "%d %b %Y %H:%M:%S.%f").timestamp()
    base = wall - (time.time() - time.monotonic())
    for number, (since, offset) in enumerate(process.clock_offsets):
        until = process.clock_offsets[number + 1][0] if number + 1 < len(process.clock_offsets) else float("inf")
        if since - 0.05 <= base - offset < until + 0.05:
            return base - offset
    return base


def read_log(process: Process, steps: Iterable[Step]) -> list[LogStep]:
    wanted = [step for step in steps if step.kind == process.kind]
    found: list[LogStep] = []
    if not process.log.exists():
        return found
    for line in process.log.read_text(errors="replace").splitlines():
        matched = LINE.match(line)
        if matched is None:
            continue
        for step in wanted:
            hit = step.pattern.search(matched.group(2))
            if hit is not None:
                epoch = hit.groupdict().get("epoch")
                found.append(
                    LogStep(
                        monotonic_of(matched.group(1), process),
                        process.name,
                        step.name,
                        int(epoch) if epoch else None,
                        matched.group(2),
                    )
                )
                break
    return found


def find(steps: list[LogStep], operations: list[Operation], since: float) -> list[Failover]:
    """One for each promotion after `since`."""
    promotions = sorted((step for step in steps if step.name == "promoted"), key=lambda step: step.at)
    acks = sorted(
        (
            (operation.completed or 0.0, operation.node)
            for operation in operations
            if operation.outcome == OK and operation.action != "read" and operation.node
        ),
        key=lambda ack: ack[0],
    )
    found = []
    for number, promotion in enumerate(promotions):
        if promotion.at < since:
            continue
        before = promotions[number - 1] if number else None
        until = promotions[number + 1].at if number + 1 < len(promotions) else float("inf")
        failover = Failover(
            promotion.process, promotion.epoch, promotion.at, old_master=before.process if before else ""
        )
        start = max(promotion.at - LOOK_BACK_S, before.at if before else 0.0)
        fill(failover, [step for step in steps if start < step.at], until)
        if not failover.old_master:  # made master by its configuration: no log tells of that
            failover.old_master = next(
                (node for at, node in reversed(acks) if at <= promotion.at and node != promotion.process), ""
            )
        earlier = [at for at, node in acks if start - LOOK_BACK_S < at <= promotion.at and node == failover.old_master]
        failover.last_ack = earlier[-1] if earlier else None
        failover.first_ack = next(
            (at for at, node in acks if promotion.at <= at < until and node == failover.new_master), None
        )
        found.append(failover)
    return found


def fill(failover: Failover, steps: list[LogStep], until: float) -> None:
    for step in sorted(steps, key=lambda step: step.at):
        ours = step.epoch is None or failover.epoch is None or step.epoch == failover.epoch
        if not ours:
            continue
        if step.at <= failover.promoted + 0.002:
            if step.name in ("down", "proven dead") and failover.down is None:
                failover.down = step.at
            elif step.name == "elected":
                failover.elected = step.at
                why = re.search(r"\((.*)\)", step.text)
                failover.why = why.group(1) if why else failover.why
            elif step.name in ("fenced", "chosen"):
                failover.fenced = step.at
        elif step.at < until and step.name == "published" and failover.published is None:
            failover.published = step.at
    # A down that was taken back belongs to nothing: the last silence before the election counts.
    if failover.elected is not None:
        downs = [step.at for step in steps if step.name in ("down", "proven dead") and step.at <= failover.elected]
        recent = [at for at in downs if failover.elected - at < 5]
        failover.down = min(recent) if recent else failover.down


def lease_ends(failovers: list[Failover], writable_until: dict[str, list[float]]) -> None:
    """From the observers: when the old master was first seen not to be one any more."""
    for failover in failovers:
        ends = [at for at in writable_until.get(failover.old_master, []) if failover.promoted - LOOK_BACK_S < at]
        ends = [at for at in ends if failover.last_ack is None or at >= failover.last_ack - 0.05]
        failover.lease_end = ends[0] if ends else None
