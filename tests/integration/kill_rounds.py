"""Kills the master again and again under writes, and says what clients saw: shared by a test and chaos/kill_master.py."""
import dataclasses
import os
import signal
import time

from onggi import wait_for
from workload import IN_FLIGHT_S, missing


@dataclasses.dataclass
class Round:
    """One kill of the master."""
    number: int
    killed_port: int
    new_port: int
    epoch: int
    first_ack_ms: dict    # by writer
    errors: int           # that clients were given, until all wrote again
    back_partially: bool  # the killed node came back without a full copy


def kill_once(cluster, writers, number, with_watcher=False):
    """Kills the serving process (with_watcher: the watcher first, as when a host dies), waits for every writer, starts
    the node again and waits until all follow."""
    master = cluster.wait_in_step()
    pids = [master.process.pid] if with_watcher else []
    pids.append(master.serving_pid())
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    first_ack = {writer.name: (writer.wait_for_acknowledgement(killed + IN_FLIGHT_S) - killed) * 1000
                 for writer in writers}
    errors = sum(len(writer.errors_between(killed, time.monotonic())) for writer in writers)
    master.process.wait(15)
    new = cluster.wait_for_master(other_than=master)
    copies = int(new.info("stats")["sync_full"])
    master.start()
    cluster.wait_in_step()
    new = cluster.wait_for_master()
    partial = (int(master.info("onggi")["copies_received"]) == 0 and int(new.info("stats")["sync_full"]) == copies
               and int(new.info("stats")["sync_partial_ok"]) > 0)
    return Round(number, master.port, new.port, int(new.info("onggi")["epoch"]), first_ack, errors, partial)


def start_all(writers):
    started = time.monotonic()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.wait_for_acknowledgement(started)


def stop_all(writers):
    for writer in writers:
        writer.stop()


def lost_everywhere(cluster, writers):
    """Acknowledged keys that some node lacks once all are in step, by port."""
    wait_for("all in step", cluster.wait_in_step)
    return {node.port: lost for node in cluster.nodes if (lost := missing(node, writers))}


def kill_and_wait_for_the_restart(cluster, writer):
    """As kill_once for a node that its watcher restarts; the milliseconds to the first acknowledged write."""
    master = cluster.wait_in_step()
    pid = master.serving_pid()
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    took = writer.wait_for_acknowledgement(killed + IN_FLIGHT_S) - killed
    wait_for("the node to be another process", lambda: master.serving_pid() not in (pid, master.process.pid))
    cluster.wait_in_step()
    return took * 1000
