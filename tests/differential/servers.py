"""Starts redis-server and a node, each on a free port with a folder of its own, and stops what it started."""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from resp import Client

START_SECONDS = 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, name, command):
        self.name = name
        self.folder = tempfile.mkdtemp(prefix="onggi-differential-")
        self.port = free_port()
        self.output = open(os.path.join(self.folder, "output"), "wb")
        values = {"port": str(self.port), "dir": self.folder}
        self.command = [word.format(**values) for word in command]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=self.output, stderr=subprocess.STDOUT)
        self.wait_until_ready()

    def kill_and_start(self):
        """As a crash of the program does it: what was acknowledged must be there again."""
        client = Client(self.port, 2)
        information = client.call("INFO", "server")[1].decode()
        client.close()
        # The process that serves may be the child of the one that was started, which then ends with it.
        os.kill(int(re.search(r"process_id:(\d+)", information).group(1)), signal.SIGKILL)
        self.process.wait(timeout=START_SECONDS)
        self.start()

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                client = Client(self.port, 2)
                # A write, for a node may need a moment to become writable.
                reply = client.call("DEL", "ready")
                client.close()
                if reply[0] == "integer":
                    return
                problem = reply
            except (OSError, ConnectionError) as error:
                problem = error
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("%s did not start (%s):\n%s" % (self.name, problem, self.tail()))
            time.sleep(0.02)

    def tail(self):
        with open(os.path.join(self.folder, "output"), "rb") as file:
            return file.read()[-4000:].decode(errors="replace")

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        if self.alive():
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.output.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_redis(program):
    return Server("redis-server", [program, "--port", "{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly",
                                   "no", "--dir", "{dir}"])


def start_node(program):
    return Server("onggi-node", [os.path.abspath(program), "--port", "{port}", "--bind", "127.0.0.1", "--dir",
                                 "{dir}"])
