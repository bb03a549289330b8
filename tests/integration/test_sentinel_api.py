"""The Sentinel API as client libraries use it: redis-py's and ioredis's own classes, events over a failover, RESP3, and
passwords everywhere."""
import os
import signal
import subprocess
import unittest

from onggi import MASTER_NAME, Cluster, Connection, OnggiTest, wait_for
from workload import has_ioredis, ioredis_place, redis, why_no_ioredis

NODE_PASSWORD, SENTINEL_PASSWORD = "nodes-secret", "sentinels-secret"


class SentinelApiTest(OnggiTest):
    def setUp(self):
        super().setUp()
        self.cluster = self.start_cluster()
        self.sentinel = self.cluster.sentinels[0]

    def ports(self):
        return [sentinel.port for sentinel in self.cluster.sentinels]

    @unittest.skipUnless(redis, "python3-redis is not installed")
    def test_redis_py_discovers(self):
        sentinel = redis.sentinel.Sentinel([("127.0.0.1", port) for port in self.ports()], socket_timeout=3,
                                           decode_responses=True)
        master = self.cluster.master()
        self.assertEqual(sentinel.discover_master(MASTER_NAME), ("127.0.0.1", master.port))
        slaves = wait_for("both replicas", lambda: (found := sentinel.discover_slaves(MASTER_NAME)) and len(found) == 2
                          and found)
        self.assertEqual({port for _, port in slaves}, {node.port for node in self.cluster.nodes if node is not master})
        self.assertTrue(sentinel.master_for(MASTER_NAME).set("k", "v"))
        replica = sentinel.slave_for(MASTER_NAME)
        wait_for("the replica to have it", lambda: replica.get("k") == "v")
        with self.assertRaises(redis.ReadOnlyError):
            replica.set("k", "w")
        first = sentinel.sentinels[0]
        self.assertEqual(first.sentinel_master(MASTER_NAME)["num-other-sentinels"], 2)
        self.assertEqual(len(first.sentinel_sentinels(MASTER_NAME)), 2)
        self.assertEqual(first.info("sentinel")["sentinel_masters"], 1)

    @unittest.skipUnless(has_ioredis(), why_no_ioredis())
    def test_ioredis_master_and_replica(self):
        script = f"""
          const Redis = require("ioredis");
          const sentinels = [{",".join(f'{{host:"127.0.0.1",port:{port}}}' for port in self.ports())}];
          (async () => {{
            const master = new Redis({{ sentinels, name: "{MASTER_NAME}", failoverDetector: true }});
            await master.set("k", "v");
            const role = (await master.role())[0];
            const replica = new Redis({{ sentinels, name: "{MASTER_NAME}", role: "slave" }});
            console.log(role, (await replica.role())[0]);
            process.exit(0);
          }})();"""
        done = subprocess.run(["node", "-e", script], capture_output=True, text=True, timeout=30,
                              env={**os.environ, **ioredis_place()})
        self.assertEqual(done.stdout, "master slave\n", done.stderr)

    def collect_events(self, connection, until):
        events = []
        while True:
            message = connection.read()
            events.append((message[-2], message[-1]))
            if until(events):
                return events

    def test_events_over_a_failover(self):
        old = self.cluster.master()
        with self.sentinel.connect(timeout=20) as all_events, self.sentinel.connect(timeout=20) as lettuce:
            self.assertEqual(all_events.ask("PSUBSCRIBE", "*"), ["psubscribe", "*", 1])
            self.assertEqual(lettuce.ask("PSUBSCRIBE", "[-+]sdown"), ["psubscribe", "[-+]sdown", 1])
            os.kill(old.serving_pid(), signal.SIGKILL)

            def switched_and_named(events):
                names = [name for name, _ in events]
                return "+switch-master" in names and "+slave" in names[names.index("+switch-master"):]

            events = self.collect_events(all_events, switched_and_named)
            self.assertEqual(lettuce.read()[2:], ["+sdown", f"master {MASTER_NAME} 127.0.0.1 {old.port}"])
        new = self.cluster.wait_for_master(other_than=old)
        said = dict(events)
        self.assertEqual(said["+switch-master"], f"{MASTER_NAME} 127.0.0.1 {old.port} 127.0.0.1 {new.port}")
        self.assertIn("+sdown", said)
        self.assertRegex(said["+slave"], rf"^slave 127.0.0.1:\d+ 127.0.0.1 \d+ @ {MASTER_NAME} 127.0.0.1 {new.port}$")

    def test_resp3_and_the_other_commands(self):
        with self.sentinel.connect() as connection:
            hello = connection.ask("HELLO", "3", "SETNAME", "tester")
            self.assertEqual((hello["proto"], hello["mode"]), (3, "sentinel"))
            master = connection.ask("SENTINEL", "MASTER", MASTER_NAME)
            self.assertIsInstance(master, dict)
            self.assertEqual(master["flags"], "master")
            self.assertEqual(master["num-slaves"], "2")
            self.assertIsInstance(connection.ask("SENTINEL", "CONFIG", "GET", "*"), dict)
            self.assertEqual(connection.ask("ROLE"), ["sentinel", [MASTER_NAME]])
            self.assertEqual(connection.ask("PING"), "PONG")
            self.assertEqual(connection.ask("CLIENT", "GETNAME"), "tester")
            self.assertTrue(connection.ask("SENTINEL", "CKQUORUM", MASTER_NAME).startswith("OK 3 usable Sentinels"))
            self.assertEqual(connection.error("SENTINEL", "MASTER", "other"), "ERR No such master with that name")
            self.assertIsNone(connection.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "other"))
            self.assertTrue(connection.error("SENTINEL", "NOSUCH").startswith("ERR"))
            self.assertTrue(connection.error("GET", "k").startswith("ERR unknown command"))
            self.assertEqual(len(connection.ask("SENTINEL", "MYID")), 40)
        with self.sentinel.connect() as connection:
            flat = connection.ask("SENTINEL", "MASTER", MASTER_NAME)
            self.assertIsInstance(flat, list)
            self.assertEqual(flat[flat.index("name") + 1], MASTER_NAME)

    def test_no_quorum_says_so(self):
        for sentinel in self.cluster.sentinels[1:]:
            sentinel.kill()
        with self.sentinel.connect() as connection:
            def refused():
                connection.send("SENTINEL", "CKQUORUM", MASTER_NAME)
                return connection.line().startswith(b"-NOQUORUM 1 usable")
            wait_for("NOQUORUM", refused)


