"""Unmodified clients against one node: redis-cli, redis-benchmark, redis-py."""
import shutil
import subprocess
import unittest

from onggi import OnggiTest

try:
    import redis
except ImportError:
    redis = None


@unittest.skipUnless(shutil.which("redis-cli"), "redis-cli is not installed")
class RedisCliTest(OnggiTest):
    def cli(self, *args, stdin=None):
        done = subprocess.run(["redis-cli", "-p", str(self.node.port), *args], input=stdin, capture_output=True,
                              text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_commands_pipe_and_resp3(self):
        self.node = self.start_node()
        self.assertEqual(self.cli("SET", "k", "v"), "OK\n")
        self.assertEqual(self.cli("GET", "k"), "v\n")
        self.assertEqual(self.cli(stdin="INCR n\nINCR n\nDEL n\n"), "1\n2\n1\n")
        self.assertEqual(self.cli("-3", "PING"), "PONG\n")
        self.assertIn("redis_version:7.0.15", self.cli("INFO", "server"))
        self.assertIn("ERR unknown command", self.cli("NOSUCH"))

    def test_mass_insertion(self):
        self.node = self.start_node()
        count = 5000
        commands = "".join(f"*3\r\n$3\r\nSET\r\n$7\r\nk{i:06}\r\n$1\r\nv\r\n" for i in range(count))
        self.assertIn(f"errors: 0, replies: {count}", self.cli("--pipe", stdin=commands))
        self.assertEqual(self.node.ask("DBSIZE"), count)


@unittest.skipUnless(shutil.which("redis-benchmark"), "redis-benchmark is not installed")
class RedisBenchmarkTest(OnggiTest):
    def test_it_runs_and_every_command_is_answered(self):
        node = self.start_node()
        done = subprocess.run(
            ["redis-benchmark", "-p", str(node.port), "-n", "4800", "-P", "16", "-c", "10", "-q", "-t",
             "ping_inline,ping_mbulk,set,get,incr,sadd,hset,mset"], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("ERR", done.stdout + done.stderr)
        self.assertEqual(node.ask("GET", "counter:__rand_int__"), "4800")


@unittest.skipUnless(redis, "python3-redis is not installed")
class RedisPyTest(OnggiTest):
    def setUp(self):
        super().setUp()
        self.node = self.start_node()
        self.client = redis.Redis(host="127.0.0.1", port=self.node.port, decode_responses=True, socket_timeout=10)
        self.addCleanup(self.client.close)

    def test_strings_hashes_sets(self):
        client = self.client
        self.assertTrue(client.set("sess:1", "data", ex=100))
        self.assertEqual(client.get("sess:1"), "data")
        self.assertTrue(90 <= client.ttl("sess:1") <= 100)
        self.assertIsNone(client.set("sess:1", "other", nx=True))
        client.hset("h", mapping={"a": 1, "b": 2})
        self.assertEqual(client.hgetall("h"), {"a": "1", "b": "2"})
        client.sadd("s", "x", "y")
        self.assertEqual(client.smembers("s"), {"x", "y"})
        self.assertEqual(sorted(client.scan_iter(count=1)), ["h", "s", "sess:1"])
        self.assertEqual(client.delete("h", "s", "nothing"), 2)

    def test_pipeline_without_transaction(self):
        pipe = self.client.pipeline(transaction=False)
        for i in range(1000):
            pipe.incr("n")
        self.assertEqual(pipe.execute(), list(range(1, 1001)))

    def test_errors_are_the_ones_clients_know(self):
        self.client.set("k", "text")
        with self.assertRaisesRegex(redis.ResponseError, "not an integer or out of range"):
            self.client.incr("k")
        with self.assertRaisesRegex(redis.ResponseError, "WRONGTYPE"):
            self.client.hget("k", "f")

    def test_server_commands(self):
        client = self.client
        self.assertEqual(client.info()["redis_version"], "7.0.15")
        self.assertEqual(client.config_get("timeout"), {"timeout": "0"})
        self.assertTrue(client.config_set("timeout", 300))
        self.assertEqual(client.config_get("timeout"), {"timeout": "300"})
        self.assertIn("get", client.command())
        self.assertEqual(client.command_count(), len(client.command()))
        client.client_setname("tester")
        self.assertEqual([c["name"] for c in client.client_list()], ["tester"])
        self.assertEqual(client.execute_command("ROLE")[0], "master")
        self.assertEqual(client.wait(0, 0), 0)
        self.assertTrue(client.save())
        self.assertTrue(client.ping())

    def test_idle_clients_are_closed_and_the_node_goes_on(self):
        pid = self.node.serving_pid()
        idle = [self.node.connect() for _ in range(3)]
        for connection in idle:
            self.addCleanup(connection.close)
            self.assertEqual(connection.ask("PING"), "PONG")
        self.assertTrue(self.client.config_set("timeout", 1))
        for connection in idle:
            with self.assertRaises((OSError, EOFError)):
                connection.read()
        self.assertEqual(self.node.serving_pid(), pid)

    def test_databases(self):
        other = redis.Redis(host="127.0.0.1", port=self.node.port, db=5, decode_responses=True)
        self.addCleanup(other.close)
        other.set("k", "five")
        self.assertIsNone(self.client.get("k"))
        self.client.execute_command("SWAPDB", 0, 5)
        self.assertEqual(self.client.get("k"), "five")


if __name__ == "__main__":
    unittest.main()
