"""A tiny client of Redis's protocol, versions 2 and 3. Replies keep the type they were sent with.

A reply is a tuple (type, value): ('simple', bytes), ('error', bytes), ('integer', int), ('bulk', bytes), ('null', None),
('double', bytes), ('boolean', bool), ('array', [replies]), ('set', [replies]), ('map', [(key, value) ...]).
"""
import socket

TIMEOUT_SECONDS = 30


class Client:
    def __init__(self, port, version):
        self.version = version
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        if version == 3:
            self.call(b"HELLO", b"3")

    def close(self):
        self.file.close()
        self.socket.close()

    def call(self, *arguments):
        self.send(arguments)
        return self.read()

    def send(self, arguments):
        parts = [b"*%d\r\n" % len(arguments)]
        for argument in arguments:
            if isinstance(argument, str):
                argument = argument.encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(argument), argument))
        self.socket.sendall(b"".join(parts))

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the connection was closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return ("simple", rest)
        if kind == b"-":
            return ("error", rest)
        if kind == b":":
            return ("integer", int(rest))
        if kind == b"_":
            return ("null", None)
        if kind == b",":
            return ("double", rest)
        if kind == b"#":
            return ("boolean", rest == b"t")
        count = int(rest)
        if count < 0:
            return ("null", kind)
        if kind == b"$":
            return ("bulk", self.file.read(count + 2)[:-2])
        if kind == b"*":
            return ("array", [self.read() for _ in range(count)])
        if kind == b"~":
            return ("set", [self.read() for _ in range(count)])
        if kind == b"%":
            return ("map", [(self.read(), self.read()) for _ in range(count)])
        raise ValueError("not a reply: %r" % line)
