"""The knobs of host_shim.c, one file for each host: built at the start of a run, if there is a C compiler."""
from __future__ import annotations

import mmap
import pathlib
import shutil
import struct
import subprocess

SOURCE = pathlib.Path(__file__).with_name("host_shim.c")


def build(folder: pathlib.Path) -> pathlib.Path | None:
    """The library, or None if nothing here can build it."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    library = folder / "host_shim.so"
    done = subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode != 0:
        raise OSError(f"{SOURCE.name} could not be built: {done.stderr}")
    return library


class Knobs:
    def __init__(self, path: pathlib.Path, library: pathlib.Path) -> None:
        path.write_bytes(bytes(mmap.PAGESIZE))
        self.path, self.library = path, library
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.library), "HOST_SHIM": str(self.path)}

    def set_clock_offset(self, seconds: float) -> None:
        self.memory[0:8] = struct.pack("=q", int(seconds * 1e6))

    def set_disk_delay(self, milliseconds: float) -> None:
        self.memory[8:16] = struct.pack("=q", int(milliseconds * 1e3))
