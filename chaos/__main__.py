"""./onggi chaos [SCENARIO ... | all | list] [--against redis|redis-wait] [--report FILE.html] [--seconds N]

Starts a cluster with each process on a host of its own, uses it, breaks it, heals it, and says what held.
docs/chaos.md has it all. Ends with 1 if something did not hold of Onggi, or if a run broke off; what others are found
to do is only shown.
"""
from __future__ import annotations

import argparse
import os
import pathlib
import signal
import sys
import tempfile
import time
import traceback

from chaos import checkers, lab, run
from chaos.checkers import of_history
from chaos.cluster import NotReached
from chaos.report import page, terminal
from chaos.report.outcome import Outcome, Results
from chaos.scenario import Scenario, ScenarioError, load, names, reseed, stretch
from chaos.systems.base import System
from chaos.systems.onggi import Onggi
from chaos.systems.redis import Redis

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
    asked = options.parse_args(arguments)
    if asked.only and not asked.against:
        options.error("--only needs --against: else nothing would be run")
    return asked


def show_list() -> None:
    for name in names():
        scenario = load(name)
        print(f"  {name:<24} {scenario.seconds:>4g} s  {scenario.title}")


def wanted(asked: argparse.Namespace) -> list[Scenario]:
    chosen = names() if asked.scenarios == ["all"] else asked.scenarios
    scenarios = [load(name) for name in chosen]
    if asked.seed is not None:
        scenarios = [reseed(scenario, asked.seed) for scenario in scenarios]
    return [stretch(scenario, asked.seconds) for scenario in scenarios] if asked.seconds is not None else scenarios


def systems(asked: argparse.Namespace, scenario: Scenario) -> list[System]:
    chosen: list[System] = [] if asked.only else [Onggi(scenario.cluster.write_acks)]
    return chosen + [Redis(name == "redis-wait", scenario.cluster.write_acks) for name in asked.against]


def say(text: str) -> None:
    print(f"      {text}", flush=True)


def one(scenario: Scenario, system: System, keep: str | None) -> Outcome:
    folder = pathlib.Path(keep) / f"{scenario.name}-{system.name}" if keep else None
    print(f"  {system.title}", flush=True)
    started = time.monotonic()
    try:
        evidence = run.carry_out(scenario, system, say, folder)
        findings = checkers.run_all(evidence)
    except Exception as error:  # whatever it is: the other runs go on
        print(f"    FAIL  the run broke off: {error}", flush=True)
        if not isinstance(error, (NotReached, FileNotFoundError)):
            traceback.print_exc(file=sys.stdout)
        return Outcome(system, broke_off=traceback.format_exc())
    print(terminal.findings_table(system.title, evidence, findings))
    print(f"    ({time.monotonic() - started:.0f} s)\n", flush=True)
    return Outcome(system, evidence, findings)


def fails(outcome: Outcome) -> bool:
    """Onggi's findings count; of others only that there are any."""
    return not outcome.ok if outcome.system.name == "onggi" else bool(outcome.broke_off)


def all_of(asked: argparse.Namespace, scenarios: list[Scenario]) -> bool:
    """Whether all that has to hold does."""
    good = True
    results: Results = []
    for scenario in scenarios:
        print(f"{scenario.name}: {scenario.title}", flush=True)
        outcomes = [one(scenario, system, asked.keep) for system in systems(asked, scenario)]
        results.append((scenario, outcomes))
        good = write(asked, results) and good and not any(map(fails, outcomes))
    if sum(len(outcomes) for _, outcomes in results) > 1:
        print(terminal.summary(results))
    if asked.report:
        print(f"The picture: {asked.report}")
    return good


def write(asked: argparse.Namespace, results: Results) -> bool:
    """After each scenario, so that nothing is lost with the next one."""
    try:
        if asked.pictures:
            scenario, outcomes = results[-1]
            for name, drawn in page.pictures(outcomes).items():
                path = pathlib.Path(asked.pictures) / f"{scenario.name}-{name}.svg"
                path.write_text(drawn + "\n", encoding="utf-8")
        if asked.report:
            pathlib.Path(asked.report).write_text(page.render(results), encoding="utf-8")
    except Exception:
        print("    FAIL  the report could not be written", flush=True)
        traceback.print_exc(file=sys.stdout)
        return False
    return True


def try_places(asked: argparse.Namespace) -> None:
    """Where the results go must be writable before anything is broken."""
    for folder in [folder for folder in (asked.keep, asked.pictures) if folder]:
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    if asked.report:
        path = pathlib.Path(asked.report)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()


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
        try_places(asked)
    except (ScenarioError, OSError) as error:
        print(f"onggi chaos: {error}", file=sys.stderr)
        return 2
    lab.enter("chaos", sys.argv[1:], asked.loopback)
    if not lab.inside():
        print(f"No namespaces ({lab.why_loopback()}): TCP proxies on loopback; what they can't do is said.")
    return 0 if all_of(asked, scenarios) else 1


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    # Also where the shell that started us ignores them: everything is ended in order.
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup is meant
        signal.signal(signal.SIGHUP, interrupt)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
