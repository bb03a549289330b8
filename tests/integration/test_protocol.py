"""The protocol over a real socket: RESP2 and RESP3, inline commands, pipelines, partial frames, limits."""
import socket

from onggi import Connection, OnggiTest, wait_for


class ProtocolTest(OnggiTest):
    def setUp(self):
        super().setUp()
        self.node = self.start_node()
        self.connection = self.node.connect()
        self.addCleanup(self.connection.close)

    def ask(self, *args):
        return self.connection.ask(*args)

    def read(self):
        return self.connection.read()

    def test_resp2_and_resp3(self):
        self.ask("HSET", "h", "field", "value")
        self.assertEqual(self.ask("HGETALL", "h"), ["field", "value"])
        self.assertIsNone(self.ask("GET", "nothing"))
        hello = self.ask("HELLO", "3")
        self.assertEqual(hello["proto"], 3)
        self.assertEqual(hello["role"], "master")
        self.assertEqual(self.ask("HGETALL", "h"), {"field": "value"})
        self.assertIsNone(self.ask("GET", "nothing"))
        self.ask("SADD", "s", "a", "b")
        self.assertEqual(self.ask("SMEMBERS", "s"), {"a", "b"})

    def test_inline_commands(self):
        self.connection.send_raw(b"PING\r\n")
        self.assertEqual(self.read(), "PONG")
        self.connection.send_raw(b"SET k 'a b'\n\r\n  GET   k \r\n")
        self.assertEqual(self.read(), "OK")
        self.assertEqual(self.read(), "a b")
        self.connection.send_raw(b"info replication\r\n")
        self.assertIn("role:master", self.read())

    def test_a_deep_pipeline_is_answered_in_order(self):
        count = 20000
        self.connection.socket.settimeout(60)
        sent = b"".join(Connection.encode("INCR", "n") for _ in range(count))
        # Sent while answers are read: neither side's buffers hold all of it.
        self.connection.socket.setblocking(True)
        received = []
        while sent:
            part, sent = sent[:65536], sent[65536:]
            self.connection.send_raw(part)
        for _ in range(count):
            received.append(self.read())
        self.assertEqual(received, list(range(1, count + 1)))

    def test_a_frame_may_come_a_byte_at_a_time(self):
        for byte in Connection.encode("SET", "key", "a\r\nb"):
            self.connection.send_raw(bytes([byte]))
        self.assertEqual(self.read(), "OK")
        self.assertEqual(self.ask("GET", "key"), "a\r\nb")

    def test_binary_keys_and_values(self):
        everything = bytes(range(256))
        self.assertEqual(self.ask("SET", everything, everything * 100), "OK")
        self.assertEqual(self.ask("GET", everything).encode("latin-1"), everything * 100)

    def test_malformed_frames_get_an_error_and_a_closed_connection(self):
        for frame, error in [(b"*x\r\n", "Protocol error: invalid multibulk length"),
                             (b"*1\r\n:1\r\n", "Protocol error: expected '$', got ':'"),
                             (b"*1\r\n$-5\r\n", "Protocol error: invalid bulk length"),
                             (b"*99999999999\r\n", "Protocol error: invalid multibulk length"),
                             (b"SET 'unbalanced\r\n", "Protocol error: unbalanced quotes in request")]:
            with self.subTest(frame=frame), self.node.connect() as bad:
                bad.send_raw(frame)
                self.assertEqual(bad.line().decode(), "-ERR " + error)
                self.assertTrue(bad.at_end())
        self.assertEqual(self.ask("PING"), "PONG")  # nobody else notices

    def test_limits(self):
        self.assertEqual(self.ask("CONFIG", "SET", "proto-max-bulk-len", "1mb"), "OK")
        with self.node.connect() as greedy:
            greedy.send_raw(b"*2\r\n$4\r\nECHO\r\n$1048577\r\n")
            self.assertEqual(greedy.line(), b"-ERR Protocol error: invalid bulk length")
            self.assertTrue(greedy.at_end())

    def test_maxclients(self):
        self.assertEqual(self.ask("CONFIG", "SET", "maxclients", "2"), "OK")
        with self.node.connect() as second:
            self.assertEqual(second.ask("PING"), "PONG")
            with self.node.connect() as third:
                third.send_raw(third.encode("GET", "key"))  # a peer, or an operator, would be let in
                self.assertEqual(third.line(), b"-ERR max number of clients reached")
                self.assertTrue(third.at_end())
        wait_for("room again", lambda: self.node.ask("PING") == "PONG")

    def test_a_slow_reader_is_cut_off_alone(self):
        self.assertEqual(self.ask("CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0"), "OK")
        self.ask("SET", "big", "x" * 200000)
        slow = socket.create_connection(("127.0.0.1", self.node.port))
        self.addCleanup(slow.close)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = Connection.encode("GET", "big") * 200
        try:
            slow.sendall(request)
        except OSError:
            pass  # cut off already
        wait_for("the slow reader to be cut off", lambda: int(
            self.node.info("stats")["client_output_buffer_limit_disconnections"]) >= 1)
        self.assertEqual(self.ask("PING"), "PONG")

    def test_quit_and_errors(self):
        self.assertEqual(self.connection.error("NOSUCH", "a", "b"),
                         "ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' ")
        self.assertEqual(self.connection.error("GET"), "ERR wrong number of arguments for 'get' command")
        self.assertEqual(self.connection.error("CLIENT", "NOSUCH"), "ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.")
        self.ask("SADD", "set", "a")
        self.assertEqual(self.connection.error("GET", "set"),
                         "WRONGTYPE Operation against a key holding the wrong kind of value")
        self.assertEqual(self.ask("QUIT"), "OK")
        self.assertTrue(self.connection.at_end())


class PasswordTest(OnggiTest):
    def test_nothing_without_the_password(self):
        node = self.start_node(requirepass="secret")
        with node.connect() as connection:
            self.assertEqual(connection.error("GET", "k"), "NOAUTH Authentication required.")
            self.assertTrue(connection.error("AUTH", "wrong").startswith("WRONGPASS"))
            # Who has no password may not make the node set memory aside either.
            connection.send_raw(b"*2\r\n$3\r\nGET\r\n$1000000\r\n")
            self.assertEqual(connection.line(), b"-ERR Protocol error: unauthenticated bulk length")
        with node.connect() as connection:
            self.assertEqual(connection.ask("AUTH", "secret"), "OK")
            self.assertIsNone(connection.ask("GET", "k"))


class ConfigurationTest(OnggiTest):
    def test_a_bad_file_is_refused_with_its_place_and_the_nearest_name(self):
        import subprocess
        from onggi import binary
        path = self.directory / "bad.conf"
        path.write_text("port 0\nmaxmemry 1gb\n")
        ended = subprocess.run([binary("onggi-node"), str(path)], capture_output=True, text=True, timeout=10)
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("bad.conf:2", ended.stderr)
        self.assertIn("'maxmemory'", ended.stderr)
