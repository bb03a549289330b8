"""A short run on real processes, as ./onggi chaos does it: it ends with 0, and leaves nothing behind."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import xml.etree.ElementTree

from chaos import checkers, folder, history, lab
from chaos.checkers import of_history
from chaos.systems.onggi import program

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 90
CHECKERS = len(checkers.ALL) + 7  # of onggi-check


def chaos(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "chaos", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS
    )


class ShortRun(unittest.TestCase):
    def setUp(self):
        try:
            program("onggi-node")
        except FileNotFoundError as error:
            self.skipTest(str(error))

    def need_namespaces(self):
        way, reason = lab.find_way()
        if way is None:
            self.skipTest(f"namespaces may not be created here: {reason}")

    def test_crash_partition_pause(self):
        self.need_namespaces()
        links = pathlib.Path("/proc/net/dev").read_text().splitlines()
        with tempfile.TemporaryDirectory() as kept:
            done = chaos("short", "--keep", kept, "--report", f"{kept}/report.html")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertNotIn("NOT DONE", done.stdout)
            self.assertEqual(len(re.findall(r"^ +ok ", done.stdout, re.M)), CHECKERS, done.stdout)
            folder = pathlib.Path(kept) / "short-onggi"
            operations = history.read(folder / "history.jsonl")
            self.assertGreater(sum(operation.outcome == history.OK for operation in operations), 500)
            self.registers_are_decided(json.loads((folder / "verdicts.json").read_text(encoding="utf-8")))
            self.picture_is_whole(pathlib.Path(kept, "report.html").read_text(encoding="utf-8"))
        names = [line.split(":")[0] for line in links]
        self.assertEqual([line.split(":")[0] for line in pathlib.Path("/proc/net/dev").read_text().splitlines()], names)

    def test_on_loopback(self):
        done = chaos("short", "--loopback", "--seconds", "10")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("No namespaces", done.stdout)
        self.assertEqual(len(re.findall(r"^ +ok ", done.stdout, re.M)), CHECKERS, done.stdout)
        self.assertEqual(done.stderr, "")

    def test_ctrl_c(self):
        self.need_namespaces()
        with tempfile.TemporaryDirectory() as place:
            run = subprocess.Popen(
                [sys.executable, "-m", "chaos", "short"],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
                env={**os.environ, "TMPDIR": place},
            )
            with run:
                for line in run.stdout:
                    if "crash master" in line:
                        break
                self.assertEqual(len(list(pathlib.Path(place).iterdir())), 1)
                os.killpg(run.pid, signal.SIGINT)
                run.stdout.read()
            self.assertEqual(run.returncode, 130)
            self.assertEqual(list(pathlib.Path(place).iterdir()), [])

    def test_what_a_killed_run_left_is_cleared_away(self):
        with tempfile.TemporaryDirectory() as place:
            left = pathlib.Path(place, folder.PREFIX + "left")
            left.mkdir()
            (left / folder.LOCK).touch()
            with unittest.mock.patch.object(tempfile, "tempdir", place), folder.of_a_run() as mine:
                self.assertFalse(left.exists())
                folder.sweep()
                self.assertTrue(mine.exists())

    def registers_are_decided(self, told):
        counts = {verdict["checker"]: verdict["counts"] for verdict in told["verdicts"]}
        self.assertEqual(counts[of_history.REGISTERS]["undecided"], 0)
        self.assertGreater(counts[of_history.REGISTERS]["operations"], 150)
        self.assertGreater(counts[of_history.WAITS]["enough"], 0)

    def picture_is_whole(self, page):
        pictures = re.findall(r"<svg.*?</svg>", page, re.S)
        self.assertGreater(len(pictures), 3)  # the run's, and one for each failover
        for picture in pictures:
            xml.etree.ElementTree.fromstring(picture)
        for words in ("node-3", "sentinel-3", "app-2", "epoch 4", "crash", "partition", "pause"):
            self.assertIn(words, pictures[0])

    def test_words_that_mean_nothing(self):
        done = chaos("no-such-scenario")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no-such-scenario", done.stderr)

    def test_the_list(self):
        done = chaos("list")
        self.assertEqual(done.returncode, 0)
        self.assertIn("kill-master", done.stdout)


if __name__ == "__main__":
    os.chdir(ROOT)
    unittest.main()
