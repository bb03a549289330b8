"""Run inside a lab by test_network.py: do the network's faults do what they say? Prints what it measured, ends with an assertion if not.

    python3 -m chaos.tests.network_trial [--loopback]
"""
from __future__ import annotations

import itertools
import subprocess
import sys
import time

from chaos import lab
from chaos.cluster import NotReached, wait_for
from chaos.run import new_network

ECHO = """
import socket, sys, threading
def serve(one):
    while data := one.recv(65536):
        one.sendall(data)
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""
PATIENCE_S = 0.4
LATE_MS = 30


NUMBERS = itertools.count()


def echo(connection):
    """Seconds until what was sent came back, or None if it did not in time. What comes late is not taken for it."""
    started = time.monotonic()
    data = b"%12d" % next(NUMBERS)
    received = b""
    try:
        connection.sendall(data)
        while not received.endswith(data):
            received += connection.recv(65536)
        return time.monotonic() - started
    except TimeoutError:
        return None


class Trial:
    def __init__(self):
        self.network = new_network()
        self.processes = []
        self.endpoints = {}
        for host in ("left", "right", "client"):
            self.network.add_host(host)
        for host in ("left", "right"):
            endpoint = self.endpoints[host] = self.network.endpoint(host, 7777)
            command, fds = self.network.command(host, [sys.executable, "-c", ECHO, *map(str, endpoint.direct)])
            process = subprocess.Popen(command, pass_fds=fds)
            self.processes.append(process)
            self.network.knows_process(host, process.pid)
        self.connections = {host: self.connect(host) for host in ("left", "right")}

    def connect(self, host):
        made = []

        def works():
            try:
                made.append(self.network.connect("client", self.endpoints[host].announced, PATIENCE_S))
                return echo(made[-1]) is not None
            except OSError:
                return False

        wait_for(f"an echo from {host}", works, 10)
        return made[-1]

    def hears(self, host):
        return echo(self.connections[host]) is not None

    def heals(self, host):
        """What was held back or lost is sent again: TCP's own patience decides how soon."""
        try:
            wait_for(f"{host} to be heard again", lambda: self.hears(host), 10)
        except NotReached:
            return False
        return True

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()
        self.network.close()


def cuts(trial):
    for link in (("client", "left"), ("left", "client")):
        trial.network.cut([link])
        assert not trial.hears("left"), f"{link} is cut, and an answer came"
        assert trial.hears("right"), f"{link} is cut, and right is silent"
        trial.network.mend([link])
        assert trial.heals("left"), f"{link} is mended, and left is silent"
        print(f"cut {link[0]} -> {link[1]}: ok")
    trial.network.cut([("client", "left")])
    trial.network.cut([("client", "left")])
    trial.network.mend([("client", "left")])
    assert not trial.hears("left"), "cut by two faults, mended by one, and an answer came"
    trial.network.mend([("client", "left")])
    assert trial.heals("left"), "mended by both, and left is silent"
    print("cut by two faults: ok")


def delays(trial):
    before = echo(trial.connections["left"])
    trial.network.slow("left", LATE_MS, 0, 0)
    fresh = trial.connect("left")
    slow = min(echo(fresh) or 9 for _ in range(5))
    other = echo(trial.connections["right"])
    trial.network.unslow("left")
    assert slow >= LATE_MS / 1000, f"{slow * 1000:.1f} ms, and {LATE_MS} ms is the delay"
    assert before is not None and other is not None and max(before, other) < LATE_MS / 1000, (before, other)
    print(
        f"delay of {LATE_MS} ms: {before * 1000:.1f} ms before, {slow * 1000:.1f} ms with, {other * 1000:.1f} ms elsewhere: ok"
    )


def losses(trial):
    """All of many packets lost: nothing comes; a few: TCP sends them again."""
    trial.network.slow("left", 0, 0, 1.0)
    assert not trial.hears("left"), "everything is lost, and an answer came"
    trial.network.unslow("left")
    assert trial.heals("left"), "nothing is lost any more, and left is silent"
    print("loss: ok")


def main():
    lab.enter("chaos.tests.network_trial", sys.argv[1:], "--loopback" in sys.argv)
    trial = Trial()
    try:
        cuts(trial)
        delays(trial)
        if trial.network.can_lose:
            losses(trial)
    finally:
        trial.end()


if __name__ == "__main__":
    main()
