"""What an observer notes of a node's starts, and what a run makes of nodes that answer with errors."""
import time
import types
import unittest

from chaos import run
from chaos.cluster import Cluster
from chaos.history import OK, ONCE, PROBE, UNKNOWN, History, Operation
from chaos.libraries import Ioredis, outcome_of
from chaos.observer import CANARY, Observer
from chaos.process import Start
from chaos.resp import Error
from chaos.scenario import Load
from chaos.worker import Worker


class FirstAnswers(unittest.TestCase):
    def setUp(self):
        self.process = types.SimpleNamespace(name="node-1", kind="node", starts=[], crashed=False, paused=False)
        self.process.alive = lambda: True
        self.observer = Observer(self.process, None, None)
        self.started(10.0)
        self.observer.note_answer(CANARY)
        self.observer.first_answers.clear()

    def started(self, at, kept_folder=True):
        self.process.starts.append(Start(at, kept_folder))
        self.observer.note_start()

    def noted(self):
        return [(answer.started, answer.right_after_s, answer.must_be_right) for answer in self.observer.first_answers]

    def test_never_answered_until_the_next_start(self):
        self.started(20.0)
        self.observer.note_answer(Error("MASTERDOWN"))
        self.started(25.0)
        self.assertEqual(self.noted(), [(20.0, None, True)])
        self.assertEqual(self.observer.first_answers[0].watched_s, 5.0)

    def test_and_the_next_start_must_be_right_still(self):
        self.started(20.0)
        self.started(25.0)
        self.observer.note_answer(CANARY)
        self.assertEqual([must for _, _, must in self.noted()], [True, True])

    def test_until_the_end(self):
        self.started(20.0)
        self.observer.note_answer(None)  # an answer, and a wrong one
        (answer,) = run.answers_of(self.observer)
        self.assertEqual((answer.right_after_s, answer.must_be_right), (None, True))
        self.assertIsNotNone(answer.took_s)

    def test_one_that_is_ended_could_not_answer_any_more(self):
        self.started(20.0)
        self.observer.give_up_waiting(20.4)
        self.started(30.0)
        self.assertAlmostEqual(self.observer.first_answers[0].watched_s, 0.4)

    def test_an_emptied_folder(self):
        self.started(20.0, kept_folder=False)
        self.observer.note_answer(None)
        self.assertEqual(self.noted(), [(20.0, None, False)])
        self.started(25.0)  # on the new folder, without the canary yet
        self.observer.note_answer(None)
        self.assertEqual(self.noted()[1:], [(25.0, None, False)])

    def test_a_sentinel_is_known_by_its_id(self):
        self.process.kind = "sentinel"
        reply = ["flags", "master", "config-epoch", "3"]
        self.observer.ask = lambda *commands: [reply, "abc"][: len(commands)]
        self.assertEqual(self.observer.look().identity, "abc")


class Digests(unittest.TestCase):
    def equal(self, *digests):
        told = {f"node-{number}": digest for number, digest in enumerate(digests)}
        return run.equal(types.SimpleNamespace(digests=lambda: told), {})

    def test_equal(self):
        self.assertTrue(self.equal("a", "a"))
        self.assertFalse(self.equal("a", "b"))

    def test_errors_are_not(self):
        self.assertFalse(self.equal(Error("ERR no"), Error("ERR no")))

    def test_one_deadline_for_all(self):
        began = time.monotonic()
        self.assertTrue(run.came_true("at once", lambda: True, -5))
        self.assertFalse(run.came_true("never", lambda: False, -5))
        self.assertLess(time.monotonic() - began, 1)


class Preload(unittest.TestCase):
    def test_what_is_gone_and_what_can_not_be_read(self):
        node = types.SimpleNamespace(name="node-1")
        cluster = types.SimpleNamespace(preloaded={"a": "1", "b": "2"}, values=lambda node, keys: {"a": "1", "b": None})
        self.assertEqual(run.preloaded_on(node, cluster).wrong, ["b"])

        def refuse(node, keys):
            raise OSError("MASTERDOWN")

        cluster.values = refuse
        self.assertIsNone(run.preloaded_on(node, cluster).wrong)

    def test_each_key_has_its_own_value(self):
        class Writes:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                pass

            def pipeline(self, commands):
                return ["OK"] * len(commands)

        cluster = Cluster.__new__(Cluster)
        cluster.processes = {"node-1": None}
        cluster.master, cluster.settled = lambda: "node-1", lambda: True
        cluster.connect = lambda *_: Writes()
        cluster.preload(3)
        self.assertEqual(len(set(cluster.preloaded.values())), 4)  # and the canary's


def operation(family=ONCE, outcome=OK, completed=5.0):
    return Operation("c", "app-1", "write", family, "k", "1", 1.0, completed, outcome)


class Workers(unittest.TestCase):
    def test_one_that_breaks_off_is_told_of(self):
        worker = Worker("w", 5)
        worker.run = lambda: {}["x"]
        worker.start()
        worker.join()
        self.assertEqual(worker.problem, "broke off: KeyError: 'x'")

    def test_one_that_does_not_end(self):
        worker = Worker("w", 0.05)
        worker.run = lambda: worker.ending.wait(10)
        worker.start()
        worker.join()
        self.assertEqual(worker.problem, "did not end within 0.05 s")
        worker.stop()

    def test_what_it_asked_is_left_open(self):
        history, under_way = History(), operation()
        history.close([under_way])
        history.add(under_way)  # too late
        self.assertEqual([(one.outcome, one.completed) for one in history.sorted()], [(UNKNOWN, None)])

    def test_what_is_in_the_history_already_is_not_there_twice(self):
        history, told = History(), operation()
        history.add(told)
        history.close([told])
        self.assertEqual(history.sorted(), [told])

    def test_probes_are_no_service(self):
        history = History()
        history.add(operation(completed=5.0))
        history.add(operation(PROBE, completed=9.0))
        self.assertEqual(history.last_ok(), 5.0)

    def test_an_ioredis_that_ends_by_itself(self):
        writer = Ioredis("ioredis@app-1", "app-1", None, History(), Load())
        self.addCleanup(writer.said.close)
        writer.said.write("node:internal\n\nError: Cannot find module 'ioredis'\n")
        self.assertEqual(writer.why_it_ended(1), "ended with 1 by itself Error: Cannot find module 'ioredis'")
        self.assertIn("by itself", writer.why_it_ended(0))
        writer.ending.set()
        self.assertEqual(writer.why_it_ended(0), "")

    def test_what_redis_py_says_of_refusals(self):
        for refused in ("The previous master is now a slave", "NOREPLICAS Not enough", "No master found for 'm'"):
            self.assertEqual(outcome_of(refused), "error")
        self.assertEqual(outcome_of("Error 111 connecting to 10.0.0.1:6379. Connection refused."), "error")
        self.assertEqual(outcome_of("Connection closed by server."), "unknown")
        self.assertEqual(outcome_of("NOACK not enough replicas"), "unknown")


if __name__ == "__main__":
    unittest.main()
