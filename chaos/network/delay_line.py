"""Run on a host (in its network namespace): what the host sends goes through here, arrives later, and a part of it
never.

For kernels without netem: a tun device takes the routes to the network, this program reads the packets from it, keeps
each for its delay and puts it on the wire through a raw socket that is bound to eth0. When the program ends the
device goes, the old routes are in force again, and what was under way is lost, as with a real cable.

    delay_line.py OWN-ADDRESS NETWORK-PREFIX DELAY-MS JITTER-MS LOSS(0..1)
"""
from __future__ import annotations

import collections
import fcntl
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
MAX_PACKETS = 10_000  # more than that are lost, as in any router
DEVICE = "late0"


def open_tun() -> int:
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def take_routes(own: str, prefix: str) -> None:
    subprocess.run(["ip", "link", "set", DEVICE, "mtu", "1500", "up"], check=True)
    for half in ("0/25", "128/25"):  # more specific than eth0's /24, so that these win
        subprocess.run(["ip", "route", "add", prefix + half, "dev", DEVICE, "src", own], check=True)


def open_wire() -> socket.socket:
    wire = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
    return wire


def main() -> None:
    own, prefix = sys.argv[1:3]
    delay, jitter, loss = float(sys.argv[3]) / 1000, float(sys.argv[4]) / 1000, float(sys.argv[5])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    tun, wire = open_tun(), open_wire()
    take_routes(own, prefix)
    print("ready", flush=True)
    waiting: collections.deque[tuple[float, bytes]] = collections.deque()
    last_due = 0.0
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select([tun], [], [], pause)
        if readable:
            packet = os.read(tun, 65536)
            if packet[0] >> 4 == 4 and random.random() >= loss and len(waiting) < MAX_PACKETS:
                # In order: jitter alone must not look to TCP like loss.
                last_due = max(last_due, time.monotonic() + delay + random.uniform(0, jitter))
                waiting.append((last_due, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            packet = waiting.popleft()[1]
            try:
                wire.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))
            except OSError:
                pass  # lost on the wire


if __name__ == "__main__":
    main()
