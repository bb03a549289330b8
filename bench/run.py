"""./onggi bench: speed, memory and restart of a node beside redis-server and the kernel's floor, in one run.

Server on core 0, load on core 1, rounds alternate between the servers; the median counts. What counts first is the
server's CPU per operation (work behind the replies included): on shared cores throughput is noise.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import servers  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.path.join(ROOT, "build", "release", "bin")
SERVER_CORE, LOAD_CORE = 0, 1
WORKLOADS = ["get", "set", "hset", "hgetall", "incr", "expire", "mget"]
PIPELINES = [1, 16, 64]
IDEAL_JSON, IDEAL_HASH = 461, 382  # key, value and deadline as bytes alone


def load(server, workload, requests, pipeline=1, clients=50, **more):
    """Runs the load generator; what it measured, as a dict."""
    line = ["taskset", "-c", str(LOAD_CORE), os.path.join(BIN, "onggi-bench-load"), "--port", str(server.port),
            "--workload", workload, "--requests", str(requests), "--pipeline", str(pipeline), "--clients", str(clients)]
    for name, value in more.items():
        line += [f"--{name}", str(value)]
    done = subprocess.run(line, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{server.name}, {workload}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def table(title, header, rows):
    print(f"\n{title}")
    widths = [max(len(str(row[i])) for row in [header] + rows) for i in range(len(header))]
    for row in [header] + rows:
        print("  " + "  ".join(str(cell).ljust(w) if i == 0 else str(cell).rjust(w)
                               for i, (cell, w) in enumerate(zip(row, widths))), flush=True)


def measure(server, workload, pipeline, requests, keys):
    before = server.cpu()
    result = load(server, workload, requests, pipeline, keys=keys)
    loaded = server.cpu()
    if server.name != "echo":
        server.settle()
    behind = server.cpu() - loaded
    return {"cpu_us": (loaded + behind - before) / requests * 1e6, "behind_us": behind / requests * 1e6,
            "ops": requests / result["seconds"], "p50_us": result["p50_us"], "p99_us": result["p99_us"]}


def operations(options, report):
    """CPU per operation and throughput."""
    keys = options.keys
    contenders = make_servers(options)
    for server in contenders:
        server.start()
        server.ready()
        load(server, "prepare", keys, 16, 10)
        load(server, "prepare-hash", keys, 16, 10)
        servers.command(server.port, "SAVE", timeout=120)  # what these left to do is not the first workload's
        server.settle()
    rows = []
    for workload in options.workloads:
        for pipeline in options.pipelines:
            count = options.requests if pipeline == 1 else options.requests * 4
            rounds = {server.name: [] for server in contenders}
            for _ in range(options.rounds):
                for server in contenders:
                    rounds[server.name].append(measure(server, workload, pipeline, count, keys))
            median = {name: {field: statistics.median(r[field] for r in of) for field in of[0]}
                      for name, of in rounds.items()}
            report.setdefault("operations", []).append({"workload": workload, "pipeline": pipeline, **median})
            ours, theirs = median["onggi"], median.get("redis")
            row = [f"{workload} {pipeline}", f"{ours['cpu_us']:.2f}", f"{ours['behind_us']:.2f}"]
            row += [f"{theirs['cpu_us']:.2f}", f"{ours['cpu_us'] / theirs['cpu_us']:.2f}",
                    f"{ours['ops'] / theirs['ops']:.2f}"] if theirs else ["-"] * 3
            row += [f"{ours['ops'] / 1000:.0f}k", ours["p99_us"]]
            rows.append(row)
            print(f"  {workload} at {pipeline}: {' '.join(row[1:6])}", file=sys.stderr, flush=True)
    for server in contenders:
        server.kill()
        server.wipe()
    table("CPU of the server per operation, in microseconds (ratio below 1: onggi needs less)",
          ["", "onggi", "behind", "redis", "cpu ratio", "throughput ratio", "onggi ops/s", "p99 us"], rows)


def floor(options, report):
    echo = servers.Echo(options.folder, SERVER_CORE)
    rows = []
    for workload, size in (("get", 64), ("set", 0)):
        echo.reply_bytes = size
        echo.start()
        for pipeline in options.pipelines:
            count = options.requests if pipeline == 1 else options.requests * 4
            of = [measure(echo, workload, pipeline, count, options.keys)["cpu_us"] for _ in range(options.rounds)]
            report.setdefault("floor", []).append(
                {"workload": workload, "pipeline": pipeline, "cpu_us": statistics.median(of)})
            rows.append([f"{workload} {pipeline}", f"{statistics.median(of):.2f}"])
        echo.kill()
    table("The kernel's floor: an echo server's CPU per operation, in microseconds", ["", "echo"], rows)


def sessions(options, report):
    """Memory per session, and the time from exec to the first right answer after kill -9."""
    rows, restarts = [], []
    for workload, ideal, probe in (("load-json", IDEAL_JSON, "STRLEN"), ("load-hash", IDEAL_HASH, "HLEN")):
        cells = {}
        for server in make_servers(options):
            server.start()
            server.ready()
            server.settle(5)
            empty = server.resident()
            load(server, workload, options.sessions, 16, 10)
            server.settle()
            each = (server.resident() - empty) / options.sessions
            cells[server.name] = each
            found = {"kind": workload, "server": server.name, "bytes": each}
            if workload == "load-json":
                found["restart_s"] = restart(server, options.sessions, probe)
                restarts.append([server.name, f"{found['restart_s'] * 1000:.0f} ms"])
            report.setdefault("sessions", []).append(found)
            server.kill()
            server.wipe()
        row = [workload[5:], ideal, f"{cells['onggi']:.0f}", f"{cells['onggi'] / ideal:.2f}"]
        row += [f"{cells['redis']:.0f}", f"{cells['onggi'] / cells['redis']:.2f}"] if "redis" in cells else ["-"] * 2
        rows.append(row)
    table(f"Memory per session, in bytes of resident memory ({options.sessions:,} sessions)",
          ["", "ideal", "onggi", "of ideal", "redis", "of redis"], rows)
    table(f"From exec to the first right answer after kill -9 ({options.sessions:,} sessions)", ["", "time"], restarts)


def restart(server, count, probe):
    key = session_key(count // 2)
    expect = b":400\r\n"
    if not servers.command(server.port, probe, key).startswith(expect):
        raise SystemExit(f"{server.name} does not have {key}")
    server.kill()
    server.start()
    return server.ready(probe, key, expect=expect)


def session_key(number):
    return f"sess:{number * 0x9E3779B97F4A7C15 % (1 << 64):016x}{number:016x}"


def make_servers(options):
    servers.Onggi.binary = os.environ.get("ONGGI_NODE") or os.path.join(BIN, "onggi-node")
    servers.Onggi.extra = options.onggi.split()
    servers.Echo.binary = os.path.join(BIN, "onggi-bench-echo")
    kinds = [servers.Onggi] if options.alone else [servers.Onggi, servers.Redis]
    return [kind(options.folder, SERVER_CORE) for kind in kinds]


def workloads(text):
    names = text.split(",")
    for name in names:
        if name not in WORKLOADS:
            raise argparse.ArgumentTypeError(f"'{name}' is none of {', '.join(WORKLOADS)}")
    return names


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./onggi bench", description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", choices=[[], "operations", "floor", "sessions"], help="default: all")
    parser.add_argument("--quick", action="store_true", help="fewer requests, rounds and sessions: one to two minutes")
    parser.add_argument("--workloads", type=workloads, default=None, help=",".join(WORKLOADS))
    parser.add_argument("--pipelines", type=lambda s: [int(x) for x in s.split(",")], default=PIPELINES)
    parser.add_argument("--requests", type=int, default=0, help="of a round at pipeline 1; four times as many above")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--sessions", type=int, default=0)
    parser.add_argument("--alone", action="store_true", help="without redis-server")
    parser.add_argument("--onggi", default="", help="more directives of the node, e.g. '--durability disk'")
    parser.add_argument("--json", default="", help="where the figures go (default: bench/results/)")
    options = parser.parse_args(arguments)
    options.requests = options.requests or (100_000 if options.quick else 250_000)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.sessions = options.sessions or (100_000 if options.quick else 1_000_000)
    options.workloads = options.workloads or (WORKLOADS[:5] if options.quick else WORKLOADS)
    return options


def main():
    options = parse(sys.argv[1:])
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("two cores are needed: one for the server, one for the load")
    if not options.alone:
        servers.need("redis-server", ", or compare with nothing: --alone")
    servers.exit_on_signals()
    begun = time.time()
    report = {"machine": f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}",
              "started": time.strftime("%Y-%m-%dT%H:%M:%S"), "quick": options.quick, "load_average": os.getloadavg()[0],
              "onggi": options.onggi}
    if os.getloadavg()[0] > 0.5:
        print("This machine is not idle: trust CPU per operation, not throughput.")
    with tempfile.TemporaryDirectory(prefix="onggi-bench-") as folder:
        options.folder = folder
        try:
            for part in (floor, operations, sessions):
                if not options.what or part.__name__ in options.what:
                    part(options, report)
        finally:
            servers.end_all()
    path = options.json or os.path.join(ROOT, "bench", "results", time.strftime("%Y%m%d-%H%M%S.json"))
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as f:
        json.dump(report, f, indent=1)
    print(f"\n{time.time() - begun:.0f} s; figures in {os.path.relpath(path)}")


if __name__ == "__main__":
    main()
