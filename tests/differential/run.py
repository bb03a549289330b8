#!/usr/bin/env python3
"""Sends random commands to a node and to redis-server, and compares every reply (design: differential test).

    run.py --node build/debug/bin/onggi-node [--redis /usr/bin/redis-server] [--seed N] [--commands N]

In some sequences the node is killed and started again, and must still hold what redis-server holds.
A difference is shown with the shortest sequence of commands that was found to lead to it, and the seed. Ends with 0 if
there was none, 1 if there was one, 2 if it could not run.
"""
import argparse
import random
import sys
import time

from compare import Difference, Pair, compare_everything
from grammar import generate
from resp import Client
from rows import check_rows
from servers import start_node, start_redis

DATABASES = 16
SEQUENCE = 400               # commands between two clean starts
SHRINK_SECONDS = 20
RESTART = (2, [b"(the node is killed and started again)"])
RESTART_EVERY = 5            # sequences


class Session:
    """Two empty servers and connections of both versions to each."""

    def __init__(self, node, redis):
        self.node = node
        self.redis = redis
        self.connect()
        self.pairs[2].run([b"FLUSHALL"])

    def connect(self):
        ports = self.node.port, self.redis.port
        self.pairs = {version: Pair(*(Client(port, version) for port in ports)) for version in (2, 3)}

    def run(self, step):
        if step == RESTART:
            self.close()
            self.node.kill_and_start()
            self.connect()
        else:
            version, call = step
            self.pairs[version].run(call)

    def close(self):
        for pair in self.pairs.values():
            pair.close()


def replay(servers, steps):
    """Runs the steps from the start; the difference they lead to, or None."""
    session = Session(*servers)
    at = 0
    try:
        for at, step in enumerate(steps):
            session.run(step)
        at = len(steps)
        compare_everything(session.pairs[2], DATABASES)
        return None
    except (Difference, ConnectionError) as difference:
        return at, difference
    finally:
        session.close()


def shrink(servers, steps):
    """Leaves out what is not needed for a difference, larger parts first."""
    deadline = time.monotonic() + SHRINK_SECONDS
    size = max(len(steps) // 2, 1)
    while time.monotonic() < deadline:
        at = 0
        while at < len(steps) and time.monotonic() < deadline:
            shorter = steps[:at] + steps[at + size:]
            failed = replay(servers, shorter) if shorter else None
            if failed is None:
                at += size
            else:
                steps = shorter[:failed[0] + 1]
        if size == 1:
            break
        size //= 2
    return steps


def show_step(step):
    version, call = step
    words = " ".join(repr(word)[1:] for word in call[:40])
    return "  RESP%d  %s%s" % (version, words, " ... (%d arguments)" % len(call) if len(call) > 40 else "")


def report(servers, steps, difference):
    print("A difference:\n%s" % difference)
    short = shrink(servers, steps)
    failed = replay(servers, short)
    print("The sequence that leads to it (%d of %d commands):" % (len(short), len(steps)))
    for step in short:
        print(show_step(step))
    print(failed[1] if failed else "  (it did not happen again)")


def run_sequence(servers, source, length, restart):
    steps = [(source.choice((2, 3)), generate(source)) for _ in range(length)]
    if restart:
        steps.insert(source.randint(0, length), RESTART)
    failed = replay(servers, steps)
    if failed is None:
        return True
    at, difference = failed
    report(servers, steps[:at + 1], difference)
    return False


def check_table(servers):
    node, redis = (Client(server.port, 2) for server in servers)
    problems = check_rows(node, redis)
    node.close()
    redis.close()
    for problem in problems:
        print(problem)
    return not problems


def run(servers, seed, commands):
    if not check_table(servers):
        return 1
    for number, start in enumerate(range(0, commands, SEQUENCE)):
        # Each sequence has a source of its own: a difference is found again without what came before.
        source = random.Random("%d/%d" % (seed, number))
        if not run_sequence(servers, source, min(SEQUENCE, commands - start), number % RESTART_EVERY == 0):
            print("seed %d" % seed)
            return 1
    print("%d commands, every reply as redis-server's" % commands)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--node", required=True, help="the onggi-node program")
    parser.add_argument("--redis", default="/usr/bin/redis-server")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2 ** 32))
    parser.add_argument("--commands", type=int, default=20000)
    options = parser.parse_args()
    print("seed %d" % options.seed, flush=True)
    servers = []
    try:
        servers.append(start_node(options.node))
        servers.append(start_redis(options.redis))
        code = run(servers, options.seed, options.commands)
    except (OSError, RuntimeError) as error:
        print(error)
        code = 2
    finally:
        for server in servers:
            if not server.alive():
                print("%s has ended:\n%s" % (server.name, server.tail()))
            server.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())
