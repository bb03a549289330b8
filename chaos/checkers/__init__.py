"""What must hold after a run, one small file each. A checker reads the evidence and nothing else; tests hand it
what it must reject.

The C++ files judge what clients were told, here and in the simulator: a library and `onggi-check`, which of_history.py
asks (tests/checkers). The Python files judge what this package's own probers and observers saw from outside, and the
scenario's bounds (chaos/tests/test_checkers.py)."""
from __future__ import annotations

from typing import Callable

from chaos.checkers import (
    all_served,
    back_in_service,
    epochs,
    equal_data,
    faults_done,
    first_answer,
    longest_gap,
    no_deaths,
    of_history,
    one_master,
    one_writer,
    preloaded,
)
from chaos.evidence import Evidence, Finding

ALL: list[Callable[[Evidence], Finding]] = [
    one_writer.check,
    epochs.check,
    equal_data.check,
    preloaded.check,
    one_master.check,
    no_deaths.check,
    first_answer.check,
    longest_gap.check,
    back_in_service.check,
    all_served.check,
    faults_done.check,
]


def run_all(evidence: Evidence) -> list[Finding]:
    return of_history.check(evidence) + [check(evidence) for check in ALL]
