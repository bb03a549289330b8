"""P4: a node that is started again on its own folder answers a read, and rightly, within a bound from its exec."""
from __future__ import annotations

from chaos.evidence import Evidence, Finding

NAME = "first answer after a start"
MAX_EXAMPLES = 5


def check(evidence: Evidence) -> Finding:
    bound = evidence.scenario.expect.first_answer_ms
    kept = [answer for answer in evidence.first_answers if answer.must_be_right]
    took = [(answer.right_after_s if answer.right_after_s is not None else float("inf")) * 1000 for answer in kept]
    if not took:
        return Finding(NAME, True, "no restarts")
    late = [
        f"{answer.process}, started at {answer.started - evidence.began:.2f} s: first answer after {answer.took_s * 1000:.0f} "
        f"ms, the right one after {ms:.0f} ms"
        for answer, ms in zip(kept, took)
        if bound is not None and ms > bound
    ]
    return Finding(NAME, not late, f"{len(took)} starts, at most {max(took):.0f} ms", late[:MAX_EXAMPLES])
