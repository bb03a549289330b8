"""Commands that name every key, while memory holds a few: what connect-redis sends to list and to clear its sessions.

Nobody waits for ever, and beside it others are served.
"""
import sys
import threading
import time
import unittest

from onggi import Connection, OnggiTest, ReplyError, wait_for

KEYS = 3000
VALUE = "s" * 10_000  # 30 MB in all
LIMIT = 8 << 20


class Beside(threading.Thread):
    """Another client, that writes a little all the time."""

    def __init__(self, port):
        super().__init__()
        self.port, self.refused, self.done, self.worst_ms = port, [], 0, 0.0
        self.over = threading.Event()

    def run(self):
        with Connection(self.port, timeout=60) as client:
            while not self.over.wait(0.005):
                began = time.monotonic()
                try:
                    client.ask("SET", f"small:{self.done % 100}", "value")
                except ReplyError as error:
                    self.refused.append(str(error))
                self.done += 1
                self.worst_ms = max(self.worst_ms, (time.monotonic() - began) * 1000)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


class ColdKeys(OnggiTest):
    def setUp(self):
        super().setUp()
        self.node = self.start_node(maxmemory=str(LIMIT), tier_lag_ms=100)
        self.keys = [f"sess:{i}" for i in range(KEYS)]
        for key in self.keys:
            self.set_patiently(key)
        self.node.ask("SAVE")
        self.wait_for_memory()

    def set_patiently(self, key):
        def once():
            try:
                return self.node.ask("SET", key, VALUE, "EX", "10000") == "OK"
            except ReplyError as error:
                self.assertTrue(str(error).startswith("OOM"), error)
                return False

        wait_for("room for " + key, once)

    def wait_for_memory(self):
        wait_for("memory below its limit", lambda: int(self.node.info("memory")["used_memory"]) <= LIMIT, seconds=5)

    def ask(self, *command):
        began = time.monotonic()
        with Beside(self.node.port) as other, Connection(self.node.port, timeout=60) as client:
            try:
                return client.ask(*command)
            except ReplyError as error:
                return error
            finally:
                took = time.monotonic() - began
                other.over.set()
                other.join()
                sys.stderr.write(f"\n    {command[0]}: {took * 1000:.0f} ms; beside it {other.done} writes, at most "
                                 f"{other.worst_ms:.0f} ms, {len(other.refused)} refused\n")
                self.assertLess(took, 20)
                self.assertEqual(other.refused, [])

    def test_what_needs_no_values_runs(self):
        self.assertEqual(self.ask("EXISTS", *self.keys), KEYS)
        self.assertEqual(self.ask("TOUCH", *self.keys), KEYS)
        self.assertEqual(self.ask("UNLINK", *self.keys[:1000]), 1000)
        self.assertEqual(self.ask("DEL", *self.keys), KEYS - 1000)
        self.assertEqual(self.ask("EXISTS", *self.keys), 0)

    def test_too_many_values_are_refused(self):
        refusal = self.ask("MGET", *self.keys)
        self.assertIsInstance(refusal, ReplyError)
        self.assertTrue(str(refusal).startswith("OOM the keys of this command"), refusal)
        self.wait_for_memory()
        found = []
        for at in range(0, KEYS, 100):
            found += self.ask("MGET", *self.keys[at:at + 100])
        self.assertEqual(found, [VALUE] * KEYS)


if __name__ == "__main__":
    unittest.main()
