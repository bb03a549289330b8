"""Where a run happens: in namespaces of its own, so that nothing of it can touch or outlive the host.

The program starts itself again under `unshare`: a network, mount and process-id namespace of its own (and a user
namespace, if it isn't root). Interfaces, bridges, firewalls and mounts made in there are seen by nobody else, and
when its first process ends, be it by SIGKILL, the kernel ends every process in it and takes the namespaces apart. So
there is nothing to clean up that could be forgotten.

Where that is not permitted the run goes on over TCP proxies on loopback (network/proxies.py), with fewer faults.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys

INSIDE = "ONGGI_CHAOS_LAB"
NAMESPACES = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
# What a run does at the least, tried out beforehand.
TRIAL = (
    "ip link add lan0 type bridge && ip link add left0 type veth peer name right0 && nft add table inet trial"
    " && nsenter --net=/proc/self/ns/net true"
)


def ways_in() -> list[list[str]]:
    """How namespaces may be had: as root, else as root of a user namespace."""
    plain = ["unshare", *NAMESPACES]
    mapped = ["unshare", "--user", "--map-root-user", *NAMESPACES]
    return [plain, mapped] if os.geteuid() == 0 else [mapped]


def find_way() -> tuple[list[str] | None, str]:
    """The command that enters new namespaces, or None and why there is none."""
    missing = [tool for tool in ("unshare", "ip", "nft", "nsenter") if shutil.which(tool, path=search_path()) is None]
    if missing:
        return None, f"not installed: {', '.join(missing)} (Debian: util-linux, iproute2, nftables)"
    reason = ""
    for way in ways_in():
        trial = subprocess.run([*way, "sh", "-c", TRIAL], capture_output=True, text=True, timeout=20, env=environment())
        if trial.returncode == 0:
            return way, ""
        reason = (trial.stderr.strip() or f"ended with {trial.returncode}").splitlines()[0]
    return None, reason


def search_path() -> str:
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": search_path()}


def inside() -> bool:
    return os.environ.get(INSIDE) == "namespaces"


def why_loopback() -> str:
    """Inside the fallback: why there are no namespaces."""
    return os.environ.get(INSIDE + "_REASON", "asked for")


def enter(module: str, arguments: list[str], loopback: bool = False) -> None:
    """Starts the module again inside, in place of this process; returns only if this already is inside."""
    if INSIDE in os.environ:
        return
    way, reason = (None, "asked for with --loopback") if loopback else find_way()
    command = [sys.executable, "-m", module, *arguments]
    if way is None:
        os.execvpe(command[0], command, {**environment(), INSIDE: "loopback", INSIDE + "_REASON": reason})
    # A shell is the first process: it takes in the orphans (of watchers that were killed, say).
    shell = ["bash", "-c", '"$@"; exit $?', "chaos", *command]
    os.execvpe(way[0], [*way, *shell], {**environment(), INSIDE: "namespaces"})
