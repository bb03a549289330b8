"""What a node alone keeps over the end of its process, planned or not."""
from onggi import Connection, OnggiTest, wait_for


class RestartTest(OnggiTest):
    def fill(self, node, count):
        with node.connect(timeout=60) as connection:
            connection.send_raw(b"".join(Connection.encode("SET", f"sess:{i}", f"value-{i}", "EX", 3600)
                                         for i in range(count)))
            for _ in range(count):
                self.assertEqual(connection.read(), "OK")
            connection.ask("HSET", "h", "a", "1", "b", "2")
            connection.ask("SADD", "s", "x", "y", "z")
            connection.ask("SELECT", 3)
            connection.ask("SET", "elsewhere", "yes")
            connection.ask("SELECT", 0)
            return connection.ask("DEBUG", "DIGEST")

    def check(self, node, count, digest):
        with node.connect(timeout=60) as connection:
            self.assertEqual(connection.ask("DBSIZE"), count + 2)
            for i in (0, 1, count // 2, count - 1):
                self.assertEqual(connection.ask("GET", f"sess:{i}"), f"value-{i}")
            self.assertTrue(0 < connection.ask("TTL", "sess:0") <= 3600)
            self.assertEqual(connection.ask("HGETALL", "h"), ["a", "1", "b", "2"])
            self.assertEqual(sorted(connection.ask("SMEMBERS", "s")), ["x", "y", "z"])
            connection.ask("SELECT", 3)
            self.assertEqual(connection.ask("GET", "elsewhere"), "yes")
            connection.ask("SELECT", 0)
            self.assertEqual(connection.ask("DEBUG", "DIGEST"), digest)

    def test_a_planned_restart_keeps_everything(self):
        node = self.start_node()
        digest = self.fill(node, 3000)
        self.assertEqual(node.stop(), 0)
        node.start()
        self.check(node, 3000, digest)

    def test_a_killed_process_loses_nothing_it_acknowledged(self):
        node = self.start_node(durability="os")
        digest = self.fill(node, 3000)
        node.kill()
        node.start()
        self.check(node, 3000, digest)

    def test_what_only_the_tier_has_is_all_there(self):
        node = self.start_node()
        digest = self.fill(node, 3000)
        self.assertEqual(node.ask("SAVE"), "OK")
        node.kill()
        node.start()
        self.assertEqual(node.ask("GET", "sess:7"), "value-7")  # never LOADING
        self.check(node, 3000, digest)

    def test_killed_again_and_again_while_the_tier_is_written(self):
        node = self.start_node(durability="os", tier_lag_ms=20, tier_lag_bytes="64kb")
        for round_number in range(5):
            with node.connect(timeout=60) as connection:
                for i in range(200):
                    self.assertEqual(connection.ask("SET", f"r{round_number}:{i}", "x" * 500), "OK")
                connection.ask("INCR", "rounds")
            node.kill()
            node.start()
            self.assertEqual(node.ask("GET", "rounds"), str(round_number + 1))
            self.assertEqual(node.ask("DBSIZE"), 200 * (round_number + 1) + 1)

    def test_what_expired_while_the_node_was_down_is_gone(self):
        node = self.start_node()
        with node.connect() as connection:
            connection.ask("SET", "short", "v", "PX", 50)
            connection.ask("SET", "long", "v", "EX", 100)
        node.kill()
        node.start()
        wait_for("the key to expire", lambda: node.ask("GET", "short") is None)
        self.assertEqual(node.ask("GET", "long"), "v")

    def test_shutdown_and_save(self):
        node = self.start_node()
        node.ask("SET", "k", "v")
        self.assertEqual(node.ask("SAVE"), "OK")
        with node.connect() as connection:
            connection.send("SHUTDOWN")
            self.assertTrue(connection.at_end())
        wait_for("the node to end", lambda: not node.running())
        node.start()
        self.assertEqual(node.ask("GET", "k"), "v")

    def test_one_folder_serves_one_node(self):
        node = self.start_node()
        from onggi import Node
        second = self.add(Node(node.directory))
        second.log_path = self.directory / "second.log"
        second.start(wait=False)
        second.process.wait(10)
        self.assertNotEqual(second.process.returncode, 0)
        self.assertEqual(node.ask("PING"), "PONG")
