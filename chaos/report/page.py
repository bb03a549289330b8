"""A page that needs nothing but itself: for each scenario its story, the figures of all systems side by side, and
their pictures under one another on one axis of time."""
from __future__ import annotations

import datetime
import platform
from html import escape

from chaos.evidence import Finding
from chaos.report import palette, picture, steps, terminal
from chaos.report.outcome import Outcome, Results, systems
from chaos.scenario import Scenario

SUMMED_UP = ("acknowledged survives", "one writer at a time", "longest gap")

STYLE = """
:root{color-scheme:light}
*{box-sizing:border-box}
body{font:15px/1.5 Inter,'Segoe UI',system-ui,'DejaVu Sans',sans-serif;color:#1c2733;background:#f3f5f7}
body{margin:0;padding:32px 24px 64px}
main{max-width:1240px;margin:auto}
h1{font-size:27px;margin:0 0 2px;letter-spacing:-.01em}
h2{font-size:20px;margin:0;letter-spacing:-.01em}
h3{font-size:15px;margin:26px 0 8px}
.soft{color:#5b6b7b}
.card{background:#fff;border:1px solid #e1e6eb;border-radius:10px;padding:24px 28px 20px;margin:24px 0}
.story{max-width:78ch;margin:6px 0 14px;color:#33414f}
table{border-collapse:collapse;width:100%;font-size:13.5px}
th{font-weight:600;text-align:left;color:#5b6b7b;border-bottom:1px solid #dfe5ea;padding:5px 10px 5px 0}
td{border-bottom:1px solid #eef1f4;padding:5px 10px 5px 0;vertical-align:top}
td.n{font-variant-numeric:tabular-nums;white-space:nowrap}
.ok::before{content:'';display:inline-block;width:8px;height:8px;border-radius:50%;background:#14795a;margin-right:8px}
.open::before{content:'?';display:inline-block;width:8px;margin-right:8px;color:#8a5a00;font-weight:700}
.bad{color:#a3001f;font-weight:600}
.bad::before{content:'';display:inline-block;width:8px;height:8px;border-radius:2px;background:#c2002f;margin-right:8px}
svg{max-width:100%;height:auto;display:block}
.scroll{overflow-x:auto}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:12px;color:#5b6b7b;margin:10px 0 4px}
.legend i{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px;vertical-align:-1px}
details{margin:8px 0 0;font-size:13px}
summary{cursor:pointer;color:#5b6b7b}
pre{white-space:pre-wrap;font-size:12px;background:#f7f9fa;padding:10px 12px;border-radius:6px}
"""
SWATCHES = {
    "apart": "repeating-linear-gradient(45deg,#a9c4de 0 2px,#eef3f8 2px 6px)",
    "paused": "repeating-linear-gradient(45deg,#a98fd0 0 2px,#efe9f7 2px 6px)",
    "silent": "repeating-linear-gradient(45deg,#d3d9df 0 2px,#f6f7f8 2px 6px)",
    "dead": "linear-gradient(#fff 45%,#9aa7b3 45% 55%,#fff 55%)",
}


def swatch(background: str, words: str) -> str:
    return f"<span><i style='background:{background}'></i>{escape(words)}</span>"


def legend() -> str:
    states = "".join(swatch(SWATCHES.get(state, fill), words) for state, (fill, words) in palette.STATES.items())
    lines = swatch(
        "linear-gradient(#fff 35%,#1c2733 35% 65%,#fff 65%)", "the node accepted writes of a prober beside it"
    )
    lines += swatch(f"linear-gradient(#fff 25%,{palette.LOST} 25% 75%,#fff 75%)", "two nodes accepted at once")
    outcomes = "".join(swatch(colour, words) for colour, words in palette.OUTCOMES)
    faults = "".join(swatch(colour, f"fault: {kind}") for kind, colour in palette.FAULTS.items())
    return f"<div class='legend'>{states}{lines}</div><div class='legend'>{outcomes}</div><div class='legend'>{faults}</div>"


def mark(kind: str, words: str) -> str:
    return f"<span class='{kind}'>{escape(words)}</span>"


def verdict(finding: Finding, words: str) -> str:
    return mark("bad" if not finding.ok else "ok" if finding.decided else "open", words)


def findings_table(outcomes: list[Outcome]) -> str:
    head = "".join(f"<th>{escape(outcome.system.title)}</th>" for outcome in outcomes)
    requests = "".join(
        f"<td>{terminal.outcomes(outcome.evidence) if outcome.evidence else mark('bad', 'the run broke off')}</td>"
        for outcome in outcomes
    )
    rows = [f"<tr><td>requests</td>{requests}</tr>"]
    checkers = dict.fromkeys(finding.checker for outcome in outcomes for finding in outcome.findings)
    for checker in checkers:
        found = [outcome.of(checker) for outcome in outcomes]
        cells = "".join(f"<td>{verdict(finding, finding.figure) if finding else ''}</td>" for finding in found)
        rows.append(f"<tr><td>{escape(checker)}</td>{cells}</tr>")
    return f"<table><tr><th>what must hold</th>{head}</tr>{''.join(rows)}</table>"


