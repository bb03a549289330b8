"""Each checker rejects the histories that it is there for, and accepts those beside them."""
import unittest

from chaos import promises
from chaos.checkers import (
    all_served,
    back_in_service,
    epochs,
    equal_data,
    first_answer,
    longest_gap,
    no_deaths,
    of_history,
    one_master,
    one_writer,
    preloaded,
)
from chaos.evidence import Client, Preloaded
from chaos.history import ERROR, OK, ONCE, REGISTER, SESSION, UNKNOWN
from chaos.observer import FirstAnswer
from chaos.report import terminal
from chaos.resp import Error
from chaos.scenario import Expectations, Fault, Shape
from chaos.tests.histories import evidence, held, incr, probe, read, same, sample, write
from chaos.timeline import Band


class OfHistory(unittest.TestCase):
    """That evidence reaches onggi-check whole, and its words come back as findings (its own tests: tests/checkers)."""

    def setUp(self):
        try:
            of_history.program()
        except FileNotFoundError as error:
            self.skipTest(str(error))

    def check(self, *operations, contents, **more):
        self.told = evidence(*operations, contents=contents, **more)
        return {finding.checker: finding for finding in of_history.check(self.told)}

    def broken(self, *operations, contents, **more):
        return [name for name, finding in self.check(*operations, contents=contents, **more).items() if not finding.ok]

    def test_all_that_may_be(self):
        history = (
            write("a", "1", 0),
            write("r", "1", 0, family=REGISTER),
            read("r", "1", 1, family=REGISTER),
            incr("c", 1, 0),
            write("s", "1", 0, family=SESSION, ttl_ms=1000),
            read("s", "1", 0.5),
            read("s", None, 2.0),
            write("b", "1", 3, outcome=UNKNOWN),
            write("d", "1", 3, outcome=ERROR),
        )
        found = self.check(*history, contents=same({"a": "1", "r": "1", "c": "1", "b": None}))
        self.assertEqual([name for name, finding in found.items() if not finding.ok], [])
        self.assertEqual(found[of_history.SURVIVES].figure, "0 of 2 lost")
        self.assertEqual(found[of_history.COUNTERS].figure, "0 of 1 increments lost")
        self.assertEqual(found[of_history.AGREE].figure, "5 keys on 3 nodes")
        self.assertEqual(found[of_history.REGISTERS].figure, "1 registers, 3 operations")
        self.assertEqual(found[of_history.SESSIONS].figure, "2 reads: 0 expired returned, 0 gone early")

    def test_lost_on_one_node(self):
        history = write("a", "1", 0), write("b", "1", 1)
        found = self.check(*history, contents={**same({"a": "1", "b": "1"}), "node-2": {"b": "1"}})
        self.assertFalse(found[of_history.SURVIVES].ok)
        self.assertEqual(found[of_history.SURVIVES].figure, "1 of 2 lost")
        self.assertIn("node-2", found[of_history.SURVIVES].examples[0])
        self.assertEqual(self.told.lost, [history[0]])  # the picture's

    def test_lost_and_not_promised(self):
        told = write("a", "1", 0)
        told.durable = False
        found = self.check(told, contents=held("a", None))
        self.assertTrue(found[of_history.SURVIVES].ok)
        self.assertEqual(found[of_history.SURVIVES].figure, "1 of 1 lost")
        self.assertEqual(self.told.lost, [told])

    def test_refused_and_there(self):
        self.assertEqual(self.broken(write("a", "1", 0, outcome=ERROR), contents=held("a", "1")), [of_history.SURVIVES])

    def test_a_probe_that_is_gone(self):
        gone = probe("node-1", "1", 0)
        found = self.check(gone, write("a", "1", 0), contents=held("a", "1"))
        self.assertFalse(found[of_history.SURVIVES].ok)
        self.assertEqual(found[of_history.SURVIVES].figure, "0 of 1 lost (and 1 probes)")
        self.assertEqual(self.told.lost, [])
        gone.durable = False
        self.assertTrue(self.check(gone, contents=held("a", None))[of_history.SURVIVES].ok)

    def test_a_wait_whose_count_was_false(self):
        told = write("a", "1", 0)
        told.waited = 1
        self.assertEqual(self.broken(told, contents=held("a", None)), [of_history.SURVIVES, of_history.WAITS])

    def test_an_increment_lost(self):
        self.assertEqual(self.broken(incr("c", 1, 0), incr("c", 2, 1), contents=held("c", "1")), [of_history.COUNTERS])

    def test_a_stale_read(self):
        history = write("r", "1", 0, family=REGISTER), read("r", None, 1, family=REGISTER)
        self.assertEqual(self.broken(*history, contents=held("r", "1")), [of_history.REGISTERS])

    def test_expired_and_returned(self):
        history = write("s", "1", 0, family=SESSION, ttl_ms=1000), read("s", "1", 1.5)
        self.assertEqual(self.broken(*history, contents=held("a", None)), [of_history.SESSIONS])
        slack = Expectations(clock_slack_ms=1000)
        self.assertEqual(self.broken(*history, contents=held("a", None), expect=slack), [])

    def test_a_scenario_may_give_up_so_many(self):
        history = write("a", "1", 0), write("b", "1", 1)
        self.assertEqual(self.broken(*history, contents=held("a", None), expect=Expectations(lost=2)), [])
        self.assertEqual(
            self.broken(*history, contents=held("a", None), expect=Expectations(lost=1)), [of_history.SURVIVES]
        )

    def test_but_no_wrong_answers_for_that(self):
        expect = Expectations(lost=1)
        history = write("r", "1", 0, family=REGISTER), read("r", None, 1, family=REGISTER)
        self.assertEqual(self.broken(*history, contents=held("r", "1"), expect=expect), [of_history.REGISTERS])
        history = write("a", "1", 0), read("a", "2", 1, family=ONCE)
        self.assertEqual(self.broken(*history, contents=held("a", "1"), expect=expect), [of_history.READS])
        history = [write(key, "1", 0) for key in "ab"]
        for one in history:
            one.waited = 1
        self.assertEqual(self.broken(history[0], contents=held("a", None), expect=expect), [])
        self.assertIn(of_history.WAITS, self.broken(*history, contents=held("a", None), expect=expect))
        differ = write("a", "1", 0, outcome=UNKNOWN)
        self.assertEqual(self.broken(differ, contents=held("a", "1", None), expect=expect), [of_history.AGREE])

    def test_nothing_to_read_is_no_proof(self):
        self.assertEqual(self.broken(write("a", "1", 0), contents={}), [of_history.SURVIVES])

    def test_nor_is_a_part_of_the_nodes(self):
        contents = held("a", "1")
        del contents["node-3"]
        found = self.check(write("a", "1", 0), contents=contents)
        self.assertFalse(found[of_history.SURVIVES].ok)
        self.assertEqual(found[of_history.SURVIVES].examples[0], "1 of 3 nodes could not be read in the end")

    def test_no_operations_are_no_proof(self):
        self.assertEqual(self.broken(contents=held("a", "1")), list(of_history.ALL))

    def test_what_is_not_decided_is_told(self):
        counts = {"broken": 0, "registers": 1, "operations": 9, "undecided": 1}
        verdict = {"checker": of_history.REGISTERS, "holds": True, "counts": counts, "violations": []}
        told = evidence(contents=held("r", "1"))
        found = of_history.finding({**verdict, "undecided": ["r takes too long to decide"]}, told)
        self.assertEqual((found.ok, found.decided), (True, False))
        self.assertIn("1 not decided", found.figure)
        table = terminal.findings_table("t", told, [found])
        self.assertIn("?     registers are linearizable", table)
        self.assertIn("r takes too long to decide", table)

    def test_clocks_that_faults_set_apart(self):
        history = write("s", "1", 0, family=SESSION, ttl_ms=1000), read("s", "1", 2.5)
        bands = [Band(Fault(0, "clock", ["node-1"], 5, {"seconds": seconds}), "", 0.0) for seconds in (1, -1)]
        self.assertEqual(self.broken(*history, contents=held("a", None)), [of_history.SESSIONS])
        self.assertEqual(self.broken(*history, contents=held("a", None), bands=bands[:1]), [of_history.SESSIONS])
        self.assertEqual(self.broken(*history, contents=held("a", None), bands=bands), [])

    def test_what_it_can_not_read_is_no_verdict(self):
        with self.assertRaisesRegex(RuntimeError, "history.jsonl:2: no key"):
            self.check(write("", "1", 0), contents={})


