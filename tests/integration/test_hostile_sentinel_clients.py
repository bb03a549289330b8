"""Clients that mean no good at the sentinels: their memory stays bounded, and leases and elections go on beside them.

Each attack goes to all three sentinels at once; a well-behaved client writes to the master meanwhile, which it may only
while a majority of the sentinels renews its lease.
"""
import os
import select
import sys
import unittest

from onggi import ROOT, OnggiTest, wait_for

sys.path.insert(0, str(ROOT / "bench"))
import hostile  # noqa: E402

LONG = os.environ.get("ONGGI_LOAD") == "long"
SECONDS = 20 if LONG else 3
MOST_P99_MS = 250
MOST_GROWN_MB = 160  # 64 MB of all connections' buffers, once more while they are moved, and the connections' own


class HostileSentinelClients(OnggiTest):
    def setUp(self):
        super().setUp()
        self.cluster = self.start_cluster()
        self.master = self.cluster.master()
        self.pids = [sentinel.process.pid for sentinel in self.cluster.sentinels]
        self.before_mb = [hostile.resident_mb(pid) for pid in self.pids]

    def grown_mb(self):
        return max(hostile.resident_mb(pid) - before for pid, before in zip(self.pids, self.before_mb))

    def beside(self, attack):
        """`attack(port)` returns what is to be closed. The most that a sentinel's memory grew by."""
        most = 0
        with hostile.Probe(self.master.port) as probe:
            running = [one for sentinel in self.cluster.sentinels for one in attack(sentinel.port)]
            try:
                for _ in range(int(SECONDS * 10)):
                    most = max(most, self.grown_mb())
                    for sentinel in self.cluster.sentinels:
                        self.assertEqual(sentinel.ask("PING"), "PONG")
                    select.select([], [], [], 0.1)  # for the attack to go on
            finally:
                for one in running:
                    one.close()
        sys.stderr.write(f"\n    {self.id().rsplit('.', 1)[1]}: a sentinel's memory grew by {most:.0f} MB at most; "
                         f"beside it {probe.figures}\n")
        self.assertEqual(probe.figures["errors"], 0)
        self.assertGreater(probe.figures["requests"], 50)
        self.assertLess(probe.figures["p99_ms"], MOST_P99_MS)
        self.assertIs(self.cluster.master(), self.master)
        self.assertLess(most, MOST_GROWN_MB)
        return most

    def test_idle_connections(self):
        self.beside(lambda port: [hostile.Connections(port, 3000)])

    def test_half_a_frame_and_silence(self):
        self.beside(lambda port: [hostile.HalfFrames(port, 1000)])
        attack = [hostile.Connections(self.cluster.sentinels[0].port, 20, words) for words in hostile.TOO_LONG]
        for connections in attack:
            wait_for("them to be closed", lambda: connections.closed_by_server() == 20)
            connections.close()

    def test_many_that_fill_their_share_of_requests(self):
        """100 that each sends a megabyte of a request that never ends: together more than all may have."""
        half = b"*2\r\n$5\r\nhello\r\n$1000000\r\n" + b"h" * 990_000
        self.beside(lambda port: [hostile.Connections(port, 100, half)])
        evicted = [int(sentinel.info("everything")["evicted_clients"]) for sentinel in self.cluster.sentinels]
        self.assertTrue(all(evicted), evicted)

    def test_endless_pipelines_and_no_reader(self):
        self.beside(lambda port: [hostile.Sender(port, hostile.encode("SENTINEL", "SENTINELS", "mymaster"))
                                  for _ in range(6)])

    def test_subscribers_that_never_read(self):
        words = hostile.encode("PSUBSCRIBE", "*") + hostile.encode("PING", "p" * 1000) * 60
        self.beside(lambda port: [hostile.Sender(port, words) for _ in range(6)])


if __name__ == "__main__":
    unittest.main()
