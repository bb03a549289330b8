"""A RESP2 client over a socket that somebody else opened: what is sent and what comes back, nothing in between.

Errors are values here (`Error`), since a recorder has to write them down; a closed connection is an EOFError, silence
is the socket's TimeoutError.
"""
from __future__ import annotations

import contextlib
import socket
from typing import Any


class Error(str):
    """An error reply's text, without the minus sign."""

    @property
    def code(self) -> str:
        return self.split(" ", 1)[0]


def encode(*arguments: object) -> bytes:
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


class Connection:
    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.stream.close()
        with contextlib.suppress(OSError):
            self.socket.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, *arguments: object) -> Any:
        return self.pipeline([arguments])[0]

    def pipeline(self, commands: list[tuple[object, ...]]) -> list[Any]:
        self.socket.sendall(b"".join(encode(*command) for command in commands))
        return [self.read() for _ in commands]

    def read(self) -> Any:
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError("the connection closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return Error(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if int(rest) < 0 else self.exactly(int(rest))
        if kind == b"*":
            return None if int(rest) < 0 else [self.read() for _ in range(int(rest))]
        raise EOFError(f"no RESP: {line[:40]!r}")

    def exactly(self, size: int) -> str:
        data = self.stream.read(size + 2)
        if data is None or len(data) < size + 2:
            raise EOFError("the connection closed")
        return data[:-2].decode(errors="replace")


def fields(text: str) -> dict[str, str]:
    """INFO's lines as a dict."""
    return dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line and not line.startswith("#"))