class Promises(unittest.TestCase):
    """When an answer promises that the write survives."""

    def durable(self, write_acks, waited, nodes=3, outcome=OK):
        operation = write("a", "1", 0, outcome=outcome)
        operation.waited = waited
        promises.settle(operation, Shape(nodes=nodes, write_acks=write_acks))
        return operation.durable

    def test_every_answer_under_write_acks(self):
        self.assertTrue(self.durable(1, None))
        self.assertFalse(self.durable(1, None, outcome=UNKNOWN))

    def test_else_a_wait_of_half_of_the_nodes(self):
        self.assertFalse(self.durable(0, None))
        self.assertFalse(self.durable(0, 0))
        self.assertTrue(self.durable(0, 1))
        self.assertFalse(self.durable(0, 1, nodes=5))
        self.assertTrue(self.durable(0, 2, nodes=5))


class OneWriter(unittest.TestCase):
    def check(self, *history):
        return one_writer.check(evidence(*history)).ok

    def test_one_after_the_other(self):
        self.assertTrue(
            self.check(
                probe("node-1", "1", 0), probe("node-1", "1", 1), probe("node-2", "2", 2), probe("node-2", "2", 3)
            )
        )

    def test_there_and_back_in_another_reign(self):
        self.assertTrue(self.check(probe("node-1", "1", 0), probe("node-2", "2", 1), probe("node-1", "3", 2)))

    def test_one_accepts_in_the_middle_of_anothers_reign(self):
        self.assertFalse(
            self.check(
                probe("node-1", "1", 0), probe("node-2", "2", 1), probe("node-2", "2", 1.5), probe("node-1", "1", 2)
            )
        )

    def test_what_a_slow_answer_can_explain_is_left_open(self):
        self.assertTrue(
            self.check(
                probe("node-1", "1", 0, 0.1),
                probe("node-1", "1", 1, 5),
                probe("node-2", "2", 2),
                probe("node-2", "2", 3),
            )
        )

    def test_two_masters_of_one_reign(self):
        self.assertFalse(self.check(probe("node-1", "1", 0), probe("node-2", "1", 1)))

    def test_who_saw_nobody_write_has_no_proof(self):
        self.assertFalse(self.check(write("a", "1", 0)))


