"""The servers that the benchmark compares: started on a core of their own, asked for their CPU time and memory.

CPU is utime + stime of all threads of the process and of its children that ended, from /proc (the tier writer, compaction
and a rewriting child count). It never ends a process that it did not start.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")
LAST_WORDS = 5  # lines of a log
running = []  # servers


def end_all():
    """What was started, and not ended since."""
    for server in list(running):
        server.kill()


def exit_on_signals():
    """SIGTERM and Ctrl-C end by SystemExit: what stands in `finally` is done, and no trace is printed."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda caught, _frame: sys.exit(128 + caught))


def need(program, otherwise=""):
    if shutil.which(program) is None:
        raise SystemExit(f"{program} is not installed: apt-get install {program}{otherwise}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_of(pid):
    """Seconds of CPU of all its threads and of its children that were waited for."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15]) / TICKS


def resident_of(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(x) for x in f.read().split()]


def command(port, *words, timeout=30.0):
    """One command, one reply: its raw bytes. Raises OSError if nobody answers."""
    request = b"*%d\r\n" % len(words)
    for word in words:
        word = word.encode()
        request += b"$%d\r\n%s\r\n" % (len(word), word)
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as s:
        s.sendall(request)
        reply = s.recv(1 << 16)
        if not reply:
            raise OSError("closed")
        if reply[:1] in b"$" and not reply.startswith(b"$-1"):
            size = int(reply[1:reply.index(b"\r\n")])
            whole = reply.index(b"\r\n") + 2 + size + 2
            while len(reply) < whole:
                more = s.recv(1 << 16)
                if not more:
                    raise OSError("closed")
                reply += more
        return reply


class Server:
    """One server process on one core. Subclasses say how it is started."""

    name = ""

    def __init__(self, folder, core):
        self.folder = os.path.join(folder, self.name)
        self.core = core
        self.process = None
        self.port = 0
        os.makedirs(self.folder, exist_ok=True)

    def arguments(self):
        raise NotImplementedError

    def start(self):
        """Starts it and returns at once; ready() waits."""
        self.port = self.port or free_port()
        self.log = open(os.path.join(self.folder, "server.log"), "ab")
        self.process = subprocess.Popen(["taskset", "-c", str(self.core)] + self.arguments(), cwd=self.folder,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        running.append(self)

    def last_words(self):
        with open(os.path.join(self.folder, "server.log"), errors="replace") as f:
            return "".join("\n    " + line.rstrip() for line in f.readlines()[-LAST_WORDS:])

    def ready(self, *probe, expect=b"+PONG", within=120.0):
        """Seconds until `probe` gets an answer that begins as expected."""
        begun = time.monotonic()
        while time.monotonic() - begun < within:
            try:
                if command(self.port, *(probe or ("PING",))).startswith(expect):
                    return time.monotonic() - begun
            except OSError:
                pass
            if self.process.poll() is not None:
                raise SystemExit(f"{self.name} ended with {self.process.returncode}; its last words:{self.last_words()}")
            time.sleep(0.002)
        raise SystemExit(f"{self.name} did not answer within {within} s; its last words:{self.last_words()}")

    @property
    def pid(self):
        return self.process.pid

    def cpu(self):
        return cpu_of(self.pid)

    def settle(self, most=60.0):
        """Waits until it works no more: what it does behind the replies belongs to them."""
        begun = time.monotonic()
        idle = 0
        before = self.cpu()
        while time.monotonic() - begun < most and idle < 4:
            time.sleep(0.3)
            now = self.cpu()
            idle = idle + 1 if now - before <= 0.01 else 0
            before = now

    def resident(self):
        return resident_of(self.pid)

    def kill(self):
        children = children_of(self.process.pid) if self.process.poll() is None else []
        self.process.kill()
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it went with its parent
        self.process.wait()
        while any(os.path.exists(f"/proc/{pid}") for pid in children):
            time.sleep(0.001)  # its folder and port are free only when it is gone
        self.log.close()
        if self in running:
            running.remove(self)

    def wipe(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)


class Onggi(Server):
    name = "onggi"
    binary = ""
    extra = []

    @property
    def pid(self):
        """The process started is the watcher; the node is its child."""
        return children_of(self.process.pid)[0]

    def arguments(self):
        return [self.binary, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder] + self.extra


class Redis(Server):
    name = "redis"

    def arguments(self):
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--save", "",
                "--appendonly", "yes", "--appendfsync", "everysec", "--daemonize", "no"]


class Echo(Server):
    """The kernel's floor. It picks its port itself."""

    name = "echo"
    binary = ""
    reply_bytes = 64

    def start(self):
        self.log = open(os.path.join(self.folder, "server.log"), "ab")
        self.process = subprocess.Popen(["taskset", "-c", str(self.core), self.binary, str(self.reply_bytes)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log)
        running.append(self)
        self.port = int(self.process.stdout.readline())
