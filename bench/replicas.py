"""What a write costs a master and each of its replicas: CPU time per SET, beside redis's, at a rate that all of them keep up with.

    ./onggi load replicas [--rate 40000] [--seconds 15] [--replicas 3] [--against redis] [--directive "durability none"]

The rate is limited so that nobody is behind at the end: servers whose replicas lag do less than their work, and their
figures would mean nothing. CPU is that of all threads (the tier's writer and its compactions count), read from /proc, so
that other work on the machine matters little. The replicas must be level with the master within 10 s of the end.
"""
import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time

import storm
from storm import ROOT, hostile, servers


def threads_of(pid):
    """CPU seconds by name of thread."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/stat") as file:
                text = file.read()
        except FileNotFoundError:
            continue
        fields = text.rsplit(")", 1)[1].split()
        name = text[text.index("(") + 1:text.rindex(")")]
        found[name] = found.get(name, 0) + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


def wait_level(master, replicas, seconds):
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        end = int(hostile.info(master.port)["master_repl_offset"])
        lags = [storm.lag_of(replica, end) for replica in replicas]
        if all(lag.lstrip("-").isdigit() and int(lag) <= 0 for lag in lags):
            return round(time.monotonic() - begun, 1)
        time.sleep(0.1)  # between two looks
    return None


class Measured:
    def __init__(self, options, kind, folder):
        self.options, self.kind = options, kind
        extra = [word for text in options.directive for word in ("--" + text).split(" ", 1)] if kind == "onggi" else []
        self.master = storm.start(kind, folder, "master", extra=extra)
        self.replicas = [storm.start(kind, folder, f"replica-{i + 1}", self.master, extra)
                         for i in range(options.replicas)]

    def load(self, seconds):
        count = int(self.options.rate * seconds)
        done = subprocess.run(
            [str(ROOT / "build/release/bin/onggi-bench-load"), "--port", str(self.master.port), "--workload", "set",
             "--requests", str(count), "--pipeline", str(self.options.pipeline), "--clients", "8",
             "--keys", str(self.options.keys), "--bytes", str(self.options.bytes), "--rate", str(self.options.rate)],
            check=True, stdout=subprocess.PIPE)
        return count, json.loads(done.stdout)["seconds"]

    def run(self):
        for replica in self.replicas:
            replica.ready()
        self.load(2)  # everybody follows, memory has its pages
        if wait_level(self.master, self.replicas, 60) is None:
            raise SystemExit("the replicas don't follow")
        servers = [self.master, *self.replicas]
        before = [threads_of(server.pid) for server in servers]
        count, seconds = self.load(self.options.seconds)
        level = wait_level(self.master, self.replicas, 10)
        for server in servers:
            server.settle(5)
        used = [{name: (cpu - then.get(name, 0)) / count * 1e6 for name, cpu in threads_of(server.pid).items()}
                for server, then in zip(servers, before)]
        by_thread = [{name: round(us, 2) for name, us in sorted(one.items(), key=lambda x: -x[1]) if us >= 0.01}
                     for one in used]
        replica = [sum(one.values()) for one in used[1:]]
        return {"server": self.kind, "writes_per_second": round(count / seconds), "master_us": round(sum(used[0].values()), 2),
                "replica_us": round(sum(replica) / max(1, len(replica)), 2), "level_after_s": level,
                "full_copies": int(hostile.info(self.master.port)["sync_full"]),
                "master_threads": by_thread[0], "replica_threads": by_thread[1] if by_thread[1:] else {}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=40_000)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--bytes", type=int, default=64)
    parser.add_argument("--pipeline", type=int, default=500)
    parser.add_argument("--against", choices=["redis"], help="the same on redis-server, afterwards")
    parser.add_argument("--directive", action="append", default=[], help='of Onggi\'s nodes, such as "durability none"')
    options = parser.parse_args()
    if options.against:
        servers.need("redis-server")
    servers.exit_on_signals()
    for kind in ["onggi"] + (["redis"] if options.against else []):
        folder = tempfile.mkdtemp(prefix="onggi-replicas-")
        try:
            print(json.dumps(Measured(options, kind, folder).run()), flush=True)
        finally:
            servers.end_all()
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
