"""Scenarios are read strictly, ours are all right, and a storm is the same again from its seed."""
import dataclasses
import unittest

from chaos import scenario, storm
from chaos.faults import ACTIONS
from chaos.libraries import LIBRARIES
from chaos.scenario import FAULTS, Expectations, Fault, Load, ScenarioError, Shape

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

    def refused(self, text):
        with self.assertRaises(ScenarioError, msg=text) as raised:
            scenario.parse(text, "bad")
        said = str(raised.exception)
        self.assertIn("bad", said)
        self.assertEqual(len(said.splitlines()), 1)
        return said

    def test_values_of_another_kind_or_out_of_range(self):
        for bad, words, named in (
            ("at = 1", 'at = "soon"', "fault 1 (crash): 'at'"),
            ("at = 1", "at = -1", "'at'"),
            ("seconds = 10", 'seconds = "long"', "'seconds'"),
            ("seconds = 10", "seconds = nan", "'seconds'"),
            ("nodes = 3", 'nodes = "3"', "[cluster]: 'nodes'"),
            ("nodes = 3", "nodes = 3.5", "'nodes'"),
            ("nodes = 3", "nodes = true", "'nodes'"),
            ("nodes = 3", "write_acks = 7", "'write_acks'"),
            ("nodes = 3", 'durability = "fsync"', "'durability'"),
            ("nodes = 3", 'onggi = "maxmemory"', "'onggi'"),
            ("for = 2", "for = -2", "'for'"),
            ("on =", "on = 3 #", "'on'"),
            ("[[fault]]", "[fault]", "[[fault]]"),
            ("[cluster]\nnodes = 3", "cluster = 3", "[cluster]"),
            ("[cluster]\nnodes = 3", "[workload]\nper_second = 0", "'per_second'"),
            ("[cluster]\nnodes = 3", '[workload]\nlibraries = ["redispy"]', "'libraries'"),
            ("[cluster]\nnodes = 3", '[expect]\ngap_ms = "2s"', "'gap_ms'"),
        ):
            self.assertIn(bad, GOOD)
            self.assertIn(named, self.refused(GOOD.replace(bad, words, 1)))

    def test_options_of_faults(self):
        for fault, named in (
            ('do = "clock"\non = "master"', "'seconds'"),
            ('do = "slow-disk"\non = "master"', "'ms'"),
            ('do = "slow-network"\non = "master"', "'delay_ms'"),
            ('do = "slow-network"\non = "master"\nloss = 2', "'loss'"),
            ('do = "storm"\nfor = 5', "'seed'"),
            ('do = "storm"\nseed = 1', "'for'"),
            ('do = "storm"\nseed = 1\nfor = 5\nfaults = ["crush"]', "'faults'"),
            ('do = "storm"\nseed = 1\nfor = 5\nfaults = ["fill-disk"]', "'disk'"),
            ('do = "storm"\nseed = 1\nfor = 5\nevery = 0', "'every'"),
            ('do = "storm"\nseed = 1\nfor = 5\nevery = -1', "'every'"),
            ('do = "partition"\nsides = []', "'sides'"),
            ('do = "partition"\nsides = [["master"]]', "'sides'"),
            ('do = "partition"\nsides = [["master"], []]', "'sides'"),
            ('do = "partition"\nsides = ["master", "rest"]', "'sides' must be a list of two or more sides"),
            ('do = "partition"\nsides = [["rest"], ["rest"]]', "'rest'"),
            ('do = "bridge"\nsides = [["master"], ["rest"]]\nacross = "replicas"', "'across'"),
            ('do = "hand-over"\nfor = 3', "'for'"),
            ('do = "rolling-restart"\non = "nodes"', "'on'"),
        ):
            self.assertIn(named, self.refused(f"[[fault]]\nat = 1\n{fault}"))

    def test_only_whom_a_fault_can_be_done_to(self):
        for do, on in (
            ("crash", "app-1"),
            ("pause", "apps"),
            ("wipe", "rest"),
            ("isolate", "rest"),
            ("wipe", "sentinel-1"),
            ("wipe-running", "all"),
        ):
            said = self.refused(f'[[fault]]\ndo = "{do}"\non = "{on}"')
            self.assertIn(f"can't be '{on}'", said)
        self.refused('[cluster]\nnodes = 1\nwrite_acks = 0\n[[fault]]\ndo = "crash"\non = "replica"')
        scenario.parse('[[fault]]\ndo = "isolate"\non = "app-1"', "good")

    def test_tables_are_those_of_the_code(self):
        self.assertEqual(set(FAULTS) - {"storm"}, set(ACTIONS))
        self.assertEqual(set(scenario.STORM_KINDS), set(storm.MAKERS))
        self.assertEqual(set(scenario.LIBRARIES), set(LIBRARIES))
        for kind, rules in ((Shape, scenario.CLUSTER), (Load, scenario.WORKLOAD), (Expectations, scenario.EXPECT)):
            self.assertEqual({field.name for field in dataclasses.fields(kind)}, set(rules))

    def test_stretched(self):
        read = scenario.stretch(scenario.parse(GOOD, "good"), 20)
        self.assertEqual((read.seconds, read.faults[0].at, read.faults[0].lasts), (20, 2.0, 4.0))

    def test_stretched_to_a_length_that_rounds(self):
        read = scenario.parse(GOOD.replace("seconds = 10", "seconds = 12").replace("for = 2", "for = 11"), "good")
        self.assertAlmostEqual(scenario.stretch(read, 10).faults[0].lasts, 11 * 10 / 12)
        with self.assertRaises(ScenarioError):
            scenario.stretch(read, float("nan"))

    def test_how_to_get_it_again(self):
        read = scenario.stretch(scenario.reseed(scenario.load("storm"), 9), 20)
        self.assertEqual(read.again, "storm --seed 9 --seconds 20")
        path = str(scenario.FOLDER / "short.toml")
        self.assertEqual(scenario.load(path).again, path)


class Storms(unittest.TestCase):
    def test_another_seed(self):
        one, other = scenario.load("storm"), scenario.reseed(scenario.load("storm"), 9)
        self.assertEqual([fault.options["seed"] for fault in other.faults if fault.do == "storm"], [9])
        self.assertNotEqual(one.faults, other.faults)

    def unfold(self, seed, **shape):
        return storm.unfold(
            Fault(2.0, "storm", [], 30.0, {"seed": seed, "every": 2.0, "faults": list(storm.MAKERS)}), Shape(**shape)
        )

    def test_only_hosts_that_there_are(self):
        hosts = {"node-1", "node-2", "sentinel-1", "app-1", "master", "replica-1", "sentinels", "rest"}
        for seed in range(50):
            for fault in self.unfold(seed, nodes=2, sentinels=1, apps=1):
                options = fault.options
                named = fault.on + sum(options.get("sides", []), []) + options.get("from", []) + options.get("to", [])
                self.assertLessEqual({*named, options.get("across", "rest")}, hosts)

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
