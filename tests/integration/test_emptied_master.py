"""The *emptied master*: killed, its data folder wiped, started again at once. Redis's replicas would copy its emptiness;
here nobody loses anything, and the folder's new id takes the lost one's place among the members (PROTOCOL M4, P7)."""
import os
import shutil
import signal

import kill_rounds
from onggi import OnggiTest, wait_for
from workload import RawWriter


class EmptiedMasterTest(OnggiTest):
    def wipe_and_start(self, node):
        old_id = node.info("onggi")["node_id"]
        os.kill(node.serving_pid(), signal.SIGKILL)
        node.process.wait(15)
        for entry in node.directory.iterdir():
            if entry != node.log_path:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        node.start()
        self.assertNotEqual(node.info("onggi")["node_id"], old_id)

    def become_member(self, cluster, node):
        new_id = node.info("onggi")["node_id"]

        def member():
            master = cluster.master()  # nobody, for a moment, while the exchange's epoch begins
            followers = [value for name, value in (master.info("onggi") if master else {}).items()
                         if name.startswith("replica") and f"id={new_id}" in value]
            return any("member=1" in value and "following=1" in value for value in followers)

        wait_for("the new id to be a member", member, 30)

    def run_wipes(self, nodes_to_wipe, **options):
        cluster = self.start_cluster(**options)
        writer = RawWriter("writer", [sentinel.port for sentinel in cluster.sentinels])
        with cluster.master().connect() as connection:
            for i in range(500):
                self.assertEqual(connection.ask("SET", f"sess:{i}", "x" * 400, "EX", 3600), "OK")
        kill_rounds.start_all([writer])
        try:
            for pick in nodes_to_wipe:
                node = pick(cluster)
                self.wipe_and_start(node)
                cluster.wait_in_step()
                self.become_member(cluster, node)
                self.assertEqual(int(cluster.master().info("onggi")["members"]), 3)
        finally:
            writer.stop()
        self.assertEqual(kill_rounds.lost_everywhere(cluster, [writer]), {})
        digests = {node.ask("DEBUG", "DIGEST") for node in cluster.nodes}
        self.assertEqual(len(digests), 1)
        for node in cluster.nodes:
            self.assertEqual(node.ask("EXISTS", *[f"sess:{i}" for i in range(500)]), 500)
        return cluster

    def test_the_master_is_emptied_and_nobody_loses_anything(self):
        self.run_wipes([lambda cluster: cluster.master()])

    def test_one_after_the_other_until_no_first_folder_is_left(self):
        # After the third, all there is came over the network; each new member counted for the next failover.
        self.run_wipes([lambda cluster: cluster.wait_in_step()] * 3)

    def test_a_failover_after_the_exchange_keeps_everything(self):
        cluster = self.run_wipes([lambda cluster: cluster.master()])
        master = cluster.master()
        self.assertEqual(master.ask("SET", "before", "v"), "OK")
        os.kill(master.serving_pid(), signal.SIGKILL)
        new = cluster.wait_for_master(other_than=master)
        self.assertEqual(new.ask("GET", "before"), "v")
        wait_for("writes", lambda: new.ask("SET", "after", "v") == "OK")
        self.assertEqual(new.ask("EXISTS", *[f"sess:{i}" for i in range(500)]), 500)
        master.process.wait(15)
        master.start()
        cluster.wait_in_step()
        self.assertEqual(master.ask("GET", "after"), "v")

    def test_an_empty_node_does_not_say_that_nothing_is_there(self):
        # N2: it can't know. Whoever trusts a stale address of the emptied master must not take sessions for gone.
        node = self.start_node(managed="yes")
        with node.connect() as connection:
            self.assertTrue(connection.error("GET", "sess:1").startswith("MASTERDOWN "))
        self.assertEqual(node.ask("PING"), "PONG")
