"""P4: a node that is started again on its own folder answers a read, and rightly, within a bound from its exec."""
from __future__ import annotations

from chaos.evidence import Evidence, Finding
from chaos.observer import FirstAnswer

NAME = "first answer after a start"
MAX_EXAMPLES = 5


def check(evidence: Evidence) -> Finding:
    bound = evidence.scenario.expect.first_answer_ms
    kept = [answer for answer in evidence.first_answers if answer.must_be_right]
    right = [answer for answer in kept if answer.right_after_s is not None]
    silent = [
        answer for answer in kept if answer.right_after_s is None and bound is not None and watched_ms(answer) > bound
    ]
    if not right and not silent:
        return Finding(NAME, True, "no restarts")
    late = [answer for answer in right if bound is not None and right_ms(answer) > bound]
    figure = f"{len(right) + len(silent)} starts"
    figure += f", at most {max(map(right_ms, right)):.0f} ms" if right else ""
    figure += f", {len(silent)} never answered rightly" if silent else ""
    examples = [shown(answer, evidence.began) for answer in late + silent]
    return Finding(NAME, not late and not silent, figure, examples[:MAX_EXAMPLES])


def right_ms(answer: FirstAnswer) -> float:
    return (answer.right_after_s or 0.0) * 1000


def watched_ms(answer: FirstAnswer) -> float:
    """Killed or stopped before the bound: it says nothing."""
    return answer.watched_s * 1000


def shown(answer: FirstAnswer, began: float) -> str:
    first = "no answer" if answer.took_s is None else f"first answer after {answer.took_s * 1000:.0f} ms"
    right = (
        f"none that was right in {watched_ms(answer):.0f} ms"
        if answer.right_after_s is None
        else f"the right one after {right_ms(answer):.0f} ms"
    )
    return f"{answer.process}, started at {answer.started - began:.2f} s: {first}, {right}"