class Epochs(unittest.TestCase):
    def check(self, **samples):
        return epochs.check(evidence(samples={name.replace("_", "-"): found for name, found in samples.items()})).ok

    def test_up(self):
        self.assertTrue(self.check(node_1=[sample(0, "node-1", "master", 1, 1), sample(1, "node-1", "replica", 2, 2)]))

    def test_an_epoch_goes_back(self):
        self.assertFalse(self.check(node_1=[sample(0, "node-1", "replica", 2), sample(1, "node-1", "replica", 1)]))

    def test_a_promise_goes_back_over_a_restart(self):
        self.assertFalse(
            self.check(
                node_1=[
                    sample(0, "node-1", "replica", 2, 3),
                    sample(1, "node-1", "dead", None),
                    sample(2, "node-1", "apart", None, 2),
                ]
            )
        )

    def test_a_lost_folder_is_another_node(self):
        self.assertTrue(
            self.check(node_1=[sample(0, "node-1", "replica", 2, 3, "a"), sample(1, "node-1", "apart", 1, 1, "b")])
        )

    def test_two_masters_of_an_epoch(self):
        self.assertFalse(
            self.check(node_1=[sample(0, "node-1", "master", 2)], node_2=[sample(9, "node-2", "master", 2)])
        )


class EqualDataAndOneMaster(unittest.TestCase):
    def test_equal(self):
        self.assertTrue(equal_data.check(evidence()).ok)

    def test_different_digests(self):
        told = evidence()
        told.digests["node-2"], told.converged = "e", False
        self.assertFalse(equal_data.check(told).ok)

    def test_a_node_without_an_answer(self):
        told = evidence()
        del told.digests["node-3"]
        self.assertFalse(equal_data.check(told).ok)

    def test_an_error_is_no_digest(self):
        told = evidence()
        told.digests = {node: Error("ERR this command needs every key in memory") for node in told.digests}
        self.assertFalse(equal_data.check(told).ok)
        self.assertIn("every key in memory", equal_data.check(told).examples[0])

    def test_equal_too_late(self):
        told = evidence(expect=Expectations(converge_s=5))
        told.converged_s = 5.5
        self.assertFalse(equal_data.check(told).ok)

    def test_one_master(self):
        self.assertTrue(one_master.check(evidence()).ok)

    def test_none_two_or_not_settled(self):
        for masters, settled in (([], False), (["node-1", "node-2"], True), (["node-1"], False)):
            told = evidence()
            told.masters, told.settled = masters, settled
            self.assertFalse(one_master.check(told).ok, (masters, settled))

    def test_a_process_that_ended_by_itself(self):
        told = evidence()
        self.assertTrue(no_deaths.check(told).ok)
        told.deaths = ["node-1 at 3.00 s: ended (-6)"]
        self.assertFalse(no_deaths.check(told).ok)
        self.assertEqual(no_deaths.check(told).examples, told.deaths)


