#!/usr/bin/env python3
"""Runs clang-tidy over the sources, two at a time, and remembers what was clean.

Why: clang-tidy takes seconds a file, and a check that takes half an hour is a check that nobody runs. A file is looked
at again only if it, a header of ours that it reaches, its compile command or .clang-tidy has changed since it was
clean. Needs a configured build (compile_commands.json).

Usage: tidy.py ROOT PRESET [FILE...]     exits 1 if there is a finding.
"""
import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys

TIDY = "clang-tidy-14"
PRODUCT = ["common", "storage", "node", "sentinel", "cli", "chaos"]  # what ships, and its judges; name a test's file to look at that too
# The build's compiler is GCC, whose own warning options clang does not know.
ARGUMENTS = ["--extra-arg=-Wno-unknown-warning-option", "--quiet"]
WORKERS = 2
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def reached(root, file, seen):
    """Every file of ours that this one includes, itself first."""
    if file in seen or not file.exists():
        return
    seen[file] = text = file.read_text(encoding="utf-8")
    for name in INCLUDE.findall(text):
        reached(root, root / name, seen)


def fingerprint(root, file, command):
    seen = {}
    reached(root, file, seen)
    digest = hashlib.sha256((command + (root / ".clang-tidy").read_text()).encode())
    for path in sorted(seen):
        digest.update(str(path).encode() + seen[path].encode())
    return digest.hexdigest()


def main():
    root, preset = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    build = root / "build" / preset
    commands = {pathlib.Path(c["file"]): c["command"] for c in json.loads((build / "compile_commands.json").read_text())}
    wanted = {(root / f).resolve() for f in sys.argv[3:]}
    product = [root / folder for folder in PRODUCT]
    chosen = wanted or {f for f in commands if any(folder in f.parents for folder in product)}
    files = sorted(f for f in commands if f in chosen)
    clean = root / "build" / "tidy"
    clean.mkdir(parents=True, exist_ok=True)

    def look_at(file):
        stamp = clean / fingerprint(root, file, commands[file])
        if stamp.exists():
            return file, ""
        run = subprocess.run([TIDY, *ARGUMENTS, "-p", str(build), str(file)], capture_output=True, text=True)
        if run.returncode == 0:
            stamp.touch()
            return file, ""
        return file, run.stdout + "\n".join(l for l in run.stderr.splitlines() if "warnings generated" not in l)

    bad = 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for file, output in pool.map(look_at, files):
            if output:
                bad += 1
                print(output, flush=True)
    print(f"clang-tidy: {len(files)} files, {bad} with findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
