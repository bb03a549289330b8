"""Clients that mean no good, and one that does: what the tests and `./onggi load` throw at a node.

Each attack is an object that has begun when its constructor returns and ends with close(). The well-behaved client is
a process of its own (it must not share an interpreter with an attack): it writes and reads a session again and again,
and tells how long it waited at worst.

    with Probe(port) as probe:
        attack = HalfFrames(port, 1000)
        ...
        attack.close()
    print(probe.figures)     # {"requests": .., "p50_ms": .., "p99_ms": .., "max_ms": .., "errors": ..}
"""
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time

PAUSE_S = 0.002  # between two requests of the well-behaved client


def encode(*words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


def connect(port, timeout=10):
    link = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def ask(port, *words):
    """One command, its whole reply as text (a bulk's without its header)."""
    with connect(port, timeout=60) as link:
        link.sendall(encode(*words))
        with link.makefile("rb") as stream:
            line = stream.readline()
            if line[:1] != b"$" or line.startswith(b"$-"):
                return line.decode().strip()
            return stream.read(int(line[1:])).decode()


def info(port):
    lines = ask(port, "INFO", "everything").split("\r\n")
    return dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))


def resident_mb(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


# ------------------------------------------------------------------------------------------------ the client that means well

class Probe:
    """A process that asks and measures until it is told to stop."""

    def __init__(self, port):
        self.figures = None
        self.process = subprocess.Popen([sys.executable, "-B", os.path.abspath(__file__), "--probe", str(port)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

    def stop(self):
        if self.figures is None:
            out, _ = self.process.communicate(b"stop\n", timeout=90)
            self.figures = json.loads(out)
        return self.figures


def probe(port):
    link = connect(port, timeout=60)
    stream = link.makefile("rb")
    payload = b"x" * 400
    took, errors, number = [], 0, 0
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], PAUSE_S)[0]:
        number += 1
        key = "sess:%d" % (number % 100)
        begun = time.monotonic()
        link.sendall(encode("SET", key, payload, "EX", "1800"))
        errors += not stream.readline().startswith(b"+OK")
        written = time.monotonic()
        link.sendall(encode("GET", key))
        found = stream.readline() == b"$400\r\n"
        errors += not found
        if found:
            stream.read(402)
        took += [written - begun, time.monotonic() - written]
    took.sort()
    at = lambda part: round(1000 * took[min(len(took) - 1, int(len(took) * part))], 3)
    print(json.dumps({"requests": len(took), "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1), "errors": errors}))


# ---------------------------------------------------------------------------------------------------------------- attacks

class Connections:
    """Sockets that are open, and have said `words`."""

    def __init__(self, port, count, words=b""):
        self.links = []
        for i in range(count):
            link = connect(port)
            if words:
                link.sendall(words)
            self.links.append(link)

    def closed_by_server(self):
        """How many the other side has closed (what it said before is read away)."""
        closed = 0
        for link in self.links:
            link.setblocking(False)
            try:
                while True:
                    if not link.recv(65536):
                        closed += 1
                        break
            except BlockingIOError:
                pass
            except OSError:
                closed += 1
        return closed

    def close(self):
        for link in self.links:
            link.close()


def HalfFrames(port, count):
    return Connections(port, count, b"*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$100000\r\n" + b"h" * 1000)


# Lengths that are allowed, and will never come; and those that are not.
GIGANTIC = [b"*2\r\n$3\r\nGET\r\n$536870912\r\n" + b"g" * 1000, b"*1048576\r\n$3\r\nDEL\r\n", b"*2\r\n$5\r\nONGGI\r\n$67108864\r\nx"]
TOO_LONG = [b"*2\r\n$3\r\nGET\r\n$536870913\r\n", b"*1048577\r\n", b"*2147483647\r\n", b"*1\r\n$-7\r\n",
            b"*3\r\n$3\r\nGET\r\n$99999999999999999999\r\n", b"x" * 70000]


class Sender:
    """Sends the same bytes again and again and reads nothing, or little, in a thread of its own."""

    def __init__(self, port, request, read_bytes_a_second=0):
        self.link = connect(port)
        self.request = request * max(1, 65536 // len(request))
        self.rate = read_bytes_a_second
        self.sent = self.read = 0
        self.ended = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        self.link.setblocking(False)
        rest, begun = memoryview(self.request), time.monotonic()
        while not self.ended:
            may_read = self.read < self.rate * (time.monotonic() - begun)
            readable, writable, _ = select.select([self.link] if may_read else [], [self.link], [], 0.05)
            try:
                if readable:
                    got = len(self.link.recv(1024))
                    if got == 0:
                        return
                    self.read += got
                if writable:
                    count = self.link.send(rest)
                    self.sent += count
                    rest = rest[count:] or memoryview(self.request)
                elif may_read and not readable:
                    pass
                else:
                    time.sleep(0.005)  # the other side's window is full: this is the attack's own rest
            except OSError:
                return

    def close(self):
        self.ended = True
        self.thread.join()
        self.link.close()


def EndlessPipeline(port, key):
    """Asks for `key` for ever and never reads."""
    return Sender(port, encode("GET", key))


def SlowReader(port, key, bytes_a_second=10000):
    return Sender(port, encode("GET", key), bytes_a_second)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--probe"]:
        probe(int(sys.argv[2]))