class Preload(unittest.TestCase):
    def check(self, *nodes):
        told = evidence()
        told.preloaded = [Preloaded(f"node-{number + 1}", 5, wrong) for number, wrong in enumerate(nodes)]
        return preloaded.check(told)

    def test_all_there(self):
        self.assertTrue(self.check([], [], []).ok)
        self.assertEqual(self.check([], [], []).figure, "5 keys on 3 nodes")

    def test_gone_on_one_on_all_and_not_looked_at(self):
        for nodes in (([], ["preload:1"], []), (["preload:1"],) * 3, ([], None, []), ([], []), ()):
            self.assertFalse(self.check(*nodes).ok, nodes)


class TookPart(unittest.TestCase):
    def check(self, *operations, problem=""):
        told = evidence(*operations)
        told.clients = [Client("client", problem, True), Client("observer of node-1", "", False)]
        return all_served.check(told)

    def test_served(self):
        self.assertTrue(self.check(write("a", "1", 0)).ok)

    def test_never_served_or_broken_off(self):
        self.assertFalse(self.check(read("a", "1", 0)).ok)
        self.assertFalse(self.check(write("a", "1", 0, outcome=UNKNOWN)).ok)
        broken = self.check(write("a", "1", 0), problem="broke off: KeyError: 'x'")
        self.assertEqual((broken.ok, broken.examples), (False, ["client broke off: KeyError: 'x'"]))
        self.assertFalse(all_served.check(evidence()).ok)


class Bounds(unittest.TestCase):
    def test_first_answer(self):
        for took, ok in ((0.2, True), (1.2, False), (None, False)):
            answers = [FirstAnswer("node-1", 1.0, took or 0.1, took, must_be_right=True)]
            self.assertEqual(first_answer.check(evidence(first_answers=answers)).ok, ok, took)

    def test_an_emptied_node_need_not_be_right(self):
        answers = [FirstAnswer("node-1", 1.0, 0.1, None, must_be_right=False)]
        self.assertTrue(first_answer.check(evidence(first_answers=answers)).ok)

    def test_who_never_answers_is_late_if_there_was_time(self):
        for watched, ok in ((0.5, True), (1.5, False)):
            answers = [FirstAnswer("node-1", 1.0, None, None, must_be_right=True, watched_s=watched)]
            self.assertEqual(first_answer.check(evidence(first_answers=answers)).ok, ok, watched)

    def test_longest_gap(self):
        history = [write(str(second), "1", second) for second in (1, 2, 3, 7, 8, 9)]
        start, length = longest_gap.gap(evidence(*history))
        self.assertAlmostEqual(length, 4.0)
        self.assertAlmostEqual(start, 3.01)
        self.assertTrue(longest_gap.check(evidence(*history, expect=Expectations(gap_ms=4100))).ok)
        self.assertFalse(longest_gap.check(evidence(*history, expect=Expectations(gap_ms=3900))).ok)

    def test_the_time_to_the_end_is_a_gap_too(self):
        self.assertAlmostEqual(longest_gap.gap(evidence(write("a", "1", 1)))[1], 8.99)

    def test_back_in_service(self):
        self.assertTrue(back_in_service.check(evidence(write("a", "1", 8.5))).ok)
        self.assertFalse(back_in_service.check(evidence(write("a", "1", 7.5))).ok)
        self.assertFalse(back_in_service.check(evidence(write("a", "1", 9.5), expect=Expectations(serve_ms=1000))).ok)


if __name__ == "__main__":
    unittest.main()
