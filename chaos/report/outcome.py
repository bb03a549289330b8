"""How one run of a scenario on one system ended: with evidence and findings, or broken off."""
from __future__ import annotations

import dataclasses

from chaos.evidence import Evidence, Finding
from chaos.scenario import Scenario
from chaos.systems.base import System


@dataclasses.dataclass
class Outcome:
    system: System
    evidence: Evidence | None = None
    findings: list[Finding] = dataclasses.field(default_factory=list)
    broke_off: str = ""  # why; then there are no findings

    @property
    def ok(self) -> bool:
        return not self.broke_off and all(finding.ok for finding in self.findings)

    @property
    def decided(self) -> bool:
        return all(finding.decided for finding in self.findings)

    def of(self, checker: str) -> Finding | None:
        return next((finding for finding in self.findings if finding.checker == checker), None)


Results = list[tuple[Scenario, list[Outcome]]]


def systems(results: Results) -> dict[str, str]:
    """The name of each system that took part, and what all its titles have in common."""
    titles: dict[str, set[str]] = {}
    for _, outcomes in results:
        for outcome in outcomes:
            titles.setdefault(outcome.system.name, set()).add(outcome.system.title)
    return {name: min(all_of_it) if len(all_of_it) == 1 else common(all_of_it) for name, all_of_it in titles.items()}


def common(titles: set[str]) -> str:
    return min(titles).split(" (")[0]
