"""kill -STOP of the master: it can't know that time went by, and must not write when it wakes (P2). Each node gets a
writer of its own, so that any two nodes that accept writes at once are seen. ONGGI_STOP_SECONDS=15 makes it longer."""
import os
import signal
import time

from onggi import OnggiTest, ReplyError, wait_for
from workload import CLIENT_TIMEOUT_S, DirectWriter, RawWriter, missing

STOP_SECONDS = float(os.environ.get("ONGGI_STOP_SECONDS", "4"))


class StoppedMasterTest(OnggiTest):
    def stop_and_go_on(self, write_acks, durability="os"):
        cluster = self.start_cluster(write_acks=write_acks, node_directives={"durability": durability})
        old = cluster.master()
        direct = {node.port: DirectWriter(f"direct-{node.port}", node.port) for node in cluster.nodes}
        follower = RawWriter("follower", [sentinel.port for sentinel in cluster.sentinels])
        writers = [*direct.values(), follower]
        for writer in writers:
            writer.start()
        started = time.monotonic()
        direct[old.port].wait_for_acknowledgement(started)
        follower.wait_for_acknowledgement(started)
        waiting = old.connect(timeout=60)  # its write lies in the socket of a master that sleeps
        self.addCleanup(waiting.close)
        self.assertEqual(waiting.ask("PING"), "PONG")
        serving = old.serving_pid()
        os.kill(serving, signal.SIGSTOP)
        stopped = time.monotonic()
        try:
            waiting.send("SET", "sent-to-the-sleeper", "v")
            follower.wait_for_acknowledgement(stopped + 0.05)
            took = time.monotonic() - stopped
            new = cluster.wait_for_master(other_than=old)
            # The stop lasts as long as the test says: this is its subject, not a wait for anything.
            wait_for("the stop to be over", lambda: time.monotonic() - stopped >= STOP_SECONDS, STOP_SECONDS + 5)
        finally:
            os.kill(serving, signal.SIGCONT)
        with self.assertRaises((ReplyError, OSError, EOFError), msg="the sleeper took a write"):
            waiting.read()
        cluster.wait_in_step()
        self.assertIs(cluster.master(), new)
        for writer in writers:
            writer.stop()
        self.check_one_master_at_a_time(direct, old, new, stopped)
        cluster.wait_in_step()
        for node in cluster.nodes:
            self.assertEqual(node.ask("EXISTS", "sent-to-the-sleeper"), 0)
            if write_acks > 0:
                self.assertEqual(missing(node, writers), [])
        alone = min(acked for _, _, acked in direct[new.port].acked) - stopped
        print(f"\n    stopped for {STOP_SECONDS:.0f} s, write-acks {write_acks}: the new master acknowledges after "
              f"{alone * 1000:.0f} ms, to a client with a timeout of {CLIENT_TIMEOUT_S} s after {took * 1000:.0f} ms", end=" ")

    def check_one_master_at_a_time(self, direct, old, new, stopped):
        by_old, by_new = direct[old.port].acked, direct[new.port].acked
        self.assertTrue(by_old and by_new)
        first_by_new = min(acked for _, _, acked in by_new)
        # A write is accepted between its sending and its acknowledgement.
        late = [key for key, sent, _ in by_old if sent > first_by_new]
        self.assertEqual(late, [], "the old master accepted writes after the new one had")
        self.assertEqual([key for key, sent, _ in by_old if sent > stopped], [], "the woken master accepted writes")
        for port, writer in direct.items():
            if port not in (old.port, new.port):
                self.assertEqual(writer.acked, [])

    def test_with_write_acks(self):
        self.stop_and_go_on(write_acks=1)

    def test_without_write_acks(self):
        self.stop_and_go_on(write_acks=0)
