"""Replicas that fall behind: a stopped one catches up from the segments, an emptied one by a full copy, and neither
holds the master up or makes it start over (PROTOCOL N6, issue's "a slow replica never makes the master drop")."""
import os
import shutil
import signal
import statistics
import threading
import time

from onggi import Connection, OnggiTest, wait_for
from workload import RawWriter, missing

VALUE = "x" * 4000


class Load:
    """Pipelined writes of big values, `megabytes` in all, by one connection."""

    def __init__(self, node):
        self.node = node
        self.written = 0
        self.value = lambda i: VALUE + str(i)

    def write(self, megabytes):
        batch = 100
        with self.node.connect(timeout=60) as connection:
            for _ in range(int(megabytes * 1e6 / (batch * len(VALUE)))):
                connection.send_raw(b"".join(Connection.encode("SET", f"load:{(self.written + i) % 5000}", self.value(i))
                                             for i in range(batch)))
                for _ in range(batch):
                    assert connection.read() == "OK"
                self.written += batch


def load_more(load, node):
    load.write(1)
    return node


class Pinger:
    """How long a small read of the master takes, again and again."""

    def __init__(self, node):
        self.node, self.times, self.ending = node, [], threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.ending.is_set():
            try:
                with self.node.connect(timeout=60) as connection:
                    self.read(connection)
            except (OSError, EOFError):
                pass  # a new epoch of the same master (the exchange of the lost id) closes its connections

    def read(self, connection):
        while not self.ending.is_set():
            start = time.monotonic()
            connection.ask("GET", "load:1")
            self.times.append((time.monotonic() - start) * 1000)
            self.ending.wait(0.002)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.ending.set()
        self.thread.join(30)

    def p99(self):
        return statistics.quantiles(self.times, n=100)[98]


class ReplicaBehindTest(OnggiTest):
    # Small segments and memory tail: what a stopped replica missed is on disk only.
    DIRECTIVES = {"log_memory_tail": "1mb", "log_segment_size": "4mb", "repl_backlog_size": "256mb"}

    def start(self, **directives):
        cluster = self.start_cluster(node_directives={**self.DIRECTIVES, **directives})
        master = cluster.master()
        replica = next(node for node in cluster.nodes if node is not master)
        return cluster, master, replica

    def same_everywhere(self, cluster):
        cluster.wait_in_step()
        self.assertEqual(len({node.ask("DEBUG", "DIGEST") for node in cluster.nodes}), 1)

    def test_a_stopped_replica_catches_up_from_segments(self):
        cluster, master, replica = self.start()
        Load(master).write(2)
        serving = replica.serving_pid()
        os.kill(serving, signal.SIGSTOP)
        try:
            Load(master).write(40)
        finally:
            os.kill(serving, signal.SIGCONT)
        self.same_everywhere(cluster)
        self.assertIs(cluster.master(), master)
        self.assertEqual(replica.info("onggi")["copies_received"], "0")
        self.assertEqual(master.info("stats")["sync_full"], "0")

    def test_a_replica_that_was_down_for_long_resumes_from_segments(self):
        cluster, master, replica = self.start()
        Load(master).write(2)
        cluster.wait_in_step()
        replica.kill()
        Load(master).write(30)
        replica.start()
        self.same_everywhere(cluster)
        self.assertEqual(replica.info("onggi")["copies_received"], "0")
        self.assertGreaterEqual(int(master.info("stats")["sync_partial_ok"]), 1)

    def test_a_replica_that_comes_back_finds_its_place_beyond_the_backlog(self):
        """Its link broke, and much more was written than the backlog keeps: within repl-timeout it needs no copy."""
        cluster, master, replica = self.start(repl_backlog_size="1mb", log_segment_size="1mb", tier_flush_bytes="4mb",
                                              tier_lag_ms=200)
        load = Load(master)
        load.value = lambda i: os.urandom(2000).hex()
        load.write(2)
        cluster.wait_in_step()
        replica.kill()
        held = int(master.info("replication")["master_repl_offset"])

        def enough():  # without a place kept for it the log would begin behind what it holds by now
            told = load_more(load, master).info("everything")
            begins, ends = int(told["repl_backlog_first_byte_offset"]), int(told["master_repl_offset"])
            return int(told["tier_durable_offset"]) > held + 30e6 and (begins > held or ends > held + 60e6)

        wait_for("the tier to need less of the log", enough, 60)
        replica.start()
        self.same_everywhere(cluster)
        self.assertEqual(replica.info("onggi")["copies_received"], "0")
        self.assertEqual(master.info("stats")["sync_full"], "0")

    def test_an_emptied_replica_gets_a_full_copy_under_load(self):
        # With the whole log at hand an emptied replica would be served from its beginning: here it is gone.
        cluster, master, replica = self.start(repl_backlog_size="1mb", tier_flush_bytes="4mb", tier_lag_ms=200)
        load = Load(master)
        load.value = lambda i: os.urandom(2000).hex()  # which no compression shrinks to nothing
        load.write(40)
        cluster.wait_in_step()
        replica.kill()
        wait_for("the log's beginning to go", lambda: int(
            load_more(load, master).info("replication")["repl_backlog_first_byte_offset"]) > 0, 30)
        for entry in replica.directory.iterdir():
            if entry != replica.log_path:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        writer = RawWriter("writer", [sentinel.port for sentinel in cluster.sentinels]).start()
        with Pinger(master) as quiet:
            wait_for("a quiet second", lambda: len(quiet.times) > 300)
        with Pinger(master) as busy:
            replica.start()
            wait_for("the copy", lambda: int(replica.info("onggi")["copies_received"]) == 1, 30)
        cluster.wait_in_step()
        writer.stop()
        cluster.wait_in_step()
        self.assertEqual(missing(replica, [writer]), [])
        self.assertIn(master.info("stats")["sync_full"], ("1", "2"))
        print(f"\n    GET beside a write load: p99 {quiet.p99():.1f} ms, during a full copy {busy.p99():.1f} ms "
              f"(max {max(busy.times):.1f})", end=" ")
        self.assertLess(busy.p99(), max(100, 10 * quiet.p99()))
        # The exchange of the lost id is a new epoch of the same data.
        wait_for("three members", lambda: (m := cluster.master()) and m.info("onggi")["members_following"] == "2", 20)
        self.same_everywhere(cluster)

    def test_a_slow_reader_is_only_late(self):
        cluster, master, replica = self.start()
        serving = replica.serving_pid()
        ending = threading.Event()

        def hiccup():  # awake for a tenth of the time
            while not ending.is_set():
                os.kill(serving, signal.SIGSTOP)
                ending.wait(0.045)
                os.kill(serving, signal.SIGCONT)
                ending.wait(0.005)

        thread = threading.Thread(target=hiccup, daemon=True)
        thread.start()
        try:
            Load(master).write(60)
        finally:
            ending.set()
            thread.join(10)
            os.kill(serving, signal.SIGCONT)
        self.same_everywhere(cluster)
        self.assertIs(cluster.master(), master)
        self.assertEqual(master.info("stats")["sync_full"], "0")
