"""What a recorder writes down of the answers that it gets: what the checkers conclude is no better than that."""
import types
import unittest

from chaos.history import COUNTER, ERROR, OK, ONCE, REGISTER, SESSION, UNKNOWN, History, Operation
from chaos.resp import Error
from chaos.scenario import Load, Shape
from chaos.systems.onggi import Onggi
from chaos.systems.redis import Redis
from chaos.workload import Recorder


def info(role="master", epoch=2, node="a"):
    """The two sections that are asked for."""
    return [f"role:{role}\r\nmaster_repl_offset:7\r\n", f"epoch:{epoch}\r\npromise:{epoch}\r\nnode_id:{node}\r\n"]


class Recorded(unittest.TestCase):
    def setUp(self):
        self.use(Onggi(1), Shape())

    def use(self, system, shape):
        cluster = types.SimpleNamespace(system=system, shape=shape, network=None)
        self.recorder = Recorder("app-1.1", "app-1", cluster, History(), Load(), 1)
        self.recorder.let_go = lambda: None

    def noted(self, action, family, *replies, key="k", value=None):
        operation = Operation("app-1.1", "app-1", action, family, key, value, 1.0, None, UNKNOWN, "node-1")
        self.recorder.note(operation, list(replies))
        return operation

    def test_answers(self):
        self.assertEqual(self.noted("incr", COUNTER, 7).value, "7")
        swapped = self.noted("swap", REGISTER, "5", value="6")
        self.assertEqual((swapped.value, swapped.previous, swapped.outcome), ("6", "5", OK))
        self.assertIsNone(self.noted("swap", REGISTER, None, value="6").previous)
        self.assertEqual(self.noted("touch", SESSION, 1).value, "1")
        self.assertIsNone(self.noted("touch", SESSION, 0).value)

    def test_errors(self):
        refused = self.noted("write", ONCE, Error("READONLY You can't write"), value="1")
        self.assertEqual((refused.outcome, refused.accepted), (ERROR, False))
        held = self.noted("write", ONCE, Error("NOACK not enough replicas"), value="1")
        self.assertEqual((held.outcome, held.accepted), (UNKNOWN, True))

    def test_a_read_is_fresh_under_one_and_the_same_master(self):
        def fresh(before, after):
            read = self.noted("read", REGISTER, *before, "5", *after)
            self.assertEqual((read.value, read.outcome), ("5", OK))
            return read.fresh

        self.assertTrue(fresh(info(), info()))
        self.assertFalse(fresh(info(), info(epoch=3)))
        self.assertFalse(fresh(info(), info(role="slave")))
        self.assertFalse(fresh(info(role="slave"), info()))
        self.assertFalse(fresh(info(), info(node="b")))  # passed on in between
        self.assertFalse(fresh([Error("LOADING"), Error("LOADING")], info()))

    def test_a_session_must_be_known_where_its_last_change_was_acknowledged(self):
        self.recorder.homes["k"] = "node-1"
        self.assertTrue(self.noted("read", SESSION, *info(role="slave"), None, *info(role="slave")).fresh)
        self.recorder.homes["k"] = "node-2"
        self.assertFalse(self.noted("read", SESSION, *info(role="slave"), None, *info(role="slave")).fresh)

    def test_wait(self):
        told = self.noted("write", ONCE, "OK", 0, value="1")
        self.assertEqual((told.outcome, told.waited), (OK, 0))  # Onggi's write was answered: the promise is its own
        self.assertIsNone(self.noted("write", ONCE, "OK", Error("UNBLOCKED"), value="1").waited)
        self.use(Redis(wait=True), Shape())
        self.assertEqual(self.noted("write", ONCE, "OK", 0, value="1").outcome, UNKNOWN)
        self.assertEqual(self.noted("write", ONCE, "OK", Error("UNBLOCKED"), value="1").outcome, UNKNOWN)
        self.assertEqual(self.noted("write", ONCE, "OK", 1, value="1").outcome, OK)
        self.use(Redis(wait=True, write_acks=2), Shape(nodes=5, write_acks=2))
        self.assertEqual(self.noted("write", ONCE, "OK", 1, value="1").outcome, UNKNOWN)
        self.assertEqual(self.noted("write", ONCE, "OK", 2, value="1").outcome, OK)

    def test_what_is_asked(self):
        self.use(Redis(wait=True), Shape())
        operation = Operation("c", "h", "touch", SESSION, "k", None, 0.0, None, UNKNOWN, ttl_ms=500)
        self.assertEqual(self.recorder.commands(operation), [("PEXPIRE", "k", 500), ("WAIT", 1, 500)])
        self.use(Redis(wait=True, write_acks=2), Shape(nodes=5, write_acks=2))
        self.assertEqual(self.recorder.commands(operation), [("PEXPIRE", "k", 500), ("WAIT", 2, 500)])
        self.assertIn("WAIT 2", self.recorder.cluster.system.title)
        operation = Operation("c", "h", "read", SESSION, "k", None, 0.0, None, UNKNOWN)
        look = ("INFO", "replication")
        self.assertEqual(self.recorder.commands(operation), [look, ("GET", "k"), look])
        self.use(Onggi(2), Shape(nodes=5, write_acks=2))
        operation = Operation("c", "h", "swap", REGISTER, "k", "1", 0.0, None, UNKNOWN)
        asked = [tuple(self.recorder.commands(operation)) for _ in range(200)]
        self.assertEqual(set(asked), {(("SET", "k", "1", "GET"),), (("SET", "k", "1", "GET"), ("WAIT", 2, 500))})


if __name__ == "__main__":
    unittest.main()
