"""Clients that write without pause and remember what they were told: what was acknowledged must be there in the end.

A writer runs until stop(): every write has a key of its own (`name:1`, `name:2` ...), so that a write that was answered
with an error, or not at all, is never confused with one that was acknowledged. Errors are counted and gone on from, as
an application would. Three kinds of clients, the same record of all: a plain connection that asks the sentinels itself,
redis-py through its Sentinel class, ioredis (a node process) through its own.

Times are CLOCK_MONOTONIC's seconds, which processes of one machine share.
"""
import json
import os
import pathlib
import shutil
import subprocess
import threading
import time

from onggi import MASTER_NAME, ROOT, Connection, ReplyError, wait_for

try:
    import redis
    import redis.sentinel
except ImportError:
    redis = None

PAUSE_AFTER_ERROR_S = 0.005
CLIENT_TIMEOUT_S = 3
# A reply that was under way when its server was killed comes within this.
IN_FLIGHT_S = 0.003


class Writer:
    """The record, and the thread that fills it."""

    def __init__(self, name, sentinel_ports):
        self.name = name
        self.sentinel_ports = list(sentinel_ports)
        self.acked = []   # (key, time sent, time acknowledged)
        self.errors = []  # (time, text)
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run, name=name, daemon=True)

    def start(self):
        self.thread.start()
        return self

    def stop(self):
        self.ending.set()
        self.thread.join(30)
        if self.thread.is_alive():
            raise AssertionError(f"{self.name} hangs")
        return self

    def run(self):
        number = 0
        while not self.ending.is_set():
            number += 1
            key = f"{self.name}:{number}"
            sent = time.monotonic()
            try:
                self.write(key)
                self.acked.append((key, sent, time.monotonic()))
            except Exception as error:  # whatever a library throws: it is the record's
                self.errors.append((time.monotonic(), f"{type(error).__name__}: {error}"))
                self.recover()
                self.ending.wait(PAUSE_AFTER_ERROR_S)
        self.recover()

    def write(self, key):
        raise NotImplementedError

    def recover(self):
        """Lets go of what broke."""

    def acknowledged_after(self, when):
        """The time of the first acknowledgement after `when`, or None."""
        return next((acked for _, _, acked in reversed_until(self.acked, when)), None)

    def wait_for_acknowledgement(self, after, seconds=20):
        return wait_for(f"a write of {self.name} to be acknowledged", lambda: self.acknowledged_after(after), seconds,
                        every=0.005)

    def errors_between(self, start, end):
        return [text for when, text in list(self.errors) if start <= when <= end]


def reversed_until(acked, when):
    """The records acknowledged after `when`, in order; looks from the end, for the list grows while it is read."""
    first = len(acked)
    while first > 0 and acked[first - 1][2] > when:
        first -= 1
    return acked[first:]


class RawWriter(Writer):
    connection = None

    def write(self, key):
        if self.connection is None:
            self.connection = self.find_master()
        self.connection.ask("SET", key, key)

    def find_master(self):
        for port in self.sentinel_ports:
            try:
                with Connection(port, timeout=CLIENT_TIMEOUT_S) as sentinel:
                    address = sentinel.ask("SENTINEL", "get-master-addr-by-name", MASTER_NAME)
            except (OSError, EOFError):
                continue
            if address:
                return Connection(int(address[1]), timeout=CLIENT_TIMEOUT_S)
        raise EOFError("no sentinel names a master")

    def recover(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class DirectWriter(Writer):
    """Writes to one node only, whatever its role: what it acknowledges, that node accepted."""

    connection = None

    def __init__(self, name, port):
        super().__init__(name, [])
        self.port = port

    def write(self, key):
        if self.connection is None:
            self.connection = Connection(self.port, timeout=60)
        try:
            self.connection.ask("SET", key, key)
        except ReplyError as error:  # the connection is as good as before
            self.errors.append((time.monotonic(), str(error)))
            self.ending.wait(PAUSE_AFTER_ERROR_S)
            raise

    recover = RawWriter.recover


class RedisPyWriter(Writer):
    """Debian's redis-py, with nothing set but a timeout."""

    def __init__(self, name, sentinel_ports, **options):
        super().__init__(name, sentinel_ports)
        self.sentinel = redis.sentinel.Sentinel([("127.0.0.1", port) for port in sentinel_ports],
                                                socket_timeout=CLIENT_TIMEOUT_S, **options)
        self.client = self.sentinel.master_for(MASTER_NAME)

    def write(self, key):
        self.client.set(key, key)


class IoredisWriter(Writer):
    """ioredis with its defaults, in a process of its own that prints a line for each answer."""

    process = None

    def run(self):
        ports = ",".join(map(str, self.sentinel_ports))
        script = pathlib.Path(__file__).with_name("ioredis_writer.js")
        self.process = subprocess.Popen(["node", str(script), self.name, MASTER_NAME, ports], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env={**os.environ, **ioredis_place()})
        with self.process:
            for line in self.process.stdout:
                said = json.loads(line)
                if "error" in said:
                    self.errors.append((said["at"], said["error"]))
                else:
                    self.acked.append((said["key"], said["sent"], said["at"]))

    def stop(self):
        wait_for("the ioredis process", lambda: self.process)
        try:
            self.process.stdin.close()  # which ends it
        except OSError:
            pass
        return super().stop()


def ioredis_place():
    """The environment in which node finds ioredis; {} if it is nowhere."""
    for folder in [os.environ.get("NODE_PATH"), ROOT / "build/node_modules"]:
        if folder and (pathlib.Path(folder) / "ioredis").is_dir():
            return {"NODE_PATH": str(folder)}
    return {}


def has_ioredis():
    return shutil.which("node") is not None and bool(ioredis_place())


def why_no_ioredis():
    return "needs node and ioredis (npm install --prefix build --no-save ioredis@5, or NODE_PATH)"


def missing(node, writers):
    """The acknowledged keys that `node` does not have with their value."""
    keys = [key for writer in writers for key, _, _ in writer.acked]
    lost = []
    with node.connect(timeout=60) as connection:
        for start in range(0, len(keys), 500):
            part = keys[start:start + 500]
            lost += [key for key, value in zip(part, connection.ask("MGET", *part)) if value != key]
    return lost
