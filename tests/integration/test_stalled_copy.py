"""A replica that stands still in the middle of its full copy, while writes go on: the master neither waits nor begins anew,
keeps its memory, and the replica goes on where it was."""
import os
import signal
import sys

from onggi import ROOT, Connection, OnggiTest, wait_for

sys.path.insert(0, str(ROOT / "bench"))
import hostile  # noqa: E402

VALUE_BYTES = 10_000
MEGABYTE = 1_000_000


class StalledCopyTest(OnggiTest):
    def write(self, node, megabytes, first):
        count = 50
        with node.connect(timeout=60) as client:
            for at in range(first, first + megabytes * MEGABYTE // VALUE_BYTES, count):
                client.send_raw(b"".join(Connection.encode("SET", f"key:{(at + i) % 8000}", str(at + i) + "v" * VALUE_BYTES)
                                         for i in range(count)))
                for _ in range(count):
                    self.assertEqual(client.read(), "OK")

    def test_the_copy_goes_on_and_nothing_else_notices(self):
        # A log that is soon gone: an empty replica needs a full copy.
        master = self.start_node("master", repl_backlog_size="1mb", log_segment_size="1mb", tier_lag_ms=200)
        self.write(master, 80, 0)
        wait_for("the log's beginning to be gone", lambda: self.log_begins_later(master), seconds=30)
        replica = self.start_node("replica", replicaof=["127.0.0.1", master.port])
        pid = replica.serving_pid()
        wait_for("the copy to be under way", lambda: int(master.info("stats")["sync_full"]) == 1, every=0.001)
        os.kill(pid, signal.SIGSTOP)
        self.addCleanup(lambda: replica.running() and os.kill(pid, signal.SIGCONT))
        before_mb = hostile.resident_mb(master.serving_pid())
        with hostile.Probe(master.port) as probe:
            self.write(master, 100, 8000)
        grown = hostile.resident_mb(master.serving_pid()) - before_mb
        sys.stderr.write(f"\n    a stalled copy: memory grew by {grown:.0f} MB; beside it {probe.figures}\n")
        self.assertEqual(probe.figures["errors"], 0)
        self.assertLess(probe.figures["p99_ms"], 250)
        self.assertLess(grown, 200)
        os.kill(pid, signal.SIGCONT)
        end = int(master.info("replication")["master_repl_offset"])
        wait_for("the replica to be there", lambda: replica.info("replication").get("master_link_status") == "up" and
                 int(replica.info("replication")["slave_repl_offset"]) >= end, seconds=60)
        self.assertEqual(int(master.info("stats")["sync_full"]), 1)
        self.assertEqual(master.ask("DEBUG", "DIGEST"), replica.ask("DEBUG", "DIGEST"))

    @staticmethod
    def log_begins_later(master):
        told = master.info("everything")
        return int(told["repl_backlog_first_byte_offset"]) > 1
