"""./onggi in a clone of this repository: cluster --detach, status, cli, stop, again with the same data; the live view in
a pipe and Ctrl-C. The programs are those of ONGGI_BIN: building is what CI does before."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

from onggi import ROOT, Connection, binary, free_ports, wait_for


@unittest.skipUnless(shutil.which("git") and (ROOT / ".git").exists(), "not a git repository")
class ScriptTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="onggi-script-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.clone = self.folder / "onggi"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(self.clone)], check=True, capture_output=True, timeout=60)
        programs = self.clone / "build/release/bin"
        programs.mkdir(parents=True)
        for name in ("onggi-node", "onggi-sentinel", "onggi-cli"):
            (programs / name).symlink_to(pathlib.Path(binary(name)).resolve())
        self.base, self.sentinel_base = free_ports(3), free_ports(3)
        self.ports = ["--base-port", str(self.base), "--sentinel-base-port", str(self.sentinel_base)]
        self.addCleanup(self.run_onggi, "stop")

    def command(self, *args):
        return ["./onggi", *args]

    def run_onggi(self, *args, stdin=None):
        return subprocess.run(self.command(*args), cwd=self.clone, env={**os.environ, "ONGGI_NO_BUILD": "1"}, input=stdin,
                              capture_output=True, text=True, timeout=60)

    def ok(self, *args, stdin=None):
        done = self.run_onggi(*args, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def nobody_listens(self):
        for port in [*range(self.base, self.base + 3), *range(self.sentinel_base, self.sentinel_base + 3)]:
            with self.assertRaises(OSError):
                Connection(port).close()

    def masters_pid(self):
        lines = self.ok("cli", "INFO", "server").splitlines()
        return int(next(line.split(":")[1] for line in lines if line.startswith("process_id:")))

    def test_detach_status_cli_stop_and_again(self):
        said = self.ok("cluster", "--detach", *self.ports)
        self.assertIn("all in sync", said)
        self.assertIn(f"127.0.0.1:{self.base}", said)
        self.assertIn("kill -9", said)
        self.assertEqual(self.ok("cli", "SET", "greeting", "hello"), "OK\n")
        self.assertEqual(self.ok("cli", stdin="GET greeting\nINCR n\n"), "hello\n1\n")
        for port in (self.base, self.base + 1):  # not the master, whatever stands before -p
            self.assertIn(f"tcp_port:{port}\n", self.ok("cli", "-n", "0", "-p", str(port), "INFO", "server"))
        status = self.ok("status")
        self.assertIn("3 of 3 nodes and 3 of 3 sentinels answer; all in sync", status)
        self.assertIn('"ready":true', self.ok("status", "--json"))
        # What the script says about killing the master is true, and the client follows.
        os.kill(self.masters_pid(), signal.SIGKILL)
        self.assertEqual(self.ok("cli", "SET", "greeting", "again"), "OK\n")
        wait_for("all in sync", lambda: "all in sync" in self.run_onggi("status").stdout, 20, every=0.1)
        self.assertIn("runs already", self.ok("cluster", "--detach"))
        self.ok("stop")
        self.nobody_listens()
        self.assertTrue((self.clone / "data/node-1").is_dir())
        self.ok("cluster", "--detach")
        self.assertEqual(self.ok("cli", "GET", "greeting"), "again\n")

    def test_the_same_data_at_other_ports(self):
        self.ok("cluster", "--detach", *self.ports)
        self.assertEqual(self.ok("cli", "SET", "greeting", "hello"), "OK\n")
        self.ok("stop")
        self.assertEqual(self.run_onggi("status").returncode, 1)
        self.ok("cluster", "--detach", "--base-port", str(free_ports(3)))
        self.assertEqual(self.ok("cli", "GET", "greeting"), "hello\n")
        self.ok("stop")
        said = self.ok("cluster", "--detach", "--base-port", str(free_ports(3)), "--sentinel-base-port",
                       str(free_ports(3)))
        self.assertIn("3 of 3 nodes and 3 of 3 sentinels answer; all in sync", said)
        self.assertEqual(self.ok("cli", "GET", "greeting"), "hello\n")

    def test_the_live_view_in_a_pipe_and_ctrl_c(self):
        live = subprocess.Popen(self.command("cluster", *self.ports), cwd=self.clone, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, start_new_session=True,
                                env={**os.environ, "ONGGI_NO_BUILD": "1"})
        collected = []

        def read():
            for line in live.stdout:
                collected.append(line)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            wait_for("the view to show all in sync", lambda: any("all in sync" in line for line in collected), 30)
            with Connection(self.base) as connection:
                self.assertEqual(connection.ask("PING"), "PONG")
            before = len(collected)
            os.kill(self.masters_pid(), signal.SIGKILL)
            wait_for("the failover's event", lambda: any("+switch-master" in line or "+promoted" in line
                                                         for line in collected[before:]), 20)
        finally:
            os.killpg(live.pid, signal.SIGINT)  # as a terminal's Ctrl-C does
            live.wait(30)
        reader.join(10)
        text = "".join(collected)
        self.assertNotIn("\033[", text)  # a pipe gets plain lines
        self.assertIn("Stopped. The data stays in", text)
        self.nobody_listens()

    def test_a_port_in_use_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", self.base + 1))
            taken.listen()
            done = self.run_onggi("cluster", "--detach", *self.ports)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(str(self.base + 1), done.stderr)
        self.assertIn("--base-port", done.stderr)
