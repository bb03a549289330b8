"""Real client libraries, as an application uses them: redis-py through its Sentinel class, ioredis through its own.

They write `once` keys, so that whatever a library retries by itself is never mistaken for another write. Their record
goes into the same history as the recorders'.
"""
from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
from typing import Any

from chaos import promises
from chaos.cluster import Cluster
from chaos.history import ERROR, OK, ONCE, UNKNOWN, History, Operation
from chaos.scenario import Load
from chaos.systems.base import MASTER_NAME
from chaos.workload import WAIT_MS
from chaos.worker import Worker

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAUSE_AFTER_ERROR_S = 0.005
# What redis-py says when nothing was sent, or when the server refused it unexecuted.
SURELY_NOT_DONE = (
    "The previous master is now a slave",  # its words for -READONLY
    "NOREPLICAS",
    "MISCONF",
    "OOM",
    "loading the dataset",
    "MASTERDOWN",
    "No master found",
    "connecting to",
)


def outcome_of(text: str) -> str:
    return ERROR if any(words in text for words in SURELY_NOT_DONE) else UNKNOWN


class RedisPy(Worker):
    def __init__(self, name: str, host: str, cluster: Cluster, history: History, load: Load) -> None:
        super().__init__(name, 20)
        self.host, self.cluster, self.history, self.load = host, cluster, history, load

    @staticmethod
    def why_not() -> str:
        try:
            import redis.sentinel  # noqa: F401
        except ImportError:
            return "python3-redis is not installed"
        return ""

    def run(self) -> None:
        import redis.sentinel

        self.cluster.network.enter(self.host)
        addresses = [sentinel.endpoint.announced for sentinel in self.cluster.sentinels]
        # The sentinels' own timeout: a cut-off one must not cost a client as much as a slow answer.
        sentinels = redis.sentinel.Sentinel(
            addresses, socket_timeout=self.load.timeout_s, sentinel_kwargs={"socket_timeout": 0.5}
        )
        client = sentinels.master_for(MASTER_NAME, socket_timeout=self.load.timeout_s)
        number, replicas = 0, promises.to_acknowledge(self.cluster.shape)
        while not self.ending.is_set():
            number += 1
            key = f"once:{self.name}.{number}"
            operation = Operation(self.name, self.host, "write", ONCE, key, key, time.monotonic(), None, UNKNOWN)
            try:
                if self.cluster.system.acknowledges_by_wait:
                    replies = client.pipeline(transaction=False).set(key, key).wait(replicas, WAIT_MS).execute()
                    operation.waited = replies[1]
                    operation.outcome = OK if replies[1] >= replicas else UNKNOWN
                else:
                    client.set(key, key)
                    operation.outcome = OK
            except Exception as error:  # whatever a library throws: it is the record's
                operation.error = f"{type(error).__name__}: {error}"
                operation.outcome = outcome_of(str(error))
                self.ending.wait(PAUSE_AFTER_ERROR_S)
            operation.completed = time.monotonic()
            promises.settle(operation, self.cluster.shape)
            self.history.add(operation)
            self.ending.wait(1 / self.load.per_second)


class Ioredis(Worker):
    """A node process that prints a line for each answer."""

    def __init__(self, name: str, host: str, cluster: Cluster, history: History, load: Load) -> None:
        super().__init__(name, 10)
        self.host, self.cluster, self.history, self.load = host, cluster, history, load
        self.process: subprocess.Popen[str] | None = None
        self.said = tempfile.TemporaryFile("w+")  # on its standard error

    @staticmethod
    def modules() -> str | None:
        for folder in [os.environ.get("NODE_PATH"), str(ROOT / "build/node_modules")]:
            if folder and (pathlib.Path(folder) / "ioredis").is_dir():
                return folder
        return None

    @classmethod
    def why_not(cls) -> str:
        if shutil.which("node") is None:
            return "node is not installed"
        return "" if cls.modules() else "no ioredis (npm install --prefix build --no-save ioredis@5, or NODE_PATH)"

    def stop(self) -> None:
        super().stop()
        if self.process is not None and self.process.stdin is not None:
            try:
                self.process.stdin.close()  # which ends it
            except OSError:
                pass

    def join(self) -> None:
        super().join()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def why_it_ended(self, code: int) -> str:
        """What is wrong with that; empty: nothing."""
        if code == 0 and self.ending.is_set():
            return ""
        self.said.seek(0)
        told = [line.strip() for line in self.said if "Error" in line] or [""]
        return f"ended with {code} {'' if self.ending.is_set() else 'by itself '}{told[0]}".rstrip()

    def run(self) -> None:
        addresses = ",".join(
            f"{host}:{port}" for host, port in (sentinel.endpoint.announced for sentinel in self.cluster.sentinels)
        )
        script = pathlib.Path(__file__).with_name("ioredis_writer.js")
        wait = WAIT_MS if self.cluster.system.acknowledges_by_wait else 0
        replicas = promises.to_acknowledge(self.cluster.shape)
        options = [self.name, MASTER_NAME, addresses, str(self.load.per_second), str(wait), str(replicas)]
        command, fds = self.cluster.network.command(self.host, ["node", str(script), *options])
        self.process = subprocess.Popen(
            command,
            pass_fds=fds,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.said,
            text=True,
            env={**os.environ, "NODE_PATH": self.modules() or ""},
        )
        self.cluster.network.knows_process(self.host, self.process.pid)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.note(json.loads(line))
        self.problem = self.problem or self.why_it_ended(self.process.wait())

    def note(self, said: dict[str, Any]) -> None:
        """An error is that of the last try: when a connection breaks, ioredis sends again by itself what had no answer,
        and the first try may have been done."""
        operation = Operation(
            self.name,
            self.host,
            "write",
            ONCE,
            said["key"],
            said["key"],
            said["sent"],
            said["at"],
            OK if said["acknowledged"] else UNKNOWN,
            error=said.get("error", ""),
        )
        promises.settle(operation, self.cluster.shape)
        self.history.add(operation)


LIBRARIES: dict[str, type[RedisPy] | type[Ioredis]] = {"redis-py": RedisPy, "ioredis": Ioredis}
