"""A process's data folder: on a small disk of its own if the scenario says so, and what can happen to it."""
from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

FILLER = "chaos-filler"
CHUNK = bytes(1 << 20)


class Disk:
    def __init__(self, folder: pathlib.Path, size: str | None) -> None:
        self.folder = folder
        self.limited = size is not None
        folder.mkdir(parents=True, exist_ok=True)
        if size is not None:
            # In the lab's mount namespace: nobody else sees it, and it goes with the lab.
            done = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
                capture_output=True,
                text=True,
                timeout=20,
            )
            if done.returncode != 0:
                raise OSError(f"no disk of {size} (cluster.disk; sizes are like 160m): {done.stderr.strip()}")

    def close(self) -> None:
        if self.limited:
            subprocess.run(["umount", "--lazy", str(self.folder)], capture_output=True, timeout=20)

    def fill(self) -> None:
        """Down to the last byte. Only ever a disk that was made small for this."""
        if not self.limited:
            raise OSError("only a disk of limited size is filled (cluster.disk in the scenario)")
        with open(self.folder / FILLER, "wb", buffering=0) as filler:
            for size in (len(CHUNK), 4096, 1):
                try:
                    while filler.write(CHUNK[:size]) == size:
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        (self.folder / FILLER).unlink(missing_ok=True)

    def wipe(self) -> None:
        """As rm -rf of what lies in it, also under a running process, whose open files live on without names."""
        for entry in os.scandir(self.folder):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                pathlib.Path(entry.path).unlink(missing_ok=True)
