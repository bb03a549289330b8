#!/usr/bin/env python3
"""Holds the table of commands in docs/compatibility.md to what a node answers to COMMAND DOCS.

Why: a list of commands kept by hand is wrong after a week. So the table between the two markers is what the node says
of itself, and this check fails if a command, its arguments or its summary changed without it.

Usage: compatibility.py --node PATH [--write]      --write puts the right table into the document.
"""
import argparse
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))
DOCUMENT = ROOT / "docs/compatibility.md"
BEGIN, END = "<!-- commands: begin -->\n", "<!-- commands: end -->\n"


def pairs(reply):
    return dict(zip(reply[::2], reply[1::2]))


def arguments(rows):
    """COMMAND DOCS's arguments as one line, as a help shows them."""
    words = []
    for row in rows:
        row = pairs(row)
        flags = {str(flag) for flag in row.get("flags", [])}
        kind = row["type"]
        if kind == "oneof":
            text = "|".join(arguments([inner]) for inner in row["arguments"])
            text = text if "optional" in flags else f"<{text}>"
        elif kind == "block":
            text = arguments(row["arguments"])
        elif kind == "pure-token":
            text = row["token"]
        else:
            text = row["name"]
        if kind != "pure-token" and row.get("token"):
            text = f"{row['token']} {text}"
        if "multiple" in flags:
            text += " ..."
        words.append(f"[{text}]" if "optional" in flags else text)
    return " ".join(words)


def rows_of(name, description):
    """(group, name, arguments, summary) of a command, or of each of its subcommands if only these can be called."""
    description = pairs(description)
    group = description.get("group", "")
    subcommands = description.get("subcommands", [])
    if not subcommands:
        yield group, name, arguments(description.get("arguments", [])), description["summary"]
    for full, inner in pairs(subcommands).items():
        yield group, full.replace("|", " "), arguments(pairs(inner).get("arguments", [])), pairs(inner)["summary"]


def table(docs, listed):
    groups = {}
    for name, description in sorted(docs.items()):
        for group, full, given, summary in rows_of(name, description):
            groups.setdefault(group, []).append((full, given, summary))
    found = {full.replace(" ", "|") for rows in groups.values() for full, _, _ in rows}
    missing = sorted(listed - found - {name.split("|")[0] for name in found})
    if missing:
        raise SystemExit(f"COMMAND LIST has what COMMAND DOCS lacks: {', '.join(missing)}")
    text = ""
    for group in sorted(groups):
        text += f"\n### {group.capitalize()}\n\n| command | arguments | |\n|---|---|---|\n"
        for full, given, summary in sorted(groups[group]):
            shown = f"`{given}`".replace("|", "\\|") if given else ""
            text += f"| `{full.upper()}` | {shown} | {summary} |\n"
    return text + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--node", required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    os.environ["ONGGI_BIN"] = str(pathlib.Path(options.node).resolve().parent)
    from onggi import Node

    with tempfile.TemporaryDirectory(prefix="onggi-compatibility-") as folder:
        node = Node(pathlib.Path(folder) / "node").start()
        try:
            docs, listed = pairs(node.ask("COMMAND", "DOCS")), set(node.ask("COMMAND", "LIST"))
        finally:
            node.kill()
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    old, after = rest.split(END)
    new = table(docs, listed)
    if options.write:
        DOCUMENT.write_text(before + BEGIN + new + END + after, encoding="utf-8")
        return 0
    for line in sorted(set(new.splitlines()) ^ set(old.splitlines())):
        print(f"docs/compatibility.md {'has, and the node has not' if line in old.splitlines() else 'lacks'}: {line}")
    if new != old:
        print("put it right with: tests/code/compatibility.py --write --node ...")
        return 1
    print(f"ok: {len(listed)} commands are as docs/compatibility.md says")
    return 0


if __name__ == "__main__":
    sys.exit(main())
