"""Each checker rejects the histories that it is there for, and accepts those beside them."""
import unittest

from chaos.checkers import (
    acknowledged_survives,
    back_in_service,
    counters,
    epochs,
    equal_data,
    expiry,
    first_answer,
    longest_gap,
    one_master,
    one_writer,
)
from chaos.history import ERROR, OK, REGISTER, SESSION, UNKNOWN
from chaos.observer import FirstAnswer
from chaos.scenario import Expectations
from chaos.tests.histories import evidence, held, incr, probe, read, sample, write


class AcknowledgedSurvives(unittest.TestCase):
    def check(self, *operations, contents):
        return acknowledged_survives.check(evidence(*operations, contents=contents))

    def test_a_write_that_is_there(self):
        self.assertTrue(self.check(write("a", "1", 0), contents=held("a", "1", "1")).ok)

    def test_a_write_that_is_gone_on_one_node(self):
        found = self.check(write("a", "1", 0), contents=held("a", "1", None))
        self.assertFalse(found.ok)
        self.assertIn("1 of 1 lost", found.figure)
        self.assertIn("node-2", found.examples[0])

    def test_an_older_value_than_the_acknowledged_one(self):
        self.assertFalse(self.check(write("a", "1", 0), write("a", "2", 1), contents=held("a", "1")).ok)

    def test_overwritten_by_a_later_acknowledged_one(self):
        self.assertTrue(self.check(write("a", "1", 0), write("a", "2", 1), contents=held("a", "2")).ok)

    def test_overwritten_by_an_unknown_one(self):
        history = write("a", "1", 0), write("a", "2", 1, outcome=UNKNOWN)
        self.assertTrue(self.check(*history, contents=held("a", "2")).ok)
        self.assertTrue(self.check(*history, contents=held("a", "1")).ok)

    def test_an_unknown_one_may_take_effect_late(self):
        history = write("a", "1", 0, outcome=UNKNOWN), write("a", "2", 1)
        self.assertTrue(self.check(*history, contents=held("a", "1")).ok)

    def test_of_two_at_the_same_time_either_may_win(self):
        history = write("a", "1", 0, 2), write("a", "2", 1, 3)
        self.assertTrue(self.check(*history, contents=held("a", "1")).ok)
        self.assertTrue(self.check(*history, contents=held("a", "2")).ok)

    def test_a_refused_write_that_is_there_all_the_same(self):
        found = self.check(write("a", "1", 0, outcome=ERROR), contents=held("a", "1"))
        self.assertFalse(found.ok)
        self.assertIn("1 invented", found.figure)

    def test_a_value_that_nobody_wrote(self):
        self.assertFalse(self.check(write("a", "1", 0), contents=held("a", "7")).ok)

    def test_nothing_to_read_is_no_proof(self):
        self.assertFalse(self.check(write("a", "1", 0), contents={}).ok)

    def test_registers_too(self):
        self.assertFalse(self.check(write("a", "1", 0, family=REGISTER), contents=held("a", None)).ok)


class Counters(unittest.TestCase):
    def check(self, value, *outcomes):
        history = [incr("c", number, outcome) for number, outcome in enumerate(outcomes)]
        return counters.check(evidence(*history, contents=held("c", value))).ok

    def test_exact(self):
        self.assertTrue(self.check("2", OK, OK))

    def test_one_lost(self):
        self.assertFalse(self.check("1", OK, OK))

    def test_all_lost(self):
        self.assertFalse(self.check(None, OK))

    def test_unknown_ones_may_count_or_not(self):
        self.assertTrue(self.check("1", OK, UNKNOWN))
        self.assertTrue(self.check("2", OK, UNKNOWN))

    def test_one_done_twice(self):
        self.assertFalse(self.check("3", OK, UNKNOWN))
        self.assertFalse(self.check("2", OK, ERROR))


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

    def test_one_master(self):
        self.assertTrue(one_master.check(evidence()).ok)

    def test_none_two_or_not_settled(self):
        for masters, settled in (([], False), (["node-1", "node-2"], True), (["node-1"], False)):
            told = evidence()
            told.masters, told.settled = masters, settled
            self.assertFalse(one_master.check(told).ok, (masters, settled))

    def test_a_process_that_ended_by_itself(self):
        told = evidence()
        told.deaths = ["node-1 (-6)"]
        self.assertFalse(one_master.check(told).ok)


class Expiry(unittest.TestCase):
    def check(self, at, value, ttl_ms=1000, outcome=OK, slack_ms=0.0):
        history = write("s", "1", 0, family=SESSION, ttl_ms=ttl_ms, outcome=outcome), read("s", value, at)
        return expiry.check(evidence(*history, expect=Expectations(clock_slack_ms=slack_ms))).ok

    def test_there_while_alive_and_gone_after(self):
        self.assertTrue(self.check(0.5, "1"))
        self.assertTrue(self.check(2.0, None))

    def test_expired_and_returned(self):
        self.assertFalse(self.check(1.5, "1"))

    def test_gone_while_alive(self):
        self.assertFalse(self.check(0.5, None))

    def test_clocks_may_be_off_by_what_the_scenario_says(self):
        self.assertTrue(self.check(1.5, "1", slack_ms=1000))

    def test_an_unknown_write_proves_nothing(self):
        self.assertTrue(self.check(0.5, None, outcome=UNKNOWN))
        self.assertTrue(self.check(1.5, "1", outcome=UNKNOWN))


class Bounds(unittest.TestCase):
    def test_first_answer(self):
        for took, ok in ((0.2, True), (1.2, False), (None, False)):
            answers = [FirstAnswer("node-1", 1.0, took or 0.1, took, must_be_right=True)]
            self.assertEqual(first_answer.check(evidence(first_answers=answers)).ok, ok, took)

    def test_an_emptied_node_need_not_be_right(self):
        answers = [FirstAnswer("node-1", 1.0, 0.1, None, must_be_right=False)]
        self.assertTrue(first_answer.check(evidence(first_answers=answers)).ok)

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
