"""A member whose address changes stays the member that it is, and may become master at its new address."""
import unittest

from onggi import MASTER_NAME, OnggiTest, Node, free_port, wait_for


class MovedNodeTest(OnggiTest):
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
        for sentinel in cluster.sentinels:
            sentinel.stop()
            sentinel.config_text = sentinel.config_text.replace(f"127.0.0.1 {replica.port}\n", f"127.0.0.1 {moved.port}\n")
            self.assertIn(f" {moved.port}\n", sentinel.config_text)
            sentinel.start()
            wait_for("the sentinel to answer", sentinel.answers)
        cluster.nodes[cluster.nodes.index(replica)] = moved
        cluster.wait_in_step()
        sentinel = cluster.sentinels[0]

        def handed_over():
            if moved.info("replication")["role"] != "master":
                sentinel.ask("SENTINEL", "FAILOVER", MASTER_NAME)
                return False
            return sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME) == ["127.0.0.1", str(moved.port)]

        wait_for("the node that moved to be master, and named", handed_over, seconds=20, every=0.2)
        self.assertEqual(moved.info("onggi")["node_id"], identity)
        self.assertEqual(moved.ask("GET", "k"), "v")
        cluster.wait_in_step()
        epoch = moved.info("onggi")["epoch"]
        self.assertEqual(moved.ask("SET", "k", "w"), "OK")
        self.assertEqual(moved.info("onggi")["epoch"], epoch, "a failover after the other")


if __name__ == "__main__":
    unittest.main()
