"""What must be true of what clients were told: judged by `onggi-check`, with the code that judges the simulator's seeds
(the C++ files of this folder).

The history is written down as a file, in the folder that the run keeps if there is one, and the program's words are
made findings of. A scenario that gives up a number of acknowledged writes (`expect.lost`) may lose so many. What could
not be decided is no break of a rule and no proof either, and is shown as that; but every node must have been looked at.
"""
from __future__ import annotations

import json
import os
import pathlib
import subprocess
import tempfile
from typing import Any

from chaos import history
from chaos.evidence import Evidence, Finding

ROOT = pathlib.Path(__file__).resolve().parents[2]
SLACK_MS = 100  # for an answer's way
SECONDS = 300
MAX_EXAMPLES = 5
SURVIVES, WAITS, COUNTERS = "acknowledged survives", "WAIT's count is true", "counters add up"
READS, REGISTERS, SESSIONS = "reads are of writes", "registers are linearizable", "sessions live as told"
AGREE = "nodes hold the same"
ALL = (SURVIVES, WAITS, COUNTERS, READS, REGISTERS, AGREE, SESSIONS)
FIRST_LINE = 2  # of the operations in their file


def program() -> str:
    """Also beside other programs than this source's (--bin): then this source's judges."""
    folders = [os.environ["ONGGI_BIN"]] if "ONGGI_BIN" in os.environ else []
    folders += [str(ROOT / "build" / preset / "bin") for preset in ("release", "debug")]
    for folder in folders:
        if (pathlib.Path(folder) / "onggi-check").exists():
            return str(pathlib.Path(folder) / "onggi-check")
    raise FileNotFoundError(f"onggi-check is not built (looked in {', '.join(folders)}): ./onggi build")


def check(evidence: Evidence) -> list[Finding]:
    if not evidence.operations:
        return [Finding(name, False, "no operations", ["no client did anything"]) for name in ALL]
    with tempfile.TemporaryDirectory() as place:
        told = verdicts(evidence, evidence.folder or pathlib.Path(place))
    evidence.lost = [evidence.operations[line - FIRST_LINE] for line in told[0]["lost"]]
    return [finding(verdict, evidence) for verdict in told]


def verdicts(evidence: Evidence, folder: pathlib.Path) -> list[dict[str, Any]]:
    folder.mkdir(parents=True, exist_ok=True)
    expect, shape = evidence.scenario.expect, evidence.scenario.cluster
    settings = {
        "title": evidence.scenario.title,
        "slack_ms": round(SLACK_MS + max(expect.clock_slack_ms, clocks_apart_ms(evidence))),
        "nodes": shape.nodes,
    }
    path = folder / "history.jsonl"
    history.write(path, evidence.operations, evidence.began, settings, evidence.contents)
    done = subprocess.run([program(), "--json", str(path)], capture_output=True, text=True, timeout=SECONDS)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"onggi-check ended with {done.returncode}: {done.stderr.strip()}")
    (folder / "verdicts.json").write_text(done.stdout, encoding="utf-8")
    return json.loads(done.stdout)["verdicts"]


def clocks_apart_ms(evidence: Evidence) -> float:
    """By how much the faults set wall clocks apart: no session can be held to less."""
    offsets = [band.fault.options["seconds"] for band in evidence.bands if band.fault.do == "clock"]
    return 1000 * (max([0, *offsets]) - min([0, *offsets]))


def finding(verdict: dict[str, Any], evidence: Evidence) -> Finding:
    name, undecided = verdict["checker"], verdict["undecided"]
    examples = [violation["text"] for violation in verdict["violations"][:MAX_EXAMPLES]] + undecided[:MAX_EXAMPLES]
    missing = evidence.scenario.cluster.nodes - len(evidence.contents)
    if name == SURVIVES and missing > 0:
        silent = f"{missing} of {evidence.scenario.cluster.nodes} nodes could not be read in the end"
        return Finding(name, False, f"{figure(verdict)}, {silent}", [silent, *examples])
    ok = verdict["holds"] or given_up(verdict, evidence.scenario.expect.lost)
    return Finding(name, ok, figure(verdict), examples, decided=not undecided)


def given_up(verdict: dict[str, Any], lost: int) -> bool:
    """Whether the scenario says that this may be: writes, increments and sessions that are gone, so many of each. Nothing
    explains an answer that never was true."""
    name, counts, violations = verdict["checker"], verdict["counts"], len(verdict["violations"])
    if name == SURVIVES:
        return violations <= lost and not counts["invented"]
    if name == COUNTERS:
        return counts["lost"] <= lost and not counts["twice"]
    if name == SESSIONS:
        return counts["gone_early"] <= lost and not counts["expired_returned"]
    return name == WAITS and violations <= lost


def figure(verdict: dict[str, Any]) -> str:
    name, counts = verdict["checker"], verdict["counts"]

    def also(count: str, words: str) -> str:
        return f", {counts[count]:,} {words}" if counts[count] else ""

    if name == SURVIVES:
        probes = f" (and {counts['probes_lost']:,} probes)" if counts["probes_lost"] else ""
        return f"{counts['lost']:,} of {counts['acknowledged']:,} lost{probes}" + also("invented", "invented")
    if name == COUNTERS:
        return f"{counts['lost']:,} of {counts['acknowledged']:,} increments lost" + also("twice", "done twice")
    if name == READS:
        return f"{counts['reads']:,} answers" + also("invented", "that nobody wrote") + also("stale", "out of date")
    if name == REGISTERS:
        of = f"{counts['broken']} of " if counts["broken"] else ""
        shown = f"{of}{counts['registers']} registers{' broken' if of else ''}, {counts['operations']:,} operations"
        return shown + also("undecided", "not decided: they take too long")
    if name == AGREE:
        return f"{counts['keys']:,} keys on {counts['nodes']} nodes" + also("different", "different")
    if name == SESSIONS:
        return f"{counts['reads']:,} reads: {counts['expired_returned']} expired returned, {counts['gone_early']} gone early"
    return f"{counts['waits']:,} asked, {counts['enough']:,} held by enough" if name == WAITS else str(counts)
