"""The watcher, a node's parent: it starts a crashed node again, tells the sentinels of its death, and ends when told to,
also in between."""
import os
import signal

from onggi import OnggiTest, wait_for


class WatcherTest(OnggiTest):
    def crash(self, node):
        pid = node.serving_pid()
        os.kill(pid, signal.SIGKILL)
        wait_for("the watcher to see the crash", lambda: pid not in node.family())

    def test_a_signal_to_stop_ends_it_while_it_tells_of_a_crash(self):
        cluster = self.start_cluster(node_directives={"restart_on_crash": "yes"})
        cluster.wait_in_step()
        node = cluster.nodes[0]
        # Who doesn't answer is told until the time for that is over: the watcher is found in the middle of it.
        silent = cluster.sentinels[0]
        silent.signal(signal.SIGSTOP)
        self.addCleanup(silent.signal, signal.SIGCONT)
        self.crash(node)
        self.assertTrue(node.running())
        node.stop()
        self.assertEqual(node.process.returncode, 128 + signal.SIGKILL, node.output()[-2000:])

    def test_a_node_that_crashes_at_once_is_started_again_and_stops(self):
        node = self.start_node(restart_on_crash="yes")
        first = node.serving_pid()
        for _ in range(2):
            pid = node.serving_pid()
            self.crash(node)
            wait_for("another process to serve", lambda: node.serving_pid() not in (pid, node.process.pid))
        self.assertNotEqual(first, node.serving_pid())
        node.stop()
        self.assertEqual(node.process.returncode, 0, node.output()[-2000:])
