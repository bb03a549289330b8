"""Processes that end, and who notices: with shells in place of servers, and without a network."""
import os
import pathlib
import signal
import shutil
import tempfile
import time
import types
import unittest
import unittest.mock

from chaos import process as processes
from chaos.disks import Disk
from chaos.process import Process

# A watcher and its child, as a node of Onggi is; the child's end is told of for a while.
WATCHER = "sleep 60 & wait; exec sleep 60"


class Hosts:
    """No network at all."""

    def command(self, host, arguments):
        return arguments, ()

    def knows_process(self, host, pid):
        pass


class Ends(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name)

    def run_it(self, script, watched=False):
        disk, endpoint = Disk(self.place / "data", None), types.SimpleNamespace()
        command = ["sh", "-c", script]
        made = Process("node-1", "node", "node-1", endpoint, command, disk, self.place / "log", Hosts(), None, watched)
        made.start()
        self.addCleanup(made.kill)
        if watched:
            self.until(lambda: made.look() or made.serving is not None)
        return made

    def until(self, condition):
        deadline = time.monotonic() + 10
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)  # between two looks

    def found(self, process):
        process.look()
        return [death.what for death in process.deaths]

    def test_one_that_ends_by_itself_is_told_of_though_it_is_started_again(self):
        process = self.run_it("exit 7")
        process.running.wait(10)
        process.start()
        self.assertEqual(self.found(process)[:1], ["ended (7)"])

    def test_who_is_ended_is_not(self):
        for end in (Process.kill, Process.crash, Process.terminate):
            process = self.run_it("exec sleep 60")
            end(process)
            process.running.wait(10)
            self.assertEqual(self.found(process), [], end)
            process.start()
            self.assertEqual(self.found(process), [], end)

    def test_nor_who_lost_its_folder(self):
        process = self.run_it("read line; exit 1")
        process.wipe()
        process.running.wait(10)
        self.assertEqual(self.found(process), [])

    def test_a_child_that_ends_under_its_watcher(self):
        process = self.run_it(WATCHER, watched=True)
        os.kill(process.serving, signal.SIGSEGV)
        self.until(lambda: self.found(process))
        self.assertIn("serving process ended", self.found(process)[0])
        before = process.running
        process.start()  # a watcher that only tells is no node
        self.assertIsNot(process.running, before)
        self.assertEqual(len(process.deaths), 1)

    def test_a_child_that_we_end(self):
        process = self.run_it(WATCHER, watched=True)
        child = process.serving
        process.crash()
        self.until(lambda: process.family()[0] != child)
        self.assertEqual(self.found(process), [])
        self.assertTrue(process.alive())

    def test_a_child_that_tells_of_a_death_serves_nobody(self):
        telling = shutil.copy(shutil.which("sleep"), self.place / "onggi-notice")
        process = self.run_it(f"sleep 60 & wait; {telling} 60 & wait", watched=True)
        os.kill(process.serving, signal.SIGKILL)
        self.until(lambda: process.look() or process.deaths)
        self.until(process.nobody_serves)

    def test_another_child_that_no_fault_explains(self):
        process = self.run_it("sleep 60 & wait; sleep 60 & wait", watched=True)
        first = process.serving
        os.kill(first, signal.SIGKILL)
        self.until(lambda: process.look() or process.serving not in (None, first))
        self.assertEqual(len(process.deaths), 1)
        process.crash()
        self.assertEqual(len(self.found(process)), 1)

    def test_a_watcher_that_starts_it_again(self):
        process = self.run_it("sleep 60 & wait; read line < wake; sleep 60 & wait", watched=True)
        os.mkfifo(self.place / "data" / "wake")
        process.crash()
        self.assertEqual(self.found(process), [])
        self.assertTrue(process.crashed)
        (self.place / "data" / "wake").write_text("line\n")
        self.until(lambda: process.look() or not process.crashed)
        self.assertEqual(process.deaths, [])

    def test_a_child_that_serves_nobody_is_not_crashed(self):
        process = self.run_it(WATCHER)  # as redis that saves: no watcher
        self.until(lambda: len(process.family()) == 2)
        process.crash()
        self.assertFalse(process.alive())

    def test_sigterm_that_is_not_heard(self):
        with unittest.mock.patch.object(processes, "STOP_SECONDS", 0.3):
            process = self.run_it("trap '' TERM; echo ready; while true; do sleep 0.1; done")
            self.until(lambda: (self.place / "log").read_text())
            process.terminate()
            process.restart()
        self.assertEqual(self.found(process), ["did not end within 0.3 s of SIGTERM"])
        self.assertEqual(len(process.starts), 2)


if __name__ == "__main__":
    unittest.main()
