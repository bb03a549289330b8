"""What must hold after a run, one small file each. A checker reads the evidence and nothing else; tests hand it
histories that it must reject (chaos/tests/test_checkers.py)."""
from __future__ import annotations

from typing import Callable

from chaos.checkers import (
    acknowledged_survives,
    back_in_service,
    counters,
    epochs,
    equal_data,
    expiry,
    first_answer,
    longest_gap,
    one_master,
    one_writer,
)
from chaos.evidence import Evidence, Finding

ALL: list[Callable[[Evidence], Finding]] = [
    acknowledged_survives.check,
    counters.check,
    one_writer.check,
    epochs.check,
    equal_data.check,
    one_master.check,
    expiry.check,
    first_answer.check,
    longest_gap.check,
    back_in_service.check,
]
MAX_EXAMPLES = 5


def run_all(evidence: Evidence) -> list[Finding]:
    return [check(evidence) for check in ALL]
