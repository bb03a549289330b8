#!/usr/bin/env python3
"""Every directive is told of: in configs/*.conf with its meaning, and in docs/operations.md's tables; and none that isn't.

Why: an operator can only use what is written down, and a name that no program knows is refused at start. The rows are
read from node/config_directives.cpp and sentinel/config.cpp, the tables from docs/operations.md (first column, between
"directives of a node" / "directives of a sentinel" markers), the examples from configs/ (commented ones count).

Usage: directives.py [ROOT] [--node PATH]       prints what is missing; exits 1 if anything is. With a node's program
                                                 its defaults (CONFIG GET) are compared too, with both.
"""
import argparse
import os
import pathlib
import re
import sys
import tempfile

NODE_ROW = re.compile(r'^\s*\{"([a-z-]+)", "([a-z-]*)", ', re.M)
SENTINEL_ROW = re.compile(r'^\s*\{"((?:sentinel )?[a-z-]+)", "[^"]*", "', re.M)
LINE = re.compile(r"^(?:# )?((?:sentinel )?[a-z][a-z-]*)(?: |$)", re.M)


def documented(text, marker):
    """Names in the first column of the table between the markers."""
    begin, end = f"<!-- {marker}: begin -->", f"<!-- {marker}: end -->"
    if begin not in text or end not in text:
        raise SystemExit(f"docs/operations.md has no '{marker}' markers")
    part = text.split(begin)[1].split(end)[0]
    return {name for row in re.findall(r"^\| ([^|]+)\|", part, re.M) for name in re.findall(r"`([^`]+)`", row)}


def check(kind, rows, config, table):
    """Problems, in words. `rows`: names with their older names; `config`: the example file's text."""
    names = {name for row in rows for name in row if name}
    shown = set(LINE.findall(config))
    real = set(re.findall(r"^((?:sentinel )?[a-z][a-z-]*) ", config, re.M))
    for row in rows:
        if row[0] not in shown:
            yield f"configs/{kind}.conf doesn't tell of '{row[0]}'"
        for name in row:
            if name and name not in table:
                yield f"docs/operations.md doesn't tell of '{name}' ({kind})"
    for name in sorted(real - names):
        yield f"configs/{kind}.conf has '{name}', which {kind}s don't know"
    for name in sorted(table - names):
        yield f"docs/operations.md has '{name}', which {kind}s don't know"


def plain(value):
    """A value as CONFIG GET shows it."""
    value = value.strip()
    if value in ("none", '""'):
        return ""
    size = re.fullmatch(r"(\d+)(kb|mb|gb)", value)
    return str(int(size.group(1)) << {"kb": 10, "mb": 20, "gb": 30}[size.group(2)]) if size else value


def defaults_of(program, root):
    os.environ["ONGGI_BIN"] = str(pathlib.Path(program).resolve().parent)
    sys.path.insert(0, str(root / "tests/integration"))
    from onggi import Node

    with tempfile.TemporaryDirectory(prefix="onggi-directives-") as folder:
        node = Node(pathlib.Path(folder) / "node", enable_debug_command="no").start()
        try:
            values = node.ask("CONFIG", "GET", "*")
        finally:
            node.kill()
    given = {"port", "bind", "dir"}  # said on the command line here
    return {name: value for name, value in zip(values[::2], values[1::2]) if name not in given}


def check_defaults(values, config, operations):
    table = dict(re.findall(r"^\| `([a-z-]+)`[^|]*\| ([^|]*) \| (?:yes|no) \|", operations, re.M))
    lines = dict(re.findall(r"^([a-z][a-z-]*) (.*)$", config, re.M))
    for name, value in values.items():
        for where, told in (("docs/operations.md", table.get(name)), ("configs/node.conf", lines.get(name))):
            if told is None or name == "client-output-buffer-limit":
                continue
            if plain(told) != value:
                yield f"{where} says {name} is {told}, a node says {value or 'nothing'}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", nargs="?", default=".")
    parser.add_argument("--node")
    options = parser.parse_args()
    root = pathlib.Path(options.root).resolve()

    def read(path):
        return (root / path).read_text(encoding="utf-8")

    operations = read("docs/operations.md")
    node = NODE_ROW.findall(read("node/config_directives.cpp"))
    sentinel = [(name,) for name in SENTINEL_ROW.findall(read("sentinel/config.cpp"))]
    if len(node) < 40 or len(sentinel) < 20:
        raise SystemExit("the tables of directives can't be read: their form changed")
    problems = [*check("node", node, read("configs/node.conf"), documented(operations, "directives of a node")),
                *check("sentinel", sentinel, read("configs/sentinel.conf"),
                       documented(operations, "directives of a sentinel"))]
    if options.node:
        problems += check_defaults(defaults_of(options.node, root), read("configs/node.conf"), operations)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"ok: {len(node)} directives of nodes and {len(sentinel)} of sentinels are told of")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