def details(summary: str, text: str) -> str:
    return f"<details><summary>{summary}</summary><pre>{escape(text)}</pre></details>"


def examples(findings: list[Finding]) -> str:
    shown = [finding for finding in findings if not finding.ok or not finding.decided]
    lines = [f"{finding.checker}: {example}" for finding in shown for example in finding.examples]
    return details("What did not hold or was not decided, by example", "\n".join(lines)) if lines else ""


def pictures(outcomes: list[Outcome]) -> dict[str, str]:
    """By system, all on one scale; of those that came to an end."""
    seen = {outcome.system.name: outcome.evidence for outcome in outcomes if outcome.evidence is not None}
    seconds = max((picture.length(evidence) for evidence in seen.values()), default=0.0)
    tallest = max((picture.tallest(evidence, seconds) for evidence in seen.values()), default=0)
    return {name: picture.draw(evidence, seconds, tallest) for name, evidence in seen.items()}


def section(scenario: Scenario, outcomes: list[Outcome]) -> str:
    shape, drawn = scenario.cluster, pictures(outcomes)
    parts = [
        f"<section class='card' id='{escape(scenario.name)}'><h2>{escape(scenario.title)}</h2>",
        f"<p class='story'>{escape(' '.join(scenario.story.split()))}</p>",
        f"<p class='soft'>{shape.nodes} nodes, {shape.sentinels} sentinels, {shape.apps} hosts of clients; durability {shape.durability}. "
        f"Again: <code>./onggi chaos {escape(scenario.again or scenario.name)}</code></p>",
        findings_table(outcomes),
    ]
    for outcome in outcomes:
        parts.append(f"<h3>{escape(outcome.system.title)}</h3>")
        if outcome.evidence is None:
            parts.append(details("The run broke off", outcome.broke_off))
            continue
        parts.append(f"<div class='scroll'>{drawn[outcome.system.name]}</div>")
        parts.append(f"<div class='scroll'>{steps.table(outcome.evidence)}</div>{examples(outcome.findings)}")
    return "".join(parts) + "</section>"


def contents(results: Results) -> str:
    """One line for each scenario: what was lost, how long clients waited."""
    titles = systems(results)
    head = "".join(
        f"<th>{escape(title)}: lost</th><th>two writers</th><th>longest gap</th>" for title in titles.values()
    )
    rows = []
    for scenario, outcomes in results:
        by_name = {outcome.system.name: outcome for outcome in outcomes}
        cells = "".join(cells_of(by_name.get(name), title) for name, title in titles.items())
        rows.append(f"<tr><td><a href='#{escape(scenario.name)}'>{escape(scenario.title)}</a></td>{cells}</tr>")
    return f"<section class='card'><table><tr><th>scenario</th>{head}</tr>{''.join(rows)}</table></section>"


def cells_of(outcome: Outcome | None, title: str) -> str:
    """`title`: of the column; what the run's own says beyond that stands beside its figures."""
    if outcome is None:
        return "<td></td>" * len(SUMMED_UP)
    if outcome.broke_off:
        return f"<td colspan='{len(SUMMED_UP)}'>{mark('bad', 'the run broke off')}</td>"
    more = outcome.system.title.removeprefix(title).strip()
    cells = ""
    for checker in SUMMED_UP:
        finding = outcome.of(checker)
        figure = finding.figure.replace(" without an acknowledgement", "") if finding else ""
        figure = figure.split(", ", 1)[-1] if checker == "one writer at a time" else figure
        figure += f" {more}" if more and checker == SUMMED_UP[0] else ""
        cells += f"<td class='n'>{verdict(finding, figure) if finding else ''}</td>"
    return cells


def render(results: Results) -> str:
    when = datetime.datetime.now().strftime("%d %b %Y %H:%M")
    body = [
        f"<h1>Onggi under faults</h1><p class='soft'>Real processes, each on a host of its own; {escape(when)} on "
        f"{escape(platform.machine())}, Linux {escape(platform.release())}. Acknowledged means: the client was told that the write is "
        "done.</p>"
    ]
    if len(results) > 1:
        body.append(contents(results))
    body.append(
        f"<section class='card'><h2>How to read the pictures</h2>{legend()}<h3>Steps of a failover</h3>{steps.legend()}</section>"
    )
    body += [section(scenario, outcomes) for scenario, outcomes in results]
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'/><meta name='viewport' content='width=device-width'/>"
        f"<title>Onggi under faults</title><style>{STYLE}</style></head><body><main>{''.join(body)}</main></body></html>"
    )
