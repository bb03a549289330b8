#!/usr/bin/python3
"""Kills the master of a real cluster twenty times under writes, and says how long clients waited and what was lost.

    ./chaos/kill_master.py [--kills 20] [--clients raw,redis-py,ioredis] [--host-dies] [--write-acks 1]

Starts its own nodes and sentinels on free ports in a temporary folder (build them first: ./onggi build). --host-dies
kills the watcher before the node, as when a whole host goes: nobody is left to tell the sentinels, so that the old
master's lease has to run out first. Ends with 1 if an acknowledged write is missing anywhere.
"""
import argparse
import pathlib
import shutil
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/integration"))

import kill_rounds  # noqa: E402  (found by the line above)
from onggi import Cluster  # noqa: E402
from workload import IoredisWriter, RawWriter, RedisPyWriter, has_ioredis, redis, why_no_ioredis  # noqa: E402

KINDS = {"raw": RawWriter, "redis-py": RedisPyWriter, "ioredis": IoredisWriter}


def usable(names):
    kinds = {}
    for name in names:
        if name not in KINDS:
            sys.exit(f"no client '{name}' (know: {', '.join(KINDS)})")
        if name == "redis-py" and redis is None:
            print("redis-py is left out: python3-redis is not installed (run this with /usr/bin/python3)")
        elif name == "ioredis" and not has_ioredis():
            print(f"ioredis is left out: {why_no_ioredis()}")
        else:
            kinds[name] = KINDS[name]
    if not kinds:
        sys.exit("no client is left")
    return kinds


def print_summary(rounds, writers, lost):
    print(f"\n{'client':<10} {'median ms':>10} {'max ms':>8} {'acknowledged':>13} {'errors':>7}")
    for writer in writers:
        times = [done.first_ack_ms[writer.name] for done in rounds]
        print(
            f"{writer.name:<10} {statistics.median(times):>10.0f} {max(times):>8.0f} {len(writer.acked):>13} "
            f"{len(writer.errors):>7}"
        )
    print(f"\nkill -9 of the master: {len(rounds)}")
    print(f"old master back by partial resync: {sum(done.back_partially for done in rounds)} of {len(rounds)}")
    print(f"acknowledged writes lost: {len(set().union(*lost.values()) if lost else ())}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--clients", default="raw,redis-py,ioredis")
    options.add_argument("--host-dies", action="store_true")
    options.add_argument("--write-acks", type=int, default=1)
    options.add_argument("--nodes", type=int, default=3)
    options.add_argument("--sentinels", type=int, default=3)
    asked = options.parse_args()
    kinds = usable(asked.clients.split(","))
    folder = tempfile.mkdtemp(prefix="onggi-chaos-")
    cluster = Cluster(folder, asked.nodes, asked.sentinels, asked.write_acks)
    rounds, lost = [], {}
    try:
        cluster.start()
        cluster.wait_in_step()
        ports = [sentinel.port for sentinel in cluster.sentinels]
        writers = [kind(name, ports) for name, kind in kinds.items()]
        kill_rounds.start_all(writers)
        try:
            for number in range(1, asked.kills + 1):
                rounds.append(kill_rounds.kill_once(cluster, writers, number, asked.host_dies))
                done = rounds[-1]
                waits = ", ".join(f"{name} {took:.0f} ms" for name, took in done.first_ack_ms.items())
                print(
                    f"kill {number:>2}: port {done.killed_port} -> {done.new_port}, epoch {done.epoch}: {waits}; "
                    f"{done.errors} errors, {'partial resync' if done.back_partially else 'FULL COPY'}",
                    flush=True,
                )
        finally:
            kill_rounds.stop_all(writers)
        lost = kill_rounds.lost_everywhere(cluster, writers)
        print_summary(rounds, writers, lost)
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
