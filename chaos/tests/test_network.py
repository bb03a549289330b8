"""The network's faults do what they say, measured by an echo: in namespaces, and over proxies on loopback."""
import collections
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import threading
import unittest

from chaos import lab
from chaos.cluster import wait_for
from chaos.network import leash
from chaos.network.namespaces import Namespaces
from chaos.network.proxies import Proxies

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Network(unittest.TestCase):
    def trial(self, *arguments):
        done = subprocess.run(
            [sys.executable, "-m", "chaos.tests.network_trial", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_namespaces(self):
        way, reason = lab.find_way()
        if way is None:
            self.skipTest(f"namespaces may not be created here: {reason}")
        self.assertIn("loss: ok", self.trial())

    def test_loopback(self):
        self.assertIn("delay of", self.trial("--loopback"))


class WhatFails(unittest.TestCase):
    """What a kernel refuses leaves everything as it was. (Without a kernel: only the books.)"""

    def setUp(self):
        self.network = Namespaces.__new__(Namespaces)
        self.network.lock, self.network.slow_lock = threading.Lock(), threading.Lock()
        self.network.cuts, self.network.slowed = collections.Counter(), collections.Counter()
        self.network.settings, self.network.delay_lines = {}, {}
        self.fails, self.done = False, []
        self.network.apply = self.note
        self.network.start_delay_line = self.start_delay_line

    def note(self, *what):
        self.done.append(what)
        if self.fails:
            raise OSError("no")

    def start_delay_line(self, host, settings):
        if settings[0] == 60:
            raise OSError("no")
        self.network.settings[host] = settings

    def test_links(self):
        self.network.cut([("a", "b")])
        self.fails = True
        with self.assertRaises(OSError):
            self.network.mend([("a", "b")])
        self.assertEqual(self.network.cuts, {("a", "b"): 1})
        self.assertEqual(self.done[-1], (["b"], {("a", "b"): 1}))  # put back, where it had worked
        with self.assertRaises(OSError):
            self.network.cut([("b", "a")])
        self.fails = False
        self.network.mend([("a", "b")])
        self.assertEqual((self.network.cuts, self.done[-1]), ({}, (["b"], {})))

    def test_delay_lines(self):
        self.network.slow("a", 5, 0, 0)
        with self.assertRaises(OSError):
            self.network.slow("a", 60, 0, 0)
        self.assertEqual((self.network.slowed["a"], self.network.settings["a"]), (1, (5, 0, 0)))
        self.network.unslow("a")
        self.assertEqual((self.network.slowed["a"], self.network.settings), (0, {}))


class OnLoopback(unittest.TestCase):
    def setUp(self):
        self.network = Proxies()
        self.addCleanup(self.network.close)

    def test_overlapping_delays(self):
        for delay in (20, 60):
            self.network.slow("a", delay, 0, 0)
        self.network.unslow("a")
        self.assertEqual(self.network.delays["a"], 0.06)
        self.network.unslow("a")
        self.assertEqual(self.network.delays, {})

    def test_mended_more_often_than_cut(self):
        self.network.mend([("a", "b")])
        self.network.cut([("a", "b")])
        self.assertTrue(self.network.is_cut("a", "b"))

    def test_who_connects(self):
        self.assertEqual(self.network.who(1, 2), "app-1")
        self.network.enter("app-2")
        self.assertEqual(self.network.who(1, 2), "app-2")


KILLED = """
import subprocess, time
from chaos.network.proxies import Proxies
network = Proxies()
pids = []
for own_session in (True, False):
    process = subprocess.Popen(["sh", "-c", "sleep 300 & wait"], start_new_session=own_session)
    network.knows_process("a", process.pid)
    pids.append(process.pid)
print(*pids, flush=True)
time.sleep(300)
"""


class Leashed(unittest.TestCase):
    def test_processes_end_with_a_run_that_is_killed(self):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
        ) as run:
            pids = list(map(int, run.stdout.readline().split()))
            births = {pid: leash.birth(pid) for pid in pids}
            self.addCleanup(lambda: [leash.end(pid) for pid in pids if leash.birth(pid) == births[pid]])
            run.kill()
        wait_for("their end", lambda: not any(self.lives(pid, births[pid]) for pid in pids), 10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)  # the sleep of the one without a session of its own

    def lives(self, pid, born):
        if leash.birth(pid) != born:
            return False
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


if __name__ == "__main__":
    unittest.main()
