"""A thread of a run, a client's or an observer's. One that breaks off, or does not end, is told of: what it did not see
proves nothing."""
from __future__ import annotations

import threading

from chaos.history import Operation


class Worker:
    def __init__(self, name: str, seconds_to_end: float) -> None:
        self.name, self.seconds_to_end = name, seconds_to_end
        self.ending = threading.Event()
        self.problem = ""  # why it saw less than it should have
        self.under_way: Operation | None = None  # asked, and not in the history yet: after join(), it is left open
        self.thread = threading.Thread(target=self.guarded, name=name, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.ending.set()

    def join(self) -> None:
        if self.thread.ident is None:
            return
        self.thread.join(self.seconds_to_end)
        if self.thread.is_alive():
            self.problem = self.problem or f"did not end within {self.seconds_to_end:g} s"

    def guarded(self) -> None:
        try:
            self.run()
        except Exception as error:  # whatever it is: the run's findings have it
            self.problem = f"broke off: {type(error).__name__}: {error}"

    def run(self) -> None:
        raise NotImplementedError
