"""A master that is stopped hands over first, and no client hears an error (PROTOCOL H1-H3)."""
import threading
import time
import unittest

from onggi import OnggiTest, wait_for

WRITERS = 8


class HandoverTest(OnggiTest):
    def write(self, node, begun, endings):
        """Writes until the connection closes, and notes how it ended: a reply that never comes is a time-out."""
        with node.connect(timeout=8) as connection:
            try:
                while True:
                    reply = connection.ask("SET", "k", "v")
                    if reply != "OK":
                        endings.append(reply)
                        return
                    begun.release()
            except Exception as error:  # what else: ConnectionError, EOFError, TimeoutError
                endings.append(type(error).__name__)

    def test_every_command_that_was_held_is_answered_by_the_new_master(self):
        cluster = self.start_cluster()
        master = cluster.master()
        begun, endings = threading.Semaphore(0), []
        writers = [threading.Thread(target=self.write, args=(master, begun, endings)) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        for _ in range(WRITERS * 20):
            self.assertTrue(begun.acquire(timeout=10))
        started = time.monotonic()
        master.signal(15)
        for writer in writers:
            writer.join()
        wait_for("the old master to end", lambda: not master.running())
        self.assertLess(time.monotonic() - started, 6, "shutdown-timeout was used up")
        self.assertEqual(len(endings), WRITERS)
        self.assertLessEqual(set(endings), {"EOFError", "ConnectionResetError", "BrokenPipeError"}, endings)
        cluster.wait_for_master(other_than=master)
        self.assertNotIn("not an internal message", master.output())


if __name__ == "__main__":
    unittest.main()
