"""What a reply waits for: WAIT's counts, write-acks with -NOACK and -NOREPLICAS, held writes let go, durability disk
(PROTOCOL N3, N8); unmanaged nodes as in Redis; a divergent tail that is cut, kept and named (N5)."""
import os
import signal
import time

from onggi import OnggiTest, wait_for


class Frozen:
    """The serving processes of nodes, stopped while in the block."""

    def __init__(self, *nodes):
        self.pids = [node.serving_pid() for node in nodes]

    def __enter__(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)
        return self

    def __exit__(self, *unused):
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)


class WriteAcksTest(OnggiTest):
    def others(self, cluster, master):
        return [node for node in cluster.nodes if node is not master]

    def test_wait_counts(self):
        cluster = self.start_cluster(write_acks=0)
        master = cluster.master()
        first, second = self.others(cluster, master)
        with master.connect() as connection:
            connection.ask("SET", "k", "1")
            self.assertEqual(connection.ask("WAIT", 2, 5000), 2)
            with Frozen(first):
                connection.ask("SET", "k", "2")
                self.assertEqual(connection.ask("WAIT", 1, 5000), 1)
                started = time.monotonic()
                self.assertEqual(connection.ask("WAIT", 2, 300), 1)
                self.assertGreater(time.monotonic() - started, 0.25)
            self.assertEqual(connection.ask("WAIT", 2, 5000), 2)
            connection.ask("SET", "k", "3")
            self.assertEqual(connection.ask("WAITAOF", 1, 0, 5000)[0], 1)

    def test_no_ack_and_then_no_replicas(self):
        cluster = self.start_cluster()
        master = cluster.master()
        with master.connect() as connection, Frozen(*self.others(cluster, master)):
            # Both still count as following: the write runs, and nobody acknowledges it.
            self.assertTrue(connection.error("SET", "maybe", "v").startswith("NOACK"))
            # Then they are known to be gone: writes are held, and refused unexecuted.
            refused = wait_for("NOREPLICAS", lambda: self.refusal(master), 20)
            self.assertEqual(connection.ask("EXISTS", refused), 0)
            self.assertEqual(connection.ask("GET", "maybe"), "v")  # reads go on
        cluster.wait_in_step()
        self.assertEqual(wait_for("writes again", lambda: cluster.master().ask("SET", "k", "v")), "OK")
        for node in cluster.nodes:
            self.assertEqual(node.ask("EXISTS", refused), 0)

    @staticmethod
    def refusal(master):
        """The key of a write that was refused with -NOREPLICAS."""
        key = f"refused:{time.monotonic()}"
        with master.connect() as connection:
            return connection.error("SET", key, "v").startswith("NOREPLICAS") and key

    def test_held_writes_are_let_go_when_a_replica_comes_back(self):
        cluster = self.start_cluster(node_directives={"hold_ms": 20000, "write_acks_timeout_ms": 20000})
        master = cluster.master()
        with master.connect(timeout=30) as connection:
            with Frozen(*self.others(cluster, master)):
                wait_for("writes to be held", lambda: master.info("onggi")["write_gate"] == "held-no-replicas", 20)
                connection.send("SET", "held", "v")
            self.assertEqual(connection.read(), "OK")
        cluster.wait_in_step()
        for node in cluster.nodes:
            self.assertEqual(node.ask("GET", "held"), "v")

    def test_durability_disk(self):
        cluster = self.start_cluster(node_directives={"durability": "disk"})
        master = cluster.master()
        for i in range(50):
            self.assertEqual(master.ask("SET", f"k:{i}", "v"), "OK")
        info = master.info("log")
        self.assertEqual(info["durability"], "disk")
        self.assertEqual(info["log_synced"], info["log_end"])
        os.kill(master.serving_pid(), signal.SIGKILL)
        new = cluster.wait_for_master(other_than=master)
        self.assertEqual(new.ask("EXISTS", *[f"k:{i}" for i in range(50)]), 50)


class UnmanagedTest(OnggiTest):
    def follow(self, replica, master):
        self.assertEqual(replica.ask("REPLICAOF", "127.0.0.1", str(master.port)), "OK")
        wait_for("the link", lambda: replica.info("replication")["master_link_status"] == "up")

    def in_step(self, replica, master):
        wait_for("the replica to have all", lambda: replica.info("replication")["slave_repl_offset"] ==
                 master.info("replication")["master_repl_offset"])

    def test_replicaof_and_promotion_by_hand(self):
        a, b = self.start_node("a"), self.start_node("b")
        a.ask("SET", "k", "1")
        self.follow(b, a)
        self.in_step(b, a)
        self.assertEqual(b.ask("GET", "k"), "1")
        with b.connect() as connection:
            self.assertTrue(connection.error("SET", "k", "2").startswith("READONLY"))
        self.assertEqual(b.ask("ROLE")[:3], ["slave", "127.0.0.1", a.port])
        a.kill()
        self.assertEqual(b.ask("REPLICAOF", "NO", "ONE"), "OK")
        self.assertEqual(b.ask("SET", "k", "2"), "OK")
        a.start()
        self.follow(a, b)
        self.in_step(a, b)
        self.assertEqual(a.ask("GET", "k"), "2")

    def test_a_divergent_tail_is_cut_kept_and_named(self):
        a, b = self.start_node("a"), self.start_node("b")
        a.ask("SET", "common", "1")
        self.follow(b, a)
        self.in_step(b, a)
        self.assertEqual(b.ask("REPLICAOF", "NO", "ONE"), "OK")
        self.assertEqual(b.ask("SET", "of-b", "1"), "OK")
        for i in range(3):
            self.assertEqual(a.ask("SET", f"lonely:{i}", "1"), "OK")
        self.follow(a, b)
        self.in_step(a, b)
        self.assertEqual(a.ask("GET", "of-b"), "1")
        self.assertEqual(a.ask("EXISTS", "lonely:0", "lonely:1", "lonely:2"), 0)
        info = a.info("onggi")
        self.assertEqual((info["tails_cut"], int(info["records_cut"]) >= 3), ("1", True), info)
        self.assertTrue(list((a.directory / "cut-tails").iterdir()))
        for i in range(3):
            self.assertIn(f"lonely:{i}", a.output())

    def test_a_managed_master_without_write_acks_gives_up_its_lonely_tail(self):
        cluster = self.start_cluster(write_acks=0)
        old = cluster.master()
        others = [node for node in cluster.nodes if node is not old]
        with old.connect() as connection, Frozen(*others):
            self.assertEqual(connection.ask("SET", "lonely", "1"), "OK")  # k = 0 promises no more
            old.kill()
        new = cluster.wait_for_master(other_than=old)
        if new.ask("EXISTS", "lonely"):
            self.skipTest("the record had reached a replica's socket before the stop")
        wait_for("a write", lambda: new.ask("SET", "after", "1") == "OK")
        old.start()
        cluster.wait_in_step()
        self.assertEqual(old.ask("EXISTS", "lonely"), 0)
        self.assertEqual(old.info("onggi")["tails_cut"], "1")
        self.assertIn("lonely", old.output())
