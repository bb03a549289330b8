"""Scenarios are read strictly, ours are all right, and a storm is the same again from its seed."""
import unittest

from chaos import scenario, storm
from chaos.faults import ACTIONS
from chaos.scenario import FAULTS, Fault, ScenarioError, Shape

GOOD = """
title = "t"
seconds = 10
[cluster]
nodes = 3
[[fault]]
at = 1
do = "crash"
on = "master"
for = 2
"""


class Reading(unittest.TestCase):
    def test_ours(self):
        for name in scenario.names():
            read = scenario.load(name)
            self.assertTrue(read.title and read.story.strip() and read.faults, name)

    def test_good(self):
        read = scenario.parse(GOOD, "good")
        self.assertEqual((read.faults[0].do, read.faults[0].on, read.faults[0].lasts), ("crash", ["master"], 2.0))

    def test_bad_words_are_refused_and_named(self):
        for bad, words in (
            ('do = "crash"', 'do = "crush"'),
            ('on = "master"', 'on = "mister"'),
            ("nodes = 3", "knots = 3"),
            ("for = 2", "for = 20"),
            ('on = "master"', ""),
            ("at = 1", "at = 1\nspeed = 3"),
            ("nodes = 3", "nodes = 300"),
            ('title = "t"', 'titel = "t"'),
            ('do = "crash"', 'do = "fill-disk"'),
            ("seconds = 10", "seconds = 9999"),
        ):
            with self.assertRaises(ScenarioError, msg=words) as raised:
                scenario.parse(GOOD.replace(bad, words), "bad")
            self.assertIn("bad", str(raised.exception))

    def test_every_fault_has_an_action(self):
        self.assertEqual(set(FAULTS) - {"storm"}, set(ACTIONS))

    def test_stretched(self):
        read = scenario.stretch(scenario.parse(GOOD, "good"), 20)
        self.assertEqual((read.seconds, read.faults[0].at, read.faults[0].lasts), (20, 2.0, 4.0))


class Storms(unittest.TestCase):
    def test_another_seed(self):
        one, other = scenario.load("storm"), scenario.reseed(scenario.load("storm"), 9)
        self.assertEqual([fault.options["seed"] for fault in other.faults if fault.do == "storm"], [9])
        self.assertNotEqual(one.faults, other.faults)

    def unfold(self, seed):
        return storm.unfold(
            Fault(2.0, "storm", [], 30.0, {"seed": seed, "every": 2.0, "faults": list(storm.MAKERS)}), Shape()
        )

    def test_the_same_again(self):
        self.assertEqual(self.unfold(7), self.unfold(7))
        self.assertNotEqual(self.unfold(7), self.unfold(8))

    def test_all_of_it_within_its_time(self):
        for seed in range(50):
            for fault in self.unfold(seed):
                self.assertGreaterEqual(fault.at, 2.0)
                self.assertLessEqual(fault.at + fault.lasts, 32.0 + 1e-9)

    def test_one_folder_at_a_time(self):
        for seed in range(200):
            wipes = [fault for fault in self.unfold(seed) if fault.do == "wipe"]
            for one, next_one in zip(wipes, wipes[1:]):
                self.assertGreaterEqual(next_one.at, one.at + one.lasts + storm.COPY_TIME_S)

    def test_each_kind_comes_up(self):
        self.assertEqual({fault.do for seed in range(100) for fault in self.unfold(seed)}, set(storm.MAKERS))


if __name__ == "__main__":
    unittest.main()
