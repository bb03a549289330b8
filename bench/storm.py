"""A storm of writes on a master with three replicas, of which one after the other stands still for a while.

    ./onggi load storm [--seconds 90] [--against redis] [--stall 10] [--keys 1000000] [--bytes 64] [--head-start 2]

All that --clients connections can write, pipelined; replicas begin empty (each needs one full copy), and every so often
one is stopped (SIGSTOP) for --stall seconds, the first time while its full copy is under way. Printed each five seconds:
writes a second, the master's resident memory, full copies since the start, and how far behind each replica is. At the end,
the time that the replicas need to catch up. Nothing is tuned on either server: what a plain installation does.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import hostile  # noqa: E402
import servers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
REPLICAS = 3


class PlainOnggi(servers.Onggi):
    binary = str(ROOT / "build/release/bin/onggi-node")


class PlainRedis(servers.Redis):
    def arguments(self):
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--save", "",
                "--daemonize", "no"] + self.extra

    extra = []


def start(kind, folder, name, master=None, extra=()):
    server = (PlainOnggi if kind == "onggi" else PlainRedis)(folder, f"0-{os.cpu_count() - 1}")
    server.folder = os.path.join(folder, name)
    os.makedirs(server.folder, exist_ok=True)
    server.extra = (["--replicaof", "127.0.0.1", str(master.port)] if master else []) + list(extra)
    server.start()
    if master is None:
        server.ready()
    return server


def lag_of(replica, master_offset):
    try:
        told = hostile.info(replica.port)
        return f"{(master_offset - int(told['slave_repl_offset'])) / 1e6:.0f}" if told.get("master_link_status") == "up" \
            else "copying"
    except (OSError, KeyError, ValueError):
        return "no answer"


class Storm:
    def __init__(self, options, kind):
        self.options, self.kind = options, kind
        self.load = None
        self.stopped = None  # (replica, until)
        self.turn = 0
        self.peak_mb = 0
        self.rates = []

    def begin(self, folder):
        options = self.options
        self.master = start(self.kind, folder, "master")
        # 1.6 GB of values would be no storm but a full machine: the same keys are written again and again.
        self.load = subprocess.Popen(
            [str(ROOT / "build/release/bin/onggi-bench-load"), "--port", str(self.master.port), "--workload", "set",
             "--requests", str(10**12), "--pipeline", str(options.pipeline), "--clients", str(options.clients),
             "--keys", str(options.keys), "--bytes", str(options.bytes)], stdout=subprocess.DEVNULL)
        time.sleep(options.head_start)  # some data is there before the replicas come
        self.replicas = [start(self.kind, folder, f"replica-{i + 1}", self.master) for i in range(REPLICAS)]
        self.replicas[0].ready()  # it is there to be stopped

    def stall_somebody(self, now, begun):
        """The first is stopped at once, in the middle of its full copy; then one after the other."""
        if self.stopped and now >= self.stopped[1]:
            os.kill(self.stopped[0].pid, signal.SIGCONT)
            self.stopped = None
        if self.stopped is None and now - begun >= self.turn * self.options.stall * 1.5 and \
                now - begun < self.options.seconds - self.options.stall:
            replica = self.replicas[self.turn % REPLICAS]
            os.kill(replica.pid, signal.SIGSTOP)
            self.stopped = (replica, now + self.options.stall)
            self.turn += 1

    def look(self, before):
        told = hostile.info(self.master.port)
        now = time.monotonic()
        commands = int(told["total_commands_processed"])
        rate = (commands - before[1]) / (now - before[0])
        rss = hostile.resident_mb(self.master.pid)
        self.peak_mb = max(self.peak_mb, rss)
        self.rates.append(rate)
        offset = int(told["master_repl_offset"])
        lags = [("stopped" if self.stopped and self.stopped[0] is r else lag_of(r, offset)) for r in self.replicas]
        print(f"{now - self.begun:6.0f} s  {rate:9,.0f} writes/s  master {rss:6.0f} MB  full copies {told['sync_full']:>3}"
              f"  behind (MB): {', '.join(lags)}", flush=True)
        return now, commands

    def run(self):
        self.begun = time.monotonic()
        seen = (self.begun, int(hostile.info(self.master.port)["total_commands_processed"]))
        while (now := time.monotonic()) - self.begun < self.options.seconds:
            if self.load.poll() is not None:
                raise SystemExit("the load ended by itself")
            self.stall_somebody(now, self.begun)
            if now - seen[0] >= 5:
                seen = self.look(seen)
            time.sleep(0.1)  # between two looks at the clock
        if self.stopped:
            os.kill(self.stopped[0].pid, signal.SIGCONT)
        self.load.kill()
        self.load.wait()
        return self.catch_up()

    def catch_up(self):
        begun = time.monotonic()
        end = int(hostile.info(self.master.port)["master_repl_offset"])
        while time.monotonic() - begun < 180:
            lags = [lag_of(replica, end) for replica in self.replicas]
            if all(lag.lstrip("-").isdigit() and int(lag) <= 0 for lag in lags):
                break
            time.sleep(0.1)
        else:
            lags.append("still behind after 180 s")
        told = hostile.info(self.master.port)
        return {"server": self.kind, "writes_per_second": round(sum(self.rates) / max(1, len(self.rates))),
                "full_copies": int(told["sync_full"]), "needed": REPLICAS, "partial": int(told.get("sync_partial_ok", 0)),
                "master_peak_mb": round(self.peak_mb), "catch_up_s": round(time.monotonic() - begun, 1)}

    def end(self):
        if self.load is not None:
            self.load.kill()
            self.load.wait()
        servers.end_all()  # SIGKILL also ends who is stopped


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=90)
    parser.add_argument("--stall", type=int, default=10)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--bytes", type=int, default=64)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--pipeline", type=int, default=500)
    parser.add_argument("--head-start", type=float, default=2, help="seconds of writes before the replicas come")
    parser.add_argument("--against", choices=["redis"], help="the same on redis-server, afterwards")
    options = parser.parse_args()
    if options.against:
        servers.need("redis-server")
    servers.exit_on_signals()
    results = []
    for kind in ["onggi"] + (["redis"] if options.against else []):
        print(f"--- {kind}")
        folder = tempfile.mkdtemp(prefix="onggi-storm-")
        storm = Storm(options, kind)
        try:
            storm.begin(folder)
            results.append(storm.run())
        finally:
            storm.end()
            shutil.rmtree(folder, ignore_errors=True)
    for result in results:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
