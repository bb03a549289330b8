"""What faults do to processes and links, and how a timeline carries them out and takes them back: on processes that
only note what was done to them."""
import threading
import time
import types
import unittest

from chaos import faults, scenario, targets, timeline
from chaos.checkers import faults_done
from chaos.observer import Sample
from chaos.resp import Error
from chaos.scenario import Fault
from chaos.tests.histories import evidence


class FakeProcess:
    """Notes what is done to it. `fails`: how many times something will fail."""

    def __init__(self, name):
        self.name, self.kind = name, name.split("-")[0]
        self.knobs, self.lock = None, threading.RLock()
        self.paused = self.crashed = False
        self.up, self.done, self.fails = True, [], {}

    def do(self, what, up):
        self.done.append(what)
        if self.fails.get(what, 0) > 0:
            self.fails[what] -= 1
            raise OSError(f"can't {what}")
        self.up = up

    def alive(self):
        return self.up

    def nobody_serves(self):
        return False

    def crash(self):
        self.do("crash", False)

    def kill(self):
        self.do("kill", False)

    def terminate(self):
        self.do("terminate", False)

    def start(self):
        self.do("start", True)

    def restart(self):
        self.do("restart", True)

    def pause(self):
        self.do("pause", self.up)

    def go_on(self):
        self.do("go_on", self.up)

    def wipe(self):
        self.do("wipe", self.up)


class Faults(unittest.TestCase):
    def setUp(self):
        self.cluster = FakeCluster()
        self.said = []

    def timeline(self, *planned, seconds=0.1):
        told = scenario.parse("", "test")
        told.faults, told.seconds = list(planned), seconds
        return timeline.Timeline(told, self.cluster, self.said.append)

    def verdict(self, *bands):
        told = evidence()
        told.bands = list(bands)
        return faults_done.check(told)

    def process(self, name):
        return self.cluster.processes[name]


class FakeNetwork:
    can_lose = can_mount = False

    def __init__(self):
        self.links, self.fails = [], 0

    def cut(self, links):
        self.links += links

    def mend(self, links):
        if self.fails > 0:
            self.fails -= 1
            raise OSError("nft")
        for link in links:
            self.links.remove(link)


class FakeConnection:
    def __init__(self, reply):
        self.reply = reply

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def ask(self, *_):
        if isinstance(self.reply, Exception) and not isinstance(self.reply, Error):
            raise self.reply
        return self.reply


class FakeCluster:
    def __init__(self):
        self.shape, self.network = scenario.Shape(), FakeNetwork()
        hosts = [host for host in self.shape.hosts() if not host.startswith("app")]
        self.processes = {host: FakeProcess(host) for host in hosts}
        self.observers = {host: types.SimpleNamespace(samples=[]) for host in hosts}
        self.now, self.reply, self.asked, self.steps = ["node-1"], "OK", [], True

    nodes = property(lambda self: [one for one in self.processes.values() if one.kind == "node"])
    sentinels = property(lambda self: [one for one in self.processes.values() if one.kind == "sentinel"])

    def masters(self):
        return self.now

    def settled(self):
        return self.steps

    def connect(self, process):
        self.asked.append(process.name)
        return FakeConnection(self.reply)


