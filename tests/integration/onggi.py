"""Starts real onggi-node and onggi-sentinel processes for tests, and talks to them.

Ports are those that the kernel gives to nobody by itself, data lies in a temporary folder, processes are ended by their id, and nothing sleeps
blindly: `wait_for` asks a condition again and again until it holds or time is up.

The programs are those of ONGGI_BIN (default: build/release/bin, else build/debug/bin of this repository).

    class MyTest(OnggiTest):
        def test_it(self):
            node = self.start_node()
            self.assertEqual(node.ask("PING"), "PONG")

    cluster = self.start_cluster(nodes=3, sentinels=3)   # waits for a master with its replicas in step
    cluster.master().kill()
    cluster.wait_for_master(other_than=...)
"""
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MASTER_NAME = "mymaster"
START_SECONDS = 10
STOP_SECONDS = 15
FIRST_PORT = 12000


def binary(name):
    folders = [os.environ["ONGGI_BIN"]] if "ONGGI_BIN" in os.environ else [
        ROOT / "build/release/bin", ROOT / "build/debug/bin"]
    for folder in folders:
        path = pathlib.Path(folder) / name
        if path.exists():
            return str(path)
    raise unittest.SkipTest(f"{name} is not built (looked in {', '.join(map(str, folders))})")


def free_ports(count):
    """The first of `count` ports in a row that nobody listens at. A connection's own end never takes one of them either,
    also while a server that has it is down."""
    ephemeral = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        base = random.randrange(FIRST_PORT, ephemeral - count)
        try:
            for port in range(base, base + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue


def free_port():
    return free_ports(1)


def wait_for(what, condition, seconds=START_SECONDS, every=0.01):
    """The first true value of `condition()`. Its exceptions count as not yet; the last one is shown if time is up."""
    end = time.monotonic() + seconds
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = value
        except (OSError, ReplyError, EOFError) as error:
            last = error
        if time.monotonic() >= end:
            raise AssertionError(f"waited {seconds} s in vain for: {what} (last: {last!r})")
        time.sleep(every)  # between two looks at the condition


class ReplyError(Exception):
    """An error reply."""


class Connection:
    """A plain RESP connection: what is sent and what comes back is exactly what the test says."""

    def __init__(self, port, host="127.0.0.1", timeout=10):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")

    def close(self):
        self.stream.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def send_raw(self, data):
        self.socket.sendall(data)

    @staticmethod
    def encode(*args):
        parts = [b"*%d\r\n" % len(args)]
        for arg in args:
            data = arg if isinstance(arg, bytes) else str(arg).encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
        return b"".join(parts)

    def send(self, *args):
        self.send_raw(self.encode(*args))

    def line(self):
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError("the connection closed")
        return line[:-2]

    def exactly(self, size):
        data = self.stream.read(size)
        if data is None or len(data) < size:
            raise EOFError("the connection closed")
        return data

    def read(self):
        """One reply. Maps are dicts, sets are sets, errors are raised."""
        line = self.line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise ReplyError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind in b"$=":
            if int(rest) < 0:
                return None
            data = self.exactly(int(rest) + 2)[:-2].decode("latin-1")
            return data[4:] if kind == b"=" else data
        if kind in b"*~>":
            if int(rest) < 0:
                return None
            items = [self.read_nested() for _ in range(int(rest))]
            return set(items) if kind == b"~" else items
        if kind == b"%":
            return {self.read_nested(): self.read_nested() for _ in range(int(rest))}
        if kind == b"_":
            return None
        if kind == b",":
            return float(rest)
        if kind == b"#":
            return rest == b"t"
        raise AssertionError(f"not RESP: {line!r}")

    def read_nested(self):
        try:
            return self.read()
        except ReplyError as error:
            return error

    def ask(self, *args):
        self.send(*args)
        return self.read()

    def error(self, *args):
        """The text of the error that a command is answered with."""
        try:
            reply = self.ask(*args)
        except ReplyError as error:
            return str(error)
        raise AssertionError(f"{args} was answered with {reply!r}, not an error")

    def at_end(self):
        """Whether the other side closed, with nothing more to read."""
        return self.stream.read(1) == b""


class Process:
    """One node or sentinel. `directory` outlives it: start() again goes on with the same data."""

    program = "onggi-node"
    password = None  # said on each connection

    def __init__(self, directory, port, arguments):
        self.directory = pathlib.Path(directory)
        self.port = port
        self.arguments = list(arguments)
        self.log_path = self.directory / "output.log"
        self.process = None

    def command(self):
        return [binary(self.program), *self.arguments]

    def start(self, wait=True):
        self.directory.mkdir(parents=True, exist_ok=True)
        with open(self.log_path, "ab") as output:
            self.process = subprocess.Popen(self.command(), cwd=self.directory, stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        if wait:
            try:
                wait_for(f"{self.program} to answer on port {self.port}", self.answers)
            except AssertionError as error:
                raise AssertionError(f"{error}\n{self.output()[-4000:]}") from None
        return self

    def output(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.program} ended with {self.process.returncode}:\n{self.output()[-4000:]}")
        with self.connect() as connection:
            connection.send("PING")
            try:
                return connection.read() == "PONG"
            except ReplyError as error:
                return str(error).startswith("NOAUTH")

    def connect(self, timeout=10):
        connection = Connection(self.port, timeout=timeout)
        if self.password is not None:
            connection.ask("AUTH", self.password)
        return connection

    def ask(self, *args):
        with self.connect() as connection:
            return connection.ask(*args)

    def info(self, section="everything"):
        """INFO as a dict of texts."""
        lines = self.ask("INFO", section).split("\r\n")
        return dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        os.kill(self.process.pid, number)

    def serving_pid(self):
        """The process that serves; a node's is the child of its watcher, and the one that a crash takes."""
        return int(self.info("server").get("process_id", 0)) or self.process.pid

    def stop(self):
        """SIGTERM, and waits for the end."""
        if self.running():
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"{self.program} did not stop in {STOP_SECONDS} s:\n{self.output()[-4000:]}")
        return self.process.returncode

    def kill(self, serving=None):
        """kill -9 of the serving process; its watcher, if it has one, ends by itself."""
        if not self.running():
            return
        for pid in [serving] if serving else self.family():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(STOP_SECONDS)

    def family(self):
        """The process and its children, children first."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        pids = [int(pid) for pid in children.read_text().split()] if children.exists() else []
        return pids + [self.process.pid]


class Node(Process):
    def __init__(self, directory, port=None, **directives):
        port = port or free_port()
        arguments = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory)]
        directives = {"enable_debug_command": "local", **directives}  # for DEBUG DIGEST
        for name, value in directives.items():
            values = value if isinstance(value, (list, tuple)) else [value]
            arguments += ["--" + name.replace("_", "-"), *map(str, values)]
        super().__init__(directory, port, arguments)


class Sentinel(Process):
    program = "onggi-sentinel"

    def __init__(self, directory, port, config_text):
        self.config_text = config_text
        super().__init__(directory, port, [str(pathlib.Path(directory) / "sentinel.conf")])

    def start(self, wait=True):
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "sentinel.conf").write_text(self.config_text)
        return super().start(wait)


class Cluster:
    """Nodes and sentinels of one master name. The sentinels' file has the form of configs/sentinel.conf."""

    def __init__(self, directory, nodes=3, sentinels=3, write_acks=1, node_directives=None, sentinel_lines=()):
        directory = pathlib.Path(directory)
        self.nodes = [Node(directory / f"node-{i + 1}", managed="yes", **(node_directives or {}))
                      for i in range(nodes)]
        ports = [free_port() for _ in range(sentinels)]
        self.sentinels = []
        for i, port in enumerate(ports):
            folder = directory / f"sentinel-{i + 1}"
            self.sentinels.append(Sentinel(folder, port, self.sentinel_config(
                folder, port, ports, write_acks, sentinel_lines)))

    def sentinel_config(self, folder, port, ports, write_acks, more):
        # Each file names the node members and the sentinels, its own included.
        lines = [f"port {port}", "bind 127.0.0.1", f"dir {folder}"]
        first = self.nodes[0]
        lines.append(f"sentinel monitor {MASTER_NAME} 127.0.0.1 {first.port} {len(ports) // 2 + 1}")
        lines += [f"sentinel known-replica {MASTER_NAME} 127.0.0.1 {node.port}" for node in self.nodes[1:]]
        lines += [f"sentinel known-sentinel {MASTER_NAME} 127.0.0.1 {other}" for other in ports if other != port]
        lines.append(f"sentinel write-acks {MASTER_NAME} {write_acks}")
        return "\n".join([*lines, *more]) + "\n"

    def start(self):
        for process in [*self.nodes, *self.sentinels]:
            process.start(wait=False)
        for process in [*self.nodes, *self.sentinels]:
            wait_for(f"port {process.port} to answer", process.answers)
        return self

    def master(self):
        """The node that says it is master; None if none or more than one does."""
        masters = [node for node in self.nodes if node.running() and self.role_of(node) == "master"]
        return masters[0] if len(masters) == 1 else None

    @staticmethod
    def role_of(node):
        try:
            return node.info("replication").get("role")
        except (OSError, EOFError, ReplyError):
            return None

    def wait_for_master(self, other_than=None, seconds=30):
        def found():
            master = self.master()
            return master if master is not other_than else None

        return wait_for("a master", found, seconds)

    def wait_in_step(self, seconds=30):
        """A master, and every other running node following it up to its end."""

        def in_step():
            master = self.master()
            if master is None:
                return None
            end = int(master.info("replication")["master_repl_offset"])
            for node in self.nodes:
                if node is master or not node.running():
                    continue
                info = node.info("replication")
                if info.get("master_link_status") != "up" or int(info["slave_repl_offset"]) < end:
                    return None
            return master

        try:
            return wait_for("all nodes in step", in_step, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.describe()}") from None

    def describe(self):
        """What each node says of itself, for a failed test."""
        lines = []
        for node in self.nodes:
            try:
                info = {**node.info("replication"), **node.info("onggi")} if node.running() else {"role": "not running"}
                shown = ["role", "master_port", "master_link_status", "master_link_refused", "master_repl_offset", "epoch",
                         "promise", "writable", "write_gate", "members", "members_following", "sure"]
                lines.append(f"{node.port}: " + ", ".join(f"{key}={info[key]}" for key in shown if key in info))
            except (OSError, EOFError, ReplyError) as error:
                lines.append(f"{node.port}: {error!r}")
            lines.append("    " + "\n    ".join(node.output().splitlines()[-12:]))
        return "\n".join(lines)

    def stop(self):
        for process in [*self.sentinels, *self.nodes]:
            process.kill()


class OnggiTest(unittest.TestCase):
    """Ends what it started and removes its folder, whatever happened; shows the programs' output if a test failed."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="onggi-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.processes = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for process in reversed(self.processes):
            process.kill()

    def add(self, process):
        self.processes.append(process)
        return process

    def start_node(self, name="node", **directives):
        return self.add(Node(self.directory / name, **directives)).start()

    def start_cluster(self, **options):
        cluster = Cluster(self.directory, **options)
        self.processes += cluster.nodes + cluster.sentinels
        cluster.start()
        cluster.wait_in_step()
        return cluster
