"""A run's folder. It goes with the run; what a run left that was killed itself, the next one clears away: nobody holds its lock."""
from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import shutil
import tempfile
from typing import Iterator

PREFIX = "onggi-chaos-"
LOCK = "lock"


@contextlib.contextmanager
def of_a_run() -> Iterator[pathlib.Path]:
    sweep()
    folder = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep() -> None:
    for lock in pathlib.Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        try:
            held = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            pass  # it runs
        finally:
            os.close(held)
