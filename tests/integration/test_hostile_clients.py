"""Clients that mean no good cost themselves: memory stays bounded, and who behaves notices next to nothing.

The bounds are generous (the machine may be busy); the figures are in docs/load.md, and `./onggi load` gives them again.
ONGGI_LOAD=long runs the longer forms.
"""
import os
import select
import sys
import unittest

from onggi import ROOT, Connection, OnggiTest, ReplyError, wait_for

sys.path.insert(0, str(ROOT / "bench"))
import hostile  # noqa: E402

LONG = os.environ.get("ONGGI_LOAD") == "long"
SECONDS = 20 if LONG else 3
MOST_P99_MS = 250     # of the well-behaved client, beside an attack
MOST_WAIT_MS = 3000
KEY_BYTES = 1 << 20


class HostileClients(OnggiTest):
    def start_node(self, **directives):
        node = super().start_node(**directives)
        self.pid = node.serving_pid()
        self.before_mb = hostile.resident_mb(self.pid)
        return node

    def grown_mb(self):
        return hostile.resident_mb(self.pid) - self.before_mb

    def beside(self, node, attack, seconds=SECONDS):
        """The attack begins, the well-behaved client runs beside it; returns the most that memory grew."""
        with hostile.Probe(node.port) as probe:
            running = attack()
            try:
                most = 0
                for _ in range(int(seconds * 10)):
                    most = max(most, self.grown_mb())
                    wait_for("the node to answer", lambda: node.ask("PING") == "PONG", seconds=30)
                    self.pause()
            finally:
                for one in running if isinstance(running, list) else [running]:
                    one.close()
        figures = probe.figures
        sys.stderr.write(f"\n    {self.id().rsplit('.', 1)[1]}: memory grew by {most:.0f} MB at most; beside it {figures}\n")
        self.assertEqual(figures["errors"], 0)
        self.assertGreater(figures["requests"], 50)
        self.assertLess(figures["p99_ms"], MOST_P99_MS)
        self.assertLess(figures["max_ms"], MOST_WAIT_MS)
        return most

    def pause(self):
        """A tenth of a second for the attack to go on."""
        select.select([], [], [], 0.1)

    def test_idle_connections(self):
        count = 10000
        node = self.start_node(maxclients=count + 100)
        most = self.beside(node, lambda: hostile.Connections(node.port, count))
        self.assertLess(most, 100)

    def test_half_a_frame_and_silence(self):
        node = self.start_node()
        most = self.beside(node, lambda: hostile.HalfFrames(node.port, 2000))
        self.assertLess(most, 120)

    def test_gigantic_declared_lengths(self):
        node = self.start_node()
        refused = [hostile.Connections(node.port, 20, words) for words in hostile.TOO_LONG]
        most = self.beside(node, lambda: [hostile.Connections(node.port, 200, words) for words in hostile.GIGANTIC])
        self.assertLess(most, 120)
        for connections in refused:
            self.assertEqual(connections.closed_by_server(), 20)
            connections.close()

    def test_endless_pipelines_and_no_reader(self):
        node = self.start_node()
        node.ask("SET", "big", b"b" * KEY_BYTES)
        node.ask("SET", "small", b"s" * 10)
        self.before_mb = hostile.resident_mb(self.pid)
        most = self.beside(node, lambda: [hostile.EndlessPipeline(node.port, key) for key in ("big", "small") * 2])
        # Of each: 32 MB of replies and the one that went beyond, 64 MB of requests, both once more while they are moved.
        self.assertLess(most, 4 * 220)
        wait_for("memory to be given back", lambda: self.grown_mb() < 150, seconds=20)

    def test_slow_readers(self):
        node = self.start_node()
        node.ask("SET", "big", b"b" * KEY_BYTES)
        most = self.beside(node, lambda: [hostile.SlowReader(node.port, "big") for _ in range(4)])
        self.assertLess(most, 4 * 220)

    def test_whole_pipeline_before_the_first_reply_is_read(self):
        node = self.start_node()
        node.ask("SET", "key", b"v" * 100)
        with Connection(node.port, timeout=60) as client:
            count = 500_000  # 11 MB of requests, 54 MB of replies
            client.send_raw(client.encode("GET", "key") * count)
            for _ in range(count):
                self.assertEqual(client.read(), "v" * 100)
            self.assertEqual(client.ask("PING"), "PONG")

    def test_maxclients(self):
        node = self.start_node(maxclients=50)
        with Connection(node.port) as early:
            crowd = hostile.Connections(node.port, 40)
            # Peers count too: internal messages make no way around the limit.
            acknowledgement = hostile.encode("ONGGI", bytes([19]) + bytes(40))
            crowd.links += hostile.Connections(node.port, 9, acknowledgement).links
            wait_for("them to be peers", lambda: early.ask("CLIENT", "LIST").count("\n") == 41)
            for _ in range(20):
                with Connection(node.port) as late:
                    with self.assertRaises(ReplyError) as raised:
                        late.ask("GET", "key")
                    self.assertEqual(str(raised.exception), "ERR max number of clients reached")
            self.assertEqual(early.ask("SET", "still", "served"), "OK")
            crowd.close()
            wait_for("room again", lambda: node.ask("GET", "still") == "served")

    def test_a_crowd_keeps_no_peer_and_no_operator_out(self):
        """Twice as many silent connections as may be: the sentinels and replicas reconnect, the operator looks and acts."""
        cluster = self.start_cluster(node_directives={"maxclients": 20}, sentinel_lines=["maxclients 20"])
        master = cluster.master()
        crowds = [hostile.Connections(node.port, 80) for node in cluster.nodes]
        crowds += [hostile.Connections(sentinel.port, 80) for sentinel in cluster.sentinels]
        for node in cluster.nodes:
            self.assertEqual(node.ask("PING"), "PONG")
            with self.assertRaises(ReplyError):
                node.ask("GET", "key")
        master.kill()  # all that were connected to it are gone; the others vote, connect, and follow
        wait_for("another master", lambda: any(node.running() and node.info("replication")["role"] == "master"
                                               for node in cluster.nodes), seconds=30)
        successor = next(node for node in cluster.nodes if node.running() and node.info("replication")["role"] == "master")
        wait_for("its replica", lambda: successor.info("replication")["connected_slaves"] == "1", seconds=30)
        self.assertEqual(successor.ask("CONFIG", "SET", "maxclients", "200"), "OK")
        wait_for("writes again", lambda: successor.ask("SET", "still", "served") == "OK")
        for crowd in crowds:
            crowd.close()

    def test_all_clients_together(self):
        """Of many clients, each within its own bounds, the largest go; who behaves stays."""
        node = self.start_node(maxmemory_clients="64mb")
        node.ask("SET", "big", b"b" * KEY_BYTES)
        attack = lambda: [hostile.EndlessPipeline(node.port, "big") for _ in range(12)]
        most = self.beside(node, attack)
        self.assertLess(most, 500)  # 12 of them take 1.2 GB without it
        self.assertGreater(int(node.info("everything")["evicted_clients"]), 0)

    def test_memory_at_its_limit(self):
        node = self.start_node(maxmemory="64mb")
        value = b"m" * 20000
        refused = 0
        with hostile.Probe(node.port) as probe, Connection(node.port, timeout=60) as client:
            for at in range(0, 8000, 100):
                client.send_raw(b"".join(client.encode("SET", f"k{at + i}", value) for i in range(100)))
                for _ in range(100):
                    try:
                        client.read()
                    except ReplyError as error:
                        self.assertTrue(str(error).startswith("OOM"), error)
                        refused += 1
            most = self.grown_mb()
        sys.stderr.write(f"\n    memory limit: grew by {most:.0f} MB, {refused} of 8000 refused; beside it {probe.figures}\n")
        self.assertLess(probe.figures["max_ms"], MOST_WAIT_MS)  # it may be refused too, but not kept waiting
        self.assertLess(refused, 8000)
        self.assertLess(most, 400)
        self.assertEqual(node.ask("GET", "k0"), value.decode())  # from the tier


if __name__ == "__main__":
    unittest.main()
