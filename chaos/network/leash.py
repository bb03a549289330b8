"""Ends a run's processes when the run is ended itself, be it by SIGKILL: what the kernel does for a lab of its own
(lab.py), for runs on loopback.

Run as a program it is told of each process on its standard input, and waits for the end of that: nobody but the run
holds the other end. Then it ends those that still are the same ones, with their children.
"""
from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys


def birth(pid: int) -> str | None:
    """The moment at which the process was started: another one with its id has another."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return None


class Leash:
    def __init__(self) -> None:
        self.program = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, bufsize=0, start_new_session=True
        )

    def holds(self, pid: int) -> None:
        assert self.program.stdin is not None
        self.program.stdin.write(f"{pid} {birth(pid)}\n".encode())  # unbuffered: a line stays whole

    def close(self) -> None:
        assert self.program.stdin is not None
        self.program.stdin.close()
        self.program.wait(10)


def end(pid: int) -> None:
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def main() -> None:
    births = dict(line.split() for line in sys.stdin)
    for pid, born in births.items():
        if birth(int(pid)) == born:
            end(int(pid))


if __name__ == "__main__":
    main()