class Excused(Faults):
    def test_what_is_and_what_is_not_done_is_told(self):
        line = self.timeline()
        done = line.begin(Fault(0, "crash", ["master"]))
        self.assertTrue(self.verdict(done).ok)
        unsupported = line.begin(Fault(0, "slow-network", ["master"], options={"loss": 0.5}))
        self.assertTrue(unsupported.excused)
        self.assertTrue(self.verdict(unsupported).ok)
        self.assertEqual(self.verdict(done, unsupported).figure, "1 of 2 (1 excused)")

    def test_nobody_to_hit(self):
        line = self.timeline()
        line.begin(Fault(0, "crash", ["master"]))
        again = line.begin(Fault(0, "crash", ["master"]))
        self.assertIn("nothing there to hit", again.problem)
        self.assertFalse(self.verdict(again).ok)
        by_chance = line.begin(Fault(0, "crash", ["master"], by_chance=True))
        self.assertTrue(by_chance.problem and self.verdict(by_chance).ok)

    def test_a_side_without_anybody(self):
        band = self.timeline().begin(Fault(0, "partition", options={"sides": [["master"], ["node-1"]]}))
        self.assertFalse(self.verdict(band).ok)

    def test_any_error_is_told(self):
        self.process("node-1").fails["crash"] = 1
        band = self.timeline().begin(Fault(0, "crash", ["node-1"]))
        self.assertIn("OSError: can't crash", band.problem)
        self.assertFalse(self.verdict(band).ok)
        self.assertTrue(self.process("node-1").up)

    def test_a_rolling_restart_that_stops(self):
        self.cluster.steps = False
        self.addCleanup(setattr, faults, "STEP_SECONDS", faults.STEP_SECONDS)
        faults.STEP_SECONDS = 0.05
        band = self.timeline().begin(Fault(0, "rolling-restart"))
        self.assertIn("all in step after the restart of node-2", band.problem)
        self.assertFalse(self.verdict(band).ok)

    def test_a_rolling_restart_of_all(self):
        band = self.timeline().begin(Fault(0, "rolling-restart"))
        self.assertEqual(band.on, ["node-2", "node-3", "node-1", "sentinel-1", "sentinel-2", "sentinel-3"])
        self.assertTrue(band.ended and not band.problem)


class HandOver(Faults):
    def test_a_living_sentinel_is_asked(self):
        self.process("sentinel-1").up = False
        self.process("sentinel-2").paused = True
        band = self.timeline().begin(Fault(0, "hand-over"))
        self.assertEqual((band.problem, self.cluster.asked), ("", ["sentinel-3"]))

    def test_refused(self):
        self.cluster.reply = Error("INPROG")
        band = self.timeline().begin(Fault(0, "hand-over"))
        self.assertFalse(self.verdict(band).ok)

    def test_a_sentinel_that_dies_while_it_is_asked(self):
        self.cluster.reply = EOFError("gone")
        line = self.timeline(Fault(0, "hand-over"))
        line.run()
        line.heal()
        self.assertIn("EOFError", line.bands[0].problem)


class Holding(Faults):
    def test_the_last_to_end_starts_it(self):
        line = self.timeline()
        crashed = line.begin(Fault(0, "crash", ["node-1"]))
        self.process("node-1").up = True  # its watcher lives
        dead = line.begin(Fault(0, "host-dies", ["node-1"]))
        line.end(crashed)
        self.assertFalse(self.process("node-1").up)
        line.end(dead)
        self.assertTrue(self.process("node-1").up)
        self.assertEqual(self.cluster.network.links, [])

    def test_what_a_longer_fault_holds_a_shorter_one_does_not_start(self):
        line = self.timeline()
        dead = line.begin(Fault(0, "host-dies", ["node-1"]))
        crashed = line.begin(Fault(0, "crash", ["node-1", "node-2"]))
        self.assertEqual(crashed.on, ["node-2"])
        line.end(crashed)
        self.assertEqual((self.process("node-1").up, self.process("node-2").up), (False, True))
        line.end(dead)
        self.assertTrue(self.process("node-1").up)

    def test_two_pauses(self):
        line = self.timeline()
        bands = [line.begin(Fault(0, "pause", ["node-1"])) for _ in range(2)]
        line.end(bands[0])
        self.assertNotIn("go_on", self.process("node-1").done)
        line.end(bands[1])
        self.assertIn("go_on", self.process("node-1").done)

    def test_wiped_while_it_is_held_down(self):
        line = self.timeline()
        wiped = line.begin(Fault(0, "wipe-running", ["node-1"]))
        dead = line.begin(Fault(0, "host-dies", ["node-1"]))
        line.end(wiped)
        self.assertFalse(self.process("node-1").up)
        line.end(dead)
        self.assertTrue(self.process("node-1").up)

    def test_nobody_starts_it_between_kill_and_wipe(self):
        process = self.process("node-1")
        free = []

        def wipe():
            other = threading.Thread(target=lambda: free.append(process.lock.acquire(blocking=False)))
            other.start()
            other.join()

        process.wipe = wipe
        self.timeline().begin(Fault(0, "wipe", ["node-1"]))
        self.assertEqual(free, [False])


