"""Planned hand-overs under load: nobody is told an error, nothing is lost (PROTOCOL H1-H3)."""
import signal
import time
import unittest

import kill_rounds
from onggi import MASTER_NAME, OnggiTest, wait_for
from workload import IoredisWriter, RawWriter, RedisPyWriter, has_ioredis, redis


class PacedRedisPyWriter(RedisPyWriter):
    PAUSE_S = 0.05

    def write(self, key):
        time.sleep(self.PAUSE_S)
        super().write(key)


class HandOverTest(OnggiTest):
    def start_writers(self, cluster):
        ports = [sentinel.port for sentinel in cluster.sentinels]
        # A plain connection that finds the master once and then only writes: what H3 is for.
        kinds = [RawWriter] + ([RedisPyWriter] if redis else []) + ([IoredisWriter] if has_ioredis() else [])
        writers = [kind(f"{kind.__name__}-{i}", ports) for kind in kinds for i in range(2)]
        kill_rounds.start_all(writers)
        return writers

    def end(self, cluster, writers):
        kill_rounds.stop_all(writers)
        self.assertEqual(kill_rounds.lost_everywhere(cluster, writers), {})

    def epoch(self, cluster):
        return int(wait_for("a master", cluster.master).info("onggi")["epoch"])

    def all_write_on(self, writers):
        now = time.monotonic()
        for writer in writers:
            writer.wait_for_acknowledgement(now)

    def no_refused_write(self, writers):
        # The demoted master relays for its clients until they pause, then closes. A client that never pauses meets that
        # end with a command, and so does one whose relay goes through a master that hands over too; nobody is told an
        # error.
        told = [text for writer in writers for _, text in writer.errors if not any(word in text.lower() for word in ("closed", "reset by peer", "connection: "))]
        self.assertEqual(told, [])

    def test_sentinel_failover_under_load(self):
        cluster = self.start_cluster()
        writers = self.start_writers(cluster)
        try:
            for _ in range(5):
                old = cluster.wait_in_step()
                # A sentinel hears that all follow a heartbeat after they do; until then it refuses, saying so.
                wait_for("a hand-over", lambda: cluster.sentinels[0].ask("SENTINEL", "FAILOVER", MASTER_NAME) == "OK",
                         every=0.05)
                new = cluster.wait_for_master(other_than=old)
                self.assertEqual(new.ask("PING"), "PONG")
                cluster.wait_in_step()
        finally:
            self.end(cluster, writers)
        self.no_refused_write(writers)
        print(f"\n    5 hand-overs: {sum(len(w.acked) for w in writers)} acknowledged, longest wait "
              f"{max(acked - sent for w in writers for _, sent, acked in w.acked) * 1000:.0f} ms, "
              f"met the end of their connection: {', '.join(f'{w.name} {len(w.errors)}' for w in writers)}", end=" ")
        self.assertLess(max(acked - sent for w in writers for _, sent, acked in w.acked), 1.5)
        for writer in writers:
            self.assertLessEqual(len(writer.errors), 5)
            if isinstance(writer, IoredisWriter):
                self.assertEqual([text for _, text in writer.errors if not text.startswith("connection: ")], [])

    def test_one_hand_over_is_no_error_to_a_library_and_a_change_of_k_to_nobody(self):
        cluster = self.start_cluster()
        ports = [sentinel.port for sentinel in cluster.sentinels]
        # As an application's requests come: with pauses, and at once.
        libraries = ([PacedRedisPyWriter("paced", ports)] if redis else []) + (
            [IoredisWriter("ioredis", ports)] if has_ioredis() else [])
        writers = [RawWriter("raw", ports), *libraries]
        kill_rounds.start_all(writers)

        def errors(some):  # ioredis tells of reconnections as of errors: they are none
            return [text for writer in some for _, text in writer.errors if not text.startswith("connection: ")]

        try:
            for k in (2, 1):
                before = self.epoch(cluster)
                self.assertEqual(cluster.sentinels[1].ask("SENTINEL", "SET", MASTER_NAME, "write-acks", k), "OK")
                wait_for("a new epoch", lambda: self.epoch(cluster) > before)
                cluster.wait_in_step()
                self.all_write_on(writers)
            self.assertEqual(errors(writers), [])
            old = cluster.master()
            wait_for("a hand-over", lambda: cluster.sentinels[0].ask("SENTINEL", "FAILOVER", MASTER_NAME) == "OK",
                     every=0.05)
            cluster.wait_for_master(other_than=old)
            # The relay is over: the old master has no client left but who watches it.
            wait_for("everybody at the new master",
                     lambda: int(old.info("clients")["connected_clients"]) <= 1, seconds=10, every=0.1)
            self.all_write_on(writers)
        finally:
            self.end(cluster, writers)
        self.assertEqual(errors(libraries), [])

    def test_sigterm_of_the_master_hands_over(self):
        cluster = self.start_cluster()
        writers = self.start_writers(cluster)
        try:
            for _ in range(2):
                old = cluster.wait_in_step()
                old.signal(signal.SIGTERM)
                new = cluster.wait_for_master(other_than=old)
                self.assertEqual(old.process.wait(15), 0)
                self.assertEqual(new.info("onggi")["writable"], "1")
                old.start()
                cluster.wait_in_step()
        finally:
            self.end(cluster, writers)
        self.no_refused_write(writers)
        print(f"\n    2 stops of the master: longest wait "
              f"{max(acked - sent for w in writers for _, sent, acked in w.acked) * 1000:.0f} ms, closed connections: "
              f"{sum(len(w.errors) for w in writers)}", end=" ")

    def test_the_failover_command_of_a_node(self):
        cluster = self.start_cluster()
        old = cluster.master()
        old.ask("SET", "k", "v")
        self.assertEqual(old.ask("FAILOVER"), "OK")
        new = cluster.wait_for_master(other_than=old)
        self.assertEqual(new.ask("GET", "k"), "v")
        with new.connect() as connection:
            self.assertRegex(connection.error("REPLICAOF", "NO", "ONE"), "managed|sentinel")
            self.assertRegex(connection.error("CONFIG", "SET", "write-acks", "0"), "managed|sentinel|SENTINEL")

    def test_write_acks_change_through_a_new_epoch(self):
        cluster = self.start_cluster()
        before = int(cluster.master().info("onggi")["epoch"])
        self.assertEqual(cluster.sentinels[1].ask("SENTINEL", "SET", MASTER_NAME, "write-acks", "2"), "OK")

        def changed():
            master = cluster.master()
            info = master.info("onggi") if master else {}
            return info.get("write_acks") == "2" and int(info["epoch"]) > before

        wait_for("the new write-acks", changed)
        cluster.wait_in_step()
        self.assertEqual(wait_for("a write", lambda: cluster.master().ask("SET", "k", "v")), "OK")
        with cluster.sentinels[0].connect() as connection:
            self.assertIn("must be below", connection.error("SENTINEL", "SET", MASTER_NAME, "write-acks", "3"))


if __name__ == "__main__":
    unittest.main()
