"""Many runs in a row: one that breaks off takes nothing else with it, and is seen in the report in its own column."""
import contextlib
import io
import pathlib
import re
import tempfile
import unittest
import unittest.mock

from chaos import __main__ as program
from chaos import scenario
from chaos.evidence import Finding
from chaos.report import page, terminal
from chaos.report.outcome import Outcome
from chaos.systems.onggi import Onggi
from chaos.systems.redis import Redis
from chaos.tests.histories import evidence

FIGURES = {
    "acknowledged survives": "{} of 9 lost",
    "counters add up": "{} of 5 increments lost",
    "one writer at a time": "2 reign(s), never two",
    "longest gap": "{} ms without an acknowledgement",
}


def findings(number, ok=True):
    return [Finding(checker, ok, figure.format(number)) for checker, figure in FIGURES.items()]


def ended(system, number, ok=True):
    return Outcome(system, evidence(), findings(number, ok))


class Pages(unittest.TestCase):
    def cells(self, page_of_it, first):
        """Of the row that begins with it, in the first table that has one."""
        row = re.search(f"<tr><td>(?:<a[^>]*>)?{first}.*?</tr>", page_of_it).group(0)
        return [re.sub("<[^>]*>", "", cell) for cell in re.findall("<td.*?</td>", row)][1:]

    def setUp(self):
        self.one, self.other = scenario.load("short"), scenario.load("storm-five")

    def test_a_broken_run_leaves_the_others_in_their_columns(self):
        broken = Outcome(Onggi(1), broke_off="Traceback: <no nft>")
        told = page.render([(self.one, [broken, ended(Redis(False, 1), 3)]), (self.other, [ended(Onggi(2), 0)])])
        self.assertEqual(self.cells(told, "A crash")[:2], ["the run broke off", "3 of 9 lost"])
        self.assertEqual(self.cells(told, "A storm over five")[:2], ["0 of 9 lost (write-acks 2)", "never two"])
        self.assertEqual(self.cells(told, "acknowledged survives"), ["", "3 of 9 lost"])
        self.assertIn("&lt;no nft&gt;", told)
        heads = re.findall("<th>(.*?)</th>", told)
        self.assertEqual(heads[:2], ["scenario", "Onggi: lost"])

    def test_headers_say_what_is_common(self):
        told = page.render([(self.one, [ended(Onggi(1), 0)]), (self.one, [ended(Onggi(1), 0)])])
        self.assertIn("<th>Onggi (write-acks 1): lost</th>", told)

    def test_nothing_but_broken_runs(self):
        self.assertIn("the run broke off", page.render([(self.one, [Outcome(Onggi(1), broke_off="why")])]))

    def test_how_to_get_it_again(self):
        again = scenario.stretch(scenario.reseed(scenario.load("storm"), 9), 20)
        told = page.render([(again, [ended(Onggi(1), 0)])])
        self.assertIn("<code>./onggi chaos storm --seed 9 --seconds 20</code>", told)

    def test_summary(self):
        lines = terminal.summary(
            [(self.one, [Outcome(Onggi(1), broke_off="why"), ended(Redis(False, 1), 3)])]
        ).splitlines()
        self.assertEqual(lines[1].split(), ["short", "onggi", "FAIL", "broke", "off"])
        self.assertEqual(lines[2].split()[:6], ["short", "redis", "ok", "3", "of", "9"])


class Campaigns(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.report = pathlib.Path(self.place.name, "new", "report.html")
        self.judged = lambda _: findings(0)
        self.runs = []

    def carry_out(self, told, *_):
        self.runs.append(told.name)
        if told.name == "short":
            raise OSError("no nft")
        return evidence()

    def main(self, *arguments):
        printed = io.StringIO()
        with (
            contextlib.ExitStack() as patches,
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            for what, by in (
                ("sys.argv", ["chaos", *arguments]),
                ("chaos.run.carry_out", self.carry_out),
                ("chaos.checkers.run_all", lambda told: self.judged(told)),
                ("chaos.checkers.of_history.program", lambda: "onggi-check"),
                ("chaos.lab.enter", lambda *_: None),
            ):
                patches.enter_context(unittest.mock.patch(what, by))
            try:
                code = program.main()
            except SystemExit as end:
                code = end.code
        return code, printed.getvalue()

    def test_the_rest_goes_on(self):
        code, printed = self.main("storm", "short", "wipe", "--report", str(self.report))
        self.assertEqual((code, self.runs), (1, ["storm", "short", "wipe"]))
        self.assertIn("OSError: no nft", printed)
        self.assertIn("carry_out", printed)  # where
        self.assertEqual(len(re.findall("<section class='card' id=", self.report.read_text())), 3)

    def test_judges_that_fail(self):
        self.judged = lambda _: 1 / 0
        code, printed = self.main("storm", "wipe")
        self.assertEqual((code, self.runs), (1, ["storm", "wipe"]))
        self.assertIn("ZeroDivisionError", printed)

    def test_another_system_that_broke_off(self):
        self.assertEqual(self.main("short", "--only", "--against", "redis")[0], 1)

    def test_all_well(self):
        self.assertEqual(self.main("storm", "--report", str(self.report))[0], 0)

    def test_interrupted_after_the_first(self):
        def interrupt(told, *_):
            if told.name == "short":
                raise KeyboardInterrupt
            return evidence()

        self.carry_out = interrupt
        with self.assertRaises(KeyboardInterrupt):
            self.main("storm", "short", "--report", str(self.report))
        self.assertIn("id='storm'", self.report.read_text())

    def test_places_are_tried_before_anything_runs(self):
        pathlib.Path(self.place.name, "file").touch()
        for option in ("--report", "--keep", "--pictures"):
            code, printed = self.main("storm", option, f"{self.place.name}/file/below")
            self.assertEqual((code, self.runs), (2, []), option)
            self.assertEqual(len(printed.splitlines()), 1)

    def test_only_without_against(self):
        code, printed = self.main("storm", "--only")
        self.assertEqual((code, self.runs), (2, []))
        self.assertIn("--against", printed)

    def test_no_length(self):
        self.assertEqual(self.main("storm", "--seconds", "0")[0], 2)


if __name__ == "__main__":
    unittest.main()
