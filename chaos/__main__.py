"""./onggi chaos [SCENARIO ... | all | list] [--against redis|redis-wait] [--report FILE.html] [--seconds N]

Starts a cluster with each process on a host of its own, uses it, breaks it, heals it, and says what held.
docs/chaos.md has it all. Ends with 1 if something did not hold of Onggi; what others are found to do is only shown.
"""
from __future__ import annotations

import argparse
import os
import pathlib
import signal
import sys
import time

from chaos import checkers, lab, run
from chaos.checkers import of_history
from chaos.cluster import NotReached
from chaos.evidence import Evidence, Finding
from chaos.report import page, terminal
from chaos.scenario import Scenario, ScenarioError, load, names, reseed, stretch
from chaos.systems.base import System
from chaos.systems.onggi import Onggi
from chaos.systems.redis import Redis

Result = tuple[System, Evidence, list[Finding]]
OTHERS = ["redis", "redis-wait"]


def parse(arguments: list[str]) -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="./onggi chaos", description="Faults on real processes: docs/chaos.md.")
    options.add_argument(
        "scenarios", nargs="*", metavar="SCENARIO", help="a name, a .toml file, all, or list (the default)"
    )
    options.add_argument(
        "--against",
        action="append",
        choices=OTHERS,
        default=[],
        help="the same on redis-server and redis-sentinel; redis-wait: with WAIT 1 after each write",
    )
    options.add_argument("--only", action="store_true", help="with --against: without Onggi")
    options.add_argument("--report", metavar="FILE.html", help="writes a page with a picture of each run")
    options.add_argument("--pictures", metavar="FOLDER", help="writes each run's picture there, as SVG")
    options.add_argument("--seconds", type=float, help="stretches each scenario to this length")
    options.add_argument("--seed", type=int, help="of storms, in place of the scenario's")
    options.add_argument("--keep", metavar="FOLDER", help="keeps histories and logs there")
    options.add_argument(
        "--bin", metavar="FOLDER", help="Onggi's programs (default: ONGGI_BIN, else build/release/bin)"
    )
    options.add_argument("--loopback", action="store_true", help="no namespaces: TCP proxies on loopback")
    return options.parse_args(arguments)


def show_list() -> None:
    for name in names():
        scenario = load(name)
        print(f"  {name:<24} {scenario.seconds:>4g} s  {scenario.title}")


def wanted(asked: argparse.Namespace) -> list[Scenario]:
    chosen = names() if asked.scenarios == ["all"] else asked.scenarios
    scenarios = [load(name) for name in chosen]
    if asked.seed is not None:
        scenarios = [reseed(scenario, asked.seed) for scenario in scenarios]
    return [stretch(scenario, asked.seconds) for scenario in scenarios] if asked.seconds else scenarios


def systems(asked: argparse.Namespace, scenario: Scenario) -> list[System]:
    chosen: list[System] = [] if asked.only else [Onggi(scenario.cluster.write_acks)]
    return chosen + [Redis(name == "redis-wait", scenario.cluster.write_acks) for name in asked.against]


def say(text: str) -> None:
    print(f"      {text}", flush=True)


def one(scenario: Scenario, system: System, keep: str | None) -> Result | None:
    folder = pathlib.Path(keep) / f"{scenario.name}-{system.name}" if keep else None
    print(f"  {system.title}", flush=True)
    started = time.monotonic()
    try:
        evidence = run.carry_out(scenario, system, say, folder)
    except (NotReached, FileNotFoundError) as error:
        print(f"    FAIL  the run broke off: {error}", flush=True)
        return None
    findings = checkers.run_all(evidence)
    print(terminal.findings_table(system.title, evidence, findings))
    print(f"    ({time.monotonic() - started:.0f} s)\n", flush=True)
    return system, evidence, findings


def write_pictures(folder: pathlib.Path, results: list[tuple[Scenario, list[Result]]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for scenario, done in results:
        for name, drawn in page.pictures(done).items() if done else ():
            (folder / f"{scenario.name}-{name}.svg").write_text(drawn + "\n", encoding="utf-8")


def main() -> int:
    asked = parse(sys.argv[1:])
    try:
        if asked.scenarios in ([], ["list"]):
            show_list()
            return 0
        scenarios = wanted(asked)
        if asked.bin:
            os.environ["ONGGI_BIN"] = str(pathlib.Path(asked.bin).resolve())
        of_history.program()  # who is to judge must be there before anything is broken
    except (ScenarioError, FileNotFoundError) as error:
        print(f"onggi chaos: {error}", file=sys.stderr)
        return 2
    lab.enter("chaos", sys.argv[1:], asked.loopback)
    if not lab.inside():
        print(f"No namespaces ({lab.why_loopback()}): TCP proxies on loopback; what they can't do is said.")
    broken = 0
    results: list[tuple[Scenario, list[Result]]] = []
    for scenario in scenarios:
        print(f"{scenario.name}: {scenario.title}", flush=True)
        done = [(system, one(scenario, system, asked.keep)) for system in systems(asked, scenario)]
        broken += sum(
            result is None or not all(finding.ok for finding in result[2])
            for system, result in done
            if system.name == "onggi"
        )
        results.append((scenario, [result for _, result in done if result is not None]))
    rows = [(scenario.name, system.name, findings) for scenario, done in results for system, _, findings in done]
    if len(rows) > 1:
        print(terminal.summary(rows))
    if asked.pictures:
        write_pictures(pathlib.Path(asked.pictures), results)
    if asked.report:
        pathlib.Path(asked.report).write_text(page.render(results), encoding="utf-8")
        print(f"The picture: {asked.report}")
    return 1 if broken else 0


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    # Also where the shell that started us ignores them: everything is ended in order.
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