class PasswordsEverywhereTest(OnggiTest):
    def test_a_cluster_with_passwords_fails_over(self):
        cluster = Cluster(self.directory, node_directives={"requirepass": NODE_PASSWORD, "masterauth": NODE_PASSWORD},
                          sentinel_lines=[f"sentinel auth-pass {MASTER_NAME} {NODE_PASSWORD}",
                                          f"requirepass {SENTINEL_PASSWORD}"])
        self.processes += cluster.nodes + cluster.sentinels
        for process in cluster.nodes:
            process.password = NODE_PASSWORD
        for process in cluster.sentinels:
            process.password = SENTINEL_PASSWORD
        cluster.start()
        old = cluster.wait_in_step()
        self.assertEqual(old.ask("SET", "k", "v"), "OK")
        with Connection(cluster.sentinels[0].port) as stranger:
            self.assertTrue(stranger.error("SENTINEL", "MASTERS").startswith("NOAUTH"))
        if redis:
            sentinel = redis.sentinel.Sentinel([("127.0.0.1", s.port) for s in cluster.sentinels],
                                               sentinel_kwargs={"password": SENTINEL_PASSWORD}, password=NODE_PASSWORD)
            self.assertTrue(sentinel.master_for(MASTER_NAME).set("by", "redis-py"))
        os.kill(old.serving_pid(), signal.SIGKILL)
        new = cluster.wait_for_master(other_than=old)
        wait_for("a write", lambda: new.ask("SET", "after", "v") == "OK")
        old.process.wait(15)
        old.start()
        cluster.wait_in_step()
        self.assertEqual(old.ask("GET", "after"), "v")
        for process in [*cluster.nodes, *cluster.sentinels]:
            self.assertNotIn(NODE_PASSWORD, process.output())
            self.assertNotIn(SENTINEL_PASSWORD, process.output())

    def test_sentinels_without_the_nodes_password_promote_nobody(self):
        cluster = Cluster(self.directory, node_directives={"requirepass": NODE_PASSWORD, "masterauth": NODE_PASSWORD})
        self.processes += cluster.nodes + cluster.sentinels
        for process in cluster.nodes:
            process.password = NODE_PASSWORD
        cluster.start()
        reasons = wait_for("the reasons", lambda: cluster.sentinels[0].ask("SENTINEL", "STUCK"))
        self.assertIsNone(cluster.master())
        self.assertTrue(reasons)
