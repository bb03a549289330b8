"""Nodes and sentinels that join, leave, move to another address, or lose their folders (PROTOCOL M1, M4, A11)."""
import shutil
import unittest

from onggi import MASTER_NAME, Node, OnggiTest, Sentinel, free_port, wait_for


class MembersTest(OnggiTest):
    def sentinel_ids(self, sentinel):
        """The cluster's sentinels as one of them stored them, itself included."""
        others = sentinel.ask("SENTINEL", "SENTINELS", MASTER_NAME)
        return {dict(zip(entry[::2], entry[1::2]))["runid"] for entry in others} | {sentinel.ask("SENTINEL", "MYID")}

    def says_ok(self, sentinel, *words):
        """Refused while who is to leave still counts as alive (down-after-ms), or another change is under way."""
        with sentinel.connect() as connection:
            connection.send("SENTINEL", *words)
            return connection.read_nested() == "OK"

    def member_count(self, cluster):
        return int(wait_for("a master", cluster.master).info("onggi")["members"])

    def test_a_replica_that_moved_can_be_handed_over_to(self):
        cluster = self.start_cluster()
        master = cluster.master()
        replica = next(node for node in cluster.nodes if node is not master)
        identity = replica.info("onggi")["node_id"]
        self.assertEqual(master.ask("SET", "k", "v"), "OK")
        replica.stop()
        # No replica-announce-ip: the node can't say by which host it is reached.
        moved = self.add(Node(replica.directory, free_port(), managed="yes", replica_priority=1))
        moved.start()
        self.assertEqual(cluster.sentinels[2].ask("SENTINEL", "ADD-NODE", MASTER_NAME, "127.0.0.1", moved.port), "OK")
        cluster.nodes[cluster.nodes.index(replica)] = moved
        cluster.wait_in_step()
        sentinel = cluster.sentinels[0]  # not the one that was told

        def handed_over():
            if moved.info("replication")["role"] != "master":
                self.says_ok(sentinel, "FAILOVER", MASTER_NAME)
                return False
            return sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME) == ["127.0.0.1", str(moved.port)]

        wait_for("the node that moved to be master, and named", handed_over, seconds=20, every=0.2)
        self.assertEqual(moved.info("onggi")["node_id"], identity)
        self.assertEqual(moved.ask("GET", "k"), "v")
        cluster.wait_in_step()
        epoch = moved.info("onggi")["epoch"]
        self.assertEqual(moved.ask("SET", "k", "w"), "OK")
        self.assertEqual(moved.info("onggi")["epoch"], epoch, "a failover after the other")

    def test_a_node_joins_and_leaves(self):
        cluster = self.start_cluster()
        self.assertEqual(cluster.master().ask("SET", "k", "v"), "OK")
        fourth = self.add(Node(self.directory / "node-4", managed="yes"))
        fourth.start()
        self.assertEqual(cluster.sentinels[1].ask("SENTINEL", "ADD-NODE", MASTER_NAME, "127.0.0.1", fourth.port), "OK")
        cluster.nodes.append(fourth)
        wait_for("four members", lambda: self.member_count(cluster) == 4)
        cluster.wait_in_step()
        self.assertEqual(fourth.ask("GET", "k"), "v")
        with cluster.sentinels[0].connect() as connection:
            why = connection.error("SENTINEL", "REMOVE-NODE", MASTER_NAME, "127.0.0.1", fourth.port)
            self.assertIn("stop it first" if cluster.master() is not fourth else "FAILOVER first", why)
        fourth.stop()
        cluster.nodes.remove(fourth)
        wait_for("a master", cluster.master)
        wait_for("the fourth node to leave", lambda: self.says_ok(
            cluster.sentinels[0], "REMOVE-NODE", MASTER_NAME, "127.0.0.1", fourth.port))
        wait_for("three members", lambda: self.member_count(cluster) == 3)
        self.assertEqual(cluster.master().ask("SET", "k", "w"), "OK")

    def test_sentinels_join_leave_and_lose_their_folders(self):
        cluster = self.start_cluster()
        first, second, third = cluster.sentinels
        old = third.ask("SENTINEL", "MYID")
        third.kill()
        shutil.rmtree(third.directory)
        third.directory.mkdir()
        third.start()
        wait_for("the sentinel to answer", third.answers)
        anew = third.ask("SENTINEL", "MYID")
        self.assertNotEqual(anew, old)
        wait_for("the new sentinel in the old one's place", lambda: self.sentinel_ids(first) == {
            anew, first.ask("SENTINEL", "MYID"), second.ask("SENTINEL", "MYID")})

        port = free_port()
        folder = self.directory / "sentinel-4"
        ports = [sentinel.port for sentinel in cluster.sentinels]
        fourth = self.add(Sentinel(folder, port, cluster.sentinel_config(folder, port, [*ports, port], 1, ())))
        fourth.start()
        wait_for("the sentinel to answer", fourth.answers)
        self.assertEqual(second.ask("SENTINEL", "ADD-SENTINEL", MASTER_NAME, "127.0.0.1", port), "OK")
        wait_for("four sentinels", lambda: len(self.sentinel_ids(first)) == 4)

        first.kill()
        wait_for("a sentinel to leave", lambda: self.says_ok(
            second, "REMOVE-SENTINEL", MASTER_NAME, "127.0.0.1", first.port))
        self.assertEqual(len(self.sentinel_ids(second)), 3)
        self.assertEqual(wait_for("a master", cluster.master).ask("SET", "k", "v"), "OK")
        # The three that are left can do what sentinels are for.
        master = cluster.master()
        master.kill()
        new = cluster.wait_for_master(other_than=master)
        self.assertEqual(new.ask("GET", "k"), "v")


if __name__ == "__main__":
    unittest.main()
