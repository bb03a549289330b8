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
import threading
import time

from chaos import promises
from chaos.cluster import Cluster
from chaos.history import ERROR, OK, ONCE, UNKNOWN, History, Operation
from chaos.scenario import Load
from chaos.systems.base import MASTER_NAME
from chaos.workload import WAIT_MS

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAUSE_AFTER_ERROR_S = 0.005
# What libraries say when nothing was sent, or when the server refused it unexecuted.
SURELY_NOT_DONE = (
    "READONLY",
    "NOREPLICAS",
    "MISCONF",
    "OOM",
    "LOADING",
    "MASTERDOWN",
    "No master found",
    "ECONNREFUSED",
    "All sentinels are unreachable",
    "You can't write against a read only",
)


def outcome_of(text: str) -> str:
    return ERROR if any(words in text for words in SURELY_NOT_DONE) else UNKNOWN


class RedisPy:
    def __init__(self, name: str, host: str, cluster: Cluster, history: History, load: Load) -> None:
        self.name, self.host, self.cluster, self.history, self.load = name, host, cluster, history, load
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run, name=name, daemon=True)

    @staticmethod
    def why_not() -> str:
        try:
            import redis.sentinel  # noqa: F401
        except ImportError:
            return "python3-redis is not installed"
        return ""

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.ending.set()

    def join(self) -> None:
        if self.thread.ident is not None:
            self.thread.join(20)

    def run(self) -> None:
        import redis.sentinel

        self.cluster.network.enter(self.host)
        addresses = [sentinel.endpoint.announced for sentinel in self.cluster.sentinels]
        # The sentinels' own timeout: a cut-off one must not cost a client as much as a slow answer.
        sentinels = redis.sentinel.Sentinel(
            addresses, socket_timeout=self.load.timeout_s, sentinel_kwargs={"socket_timeout": 0.5}
        )
        client = sentinels.master_for(MASTER_NAME, socket_timeout=self.load.timeout_s)
        number = 0
        while not self.ending.is_set():
            number += 1
            key = f"once:{self.name}.{number}"
            operation = Operation(self.name, self.host, "write", ONCE, key, key, time.monotonic(), None, UNKNOWN)
            try:
                if self.cluster.system.acknowledges_by_wait:
                    replies = client.pipeline(transaction=False).set(key, key).wait(1, WAIT_MS).execute()
                    operation.waited = replies[1]
                    operation.outcome = OK if replies[1] >= 1 else UNKNOWN
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


class Ioredis:
    """A node process that prints a line for each answer."""

    def __init__(self, name: str, host: str, cluster: Cluster, history: History, load: Load) -> None:
        self.name, self.host, self.cluster, self.history, self.load = name, host, cluster, history, load
        self.process: subprocess.Popen[str] | None = None
        self.thread = threading.Thread(target=self.run, name=name, daemon=True)

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

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            try:
                self.process.stdin.close()  # which ends it
            except OSError:
                pass

    def join(self) -> None:
        if self.thread.ident is not None:
            self.thread.join(10)
        if self.process is not None and self.process.poll() is None:
            self.process.kill()  # a write may hang in it for ever: ioredis has no timeout of its own

    def run(self) -> None:
        addresses = ",".join(
            f"{host}:{port}" for host, port in (sentinel.endpoint.announced for sentinel in self.cluster.sentinels)
        )
        script = pathlib.Path(__file__).with_name("ioredis_writer.js")
        wait = WAIT_MS if self.cluster.system.acknowledges_by_wait else 0
        command, fds = self.cluster.network.command(
            self.host, ["node", str(script), self.name, MASTER_NAME, addresses, str(self.load.per_second), str(wait)]
        )
        self.process = subprocess.Popen(
            command,
            pass_fds=fds,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "NODE_PATH": self.modules() or ""},
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said = json.loads(line)
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
            # An error is that of the last try: when a connection breaks, ioredis sends again by itself what had no answer,
            # and the first try may have been done.
            promises.settle(operation, self.cluster.shape)
            self.history.add(operation)


LIBRARIES: dict[str, type[RedisPy] | type[Ioredis]] = {"redis-py": RedisPy, "ioredis": Ioredis}
