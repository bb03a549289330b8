"""The smallest proof that the helper's cluster is one: a master by the sentinels' word, and replicas in step."""
from onggi import MASTER_NAME, OnggiTest


class ClusterTest(OnggiTest):
    def test_three_nodes_and_three_sentinels_come_up_and_a_write_reaches_all(self):
        cluster = self.start_cluster()
        master = cluster.master()
        self.assertEqual(master.ask("SET", "k", "v"), "OK")
        self.assertEqual(cluster.sentinels[0].ask("SENTINEL", "get-master-addr-by-name", MASTER_NAME),
                         ["127.0.0.1", str(master.port)])
        cluster.wait_in_step()
        for node in cluster.nodes:
            self.assertEqual(node.ask("GET", "k"), "v")
