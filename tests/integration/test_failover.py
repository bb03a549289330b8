"""kill -9 of the master under writes of real clients: nothing acknowledged is lost, and soon somebody acknowledges
again. chaos/kill_master.py measures the same over more kills; ONGGI_KILLS=20 does it here."""
import os
import statistics
import unittest

import kill_rounds
from onggi import OnggiTest
from workload import (IoredisWriter, RawWriter, RedisPyWriter, has_ioredis, redis, why_no_ioredis)

KILLS = int(os.environ.get("ONGGI_KILLS", "3"))


class KillMasterTest(OnggiTest):
    def run_rounds(self, kinds, with_watcher=False, kills=KILLS, **options):
        cluster = self.start_cluster(**options)
        ports = [sentinel.port for sentinel in cluster.sentinels]
        writers = [kind(kind.__name__, ports) for kind in kinds]
        kill_rounds.start_all(writers)
        try:
            rounds = [kill_rounds.kill_once(cluster, writers, i + 1, with_watcher) for i in range(kills)]
        finally:
            kill_rounds.stop_all(writers)
        self.assertEqual(kill_rounds.lost_everywhere(cluster, writers), {})
        for done in rounds:
            self.assertTrue(done.back_partially, done)
        self.assertEqual([done.epoch for done in rounds], sorted({done.epoch for done in rounds}))
        for writer in writers:
            times = [done.first_ack_ms[writer.name] for done in rounds]
            print(f"\n    {writer.name}: kill -9 to the first acknowledged write: median {statistics.median(times):.0f} ms, "
                  f"max {max(times):.0f} ms; {len(writer.acked)} acknowledged, {len(writer.errors)} errors", end=" ")
        return rounds

    def test_a_raw_client(self):
        self.run_rounds([RawWriter])

    @unittest.skipUnless(redis, "python3-redis is not installed")
    def test_redis_py(self):
        self.run_rounds([RedisPyWriter])

    @unittest.skipUnless(has_ioredis(), why_no_ioredis())
    def test_ioredis(self):
        self.run_rounds([IoredisWriter])

    def test_the_watcher_dies_too_as_when_a_host_dies(self):
        rounds = self.run_rounds([RawWriter], with_watcher=True)
        self.assertLess(max(done.first_ack_ms["RawWriter"] for done in rounds), 5000)

    def test_a_node_that_its_watcher_restarts(self):
        self.run_restarted(kills=KILLS)

    def run_restarted(self, kills):
        # As ./onggi cluster runs them: the watcher brings the node back by itself.
        cluster = self.start_cluster(node_directives={"restart_on_crash": "yes"})
        writer = RawWriter("raw", [sentinel.port for sentinel in cluster.sentinels])
        kill_rounds.start_all([writer])
        times = []
        try:
            for _ in range(kills):
                times.append(kill_rounds.kill_and_wait_for_the_restart(cluster, writer))
        finally:
            writer.stop()
        self.assertEqual(kill_rounds.lost_everywhere(cluster, [writer]), {})
        print(f"\n    kill -9, restarted by the watcher: {', '.join(f'{t:.0f}' for t in times)} ms", end=" ")