class TakingBack(Faults):
    def test_what_fails_is_told_and_tried_again(self):
        line = self.timeline()
        band = line.begin(Fault(0, "isolate", ["node-1"]))
        self.cluster.network.fails = 1
        line.end(band)
        self.assertTrue(self.cluster.network.links)
        line.heal()
        self.assertEqual(self.cluster.network.links, [])
        self.assertFalse(self.verdict(band).ok)
        self.assertIn("NOT TAKEN BACK", self.said[-1])

    def test_only_what_failed_is_taken_back_again(self):
        line = self.timeline()
        band = line.begin(Fault(0, "host-dies", ["node-1", "node-2"]))
        self.process("node-2").fails["restart"] = 1
        line.end(band)
        line.heal()
        self.assertEqual(self.process("node-1").done.count("restart"), 1)
        self.assertEqual(self.process("node-2").done.count("restart"), 2)
        self.assertEqual(line.holds.counts[faults.DOWN, "node-2"], 0)

    def test_it_lasts_from_when_it_began(self):
        self.process("node-1").kill = lambda: time.sleep(0.3)
        line = self.timeline(Fault(0, "host-dies", ["node-1"], 0.1), Fault(0.1, "pause", ["node-2"], 0.2), seconds=0.5)
        line.run()
        line.heal()
        paused = line.bands[1]
        self.assertGreaterEqual(paused.ended - paused.began, 0.2)

    def test_what_goes_on_in_the_end_is_stopped_and_told(self):
        self.cluster.steps = False
        patience = timeline.PATIENCE_S
        self.addCleanup(setattr, timeline, "PATIENCE_S", patience)
        timeline.PATIENCE_S = 0.1
        line = self.timeline(Fault(0, "rolling-restart"))
        line.run()
        started = time.monotonic()
        line.heal()
        self.assertLess(time.monotonic() - started, timeline.LAST_PATIENCE_S)
        self.assertIn("stopped after node-2", line.bands[0].problem)
        self.assertFalse(any(thread.is_alive() for _, thread in line.longer))
        self.assertFalse(self.verdict(*line.bands).ok)


class Masters(Faults):
    def see(self, name, *states):
        self.cluster.observers[name].samples = [Sample(at, name, state, epoch) for at, state, epoch in states]

    def test_between_two_it_is_the_last(self):
        self.cluster.now = []
        self.see("node-1", (1, "master", 1), (5, "dead", None))
        self.see("node-2", (1, "replica", 1), (6, "master", 2), (9, "dead", None))
        self.see("node-3", (1, "replica", 1))
        self.assertEqual(targets.master(self.cluster), "node-2")
        self.assertEqual(targets.replicas(self.cluster), ["node-1", "node-3"])

    def test_one_that_waits_for_its_lease(self):
        self.cluster.now = []
        self.see("node-1", (1, "master", 1), (5, "waiting", 1))
        self.see("node-3", (1, "replica", 1), (6, "waiting", 2))
        self.assertEqual(targets.master(self.cluster), "node-3")

    def test_of_two_the_one_of_the_newest_epoch(self):
        self.cluster.now = ["node-1", "node-2"]
        self.see("node-1", (1, "master", 1))
        self.see("node-2", (6, "master", 2))
        self.assertEqual(targets.master(self.cluster), "node-2")


if __name__ == "__main__":
    unittest.main()
