"""A page that needs nothing but itself: for each scenario its story, the figures of all systems side by side, and
their pictures under one another on one axis of time."""
from __future__ import annotations

import datetime
import platform
from html import escape

from chaos.evidence import Evidence, Finding
from chaos.report import palette, picture, steps, terminal
from chaos.scenario import Scenario
from chaos.systems.base import System

Result = tuple[System, Evidence, list[Finding]]

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


def findings_table(results: list[Result]) -> str:
    head = "".join(f"<th>{escape(system.title)}</th>" for system, _, _ in results)
    rows = [
        "<tr><td>requests</td>"
        + "".join(f"<td>{terminal.outcomes(evidence)}</td>" for _, evidence, _ in results)
        + "</tr>"
    ]
    for number, finding in enumerate(results[0][2]):
        cells = "".join(
            f"<td><span class='{'ok' if findings[number].ok else 'bad'}'>{escape(findings[number].figure)}</span></td>"
            for _, _, findings in results
        )
        rows.append(f"<tr><td>{escape(finding.checker)}</td>{cells}</tr>")
    return f"<table><tr><th>what must hold</th>{head}</tr>{''.join(rows)}</table>"


def examples(findings: list[Finding]) -> str:
    lines = [f"{finding.checker}: {example}" for finding in findings if not finding.ok for example in finding.examples]
    if not lines:
        return ""
    return (
        f"<details><summary>What did not hold, by example</summary><pre>{escape(chr(10).join(lines))}</pre></details>"
    )


def pictures(results: list[Result]) -> dict[str, str]:
    """By system, all on one scale."""
    seconds = max(picture.length(evidence) for _, evidence, _ in results)
    tallest = max(picture.tallest(evidence, seconds) for _, evidence, _ in results)
    return {system.name: picture.draw(evidence, seconds, tallest) for system, evidence, _ in results}


def section(scenario: Scenario, results: list[Result]) -> str:
    shape, drawn = scenario.cluster, pictures(results)
    parts = [
        f"<section class='card' id='{escape(scenario.name)}'><h2>{escape(scenario.title)}</h2>",
        f"<p class='story'>{escape(' '.join(scenario.story.split()))}</p>",
        f"<p class='soft'>{shape.nodes} nodes, {shape.sentinels} sentinels, {shape.apps} hosts of clients; durability {shape.durability}. "
        f"Again: <code>./onggi chaos {escape(scenario.name)}</code></p>",
        findings_table(results),
    ]
    for system, evidence, findings in results:
        parts.append(f"<h3>{escape(system.title)}</h3><div class='scroll'>{drawn[system.name]}</div>")
        parts.append(f"<div class='scroll'>{steps.table(evidence)}</div>{examples(findings)}")
    return "".join(parts) + "</section>"


def contents(results: list[tuple[Scenario, list[Result]]]) -> str:
    """One line for each scenario: what was lost, how long clients waited."""
    systems = [system.title for system, _, _ in results[0][1]]
    head = "".join(f"<th>{escape(title)}: lost</th><th>two writers</th><th>longest gap</th>" for title in systems)
    rows = []
    for scenario, done in results:
        cells = ""
        for _, _, findings in done:
            by_name = {finding.checker: finding for finding in findings}
            for name in ("acknowledged survives", "one writer at a time", "longest gap"):
                finding = by_name[name]
                figure = finding.figure.replace(" without an acknowledgement", "")
                figure = figure.split(", ", 1)[-1] if name == "one writer at a time" else figure
                cells += f"<td class='n'><span class='{'ok' if finding.ok else 'bad'}'>{escape(figure)}</span></td>"
        rows.append(f"<tr><td><a href='#{escape(scenario.name)}'>{escape(scenario.title)}</a></td>{cells}</tr>")
    return f"<section class='card'><table><tr><th>scenario</th>{head}</tr>{''.join(rows)}</table></section>"


def render(results: list[tuple[Scenario, list[Result]]]) -> str:
    results = [(scenario, done) for scenario, done in results if done]
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
    body += [section(scenario, done) for scenario, done in results]
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'/><meta name='viewport' content='width=device-width'/>"
        f"<title>Onggi under faults</title><style>{STYLE}</style></head><body><main>{''.join(body)}</main></body></html>"
    )
