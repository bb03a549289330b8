#!/usr/bin/env python3
"""The test of the code itself: sizes, directions of includes, and who may touch the outside world.

Why: size rules introduced after the giants exist come too late, and one clock read inside a protocol class makes it
untestable. So these rules are held from the first commit, by reading the sources (docs/style.md, rules 2, 3 and 7):

  1. a file has at most 500 lines, a function at most 70 (from the line of its opening brace to that of its closing one);
  2. includes point down: common <- storage <- node; common <- sentinel; common <- cli. Node and sentinel never meet;
  3. Asio only in drivers, common/net and cli; RocksDB's headers only in storage/rocks_tier*; cereal's archives only in
     common/codec.cpp and common/json_file.*;
  4. clocks, sockets, threads and random devices only at the edge: drivers, common/net, main.cpp, storage/rocks_tier*,
     storage's POSIX files, cli;
  5. a header opens with a comment that says why it exists, and has `#pragma once`.

Limits, stated: functions are found by counting braces, not by parsing C++. Comments, strings and character literals are
blanked first; preprocessor branches are all read. A lambda counts as part of the function that holds it. The checkers
of histories (chaos), tests and benchmarks are held to rules 1 and 5 only.

Usage: check.py [ROOT]            prints `file:line: what` for each break of a rule; exits 1 if there is one.
       check.py --self-test       checks the checker itself on small samples.
"""
import pathlib
import re
import sys

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 70
SOURCES = ("common", "storage", "node", "sentinel", "cli")
MAY_INCLUDE = {
    "common": {"common"},
    "storage": {"common", "storage"},
    "node": {"common", "storage", "node"},
    "sentinel": {"common", "sentinel"},
    "cli": {"common", "cli"},
}
DRIVER = r"(^|/)[^/]*driver[^/]*(/|$)"
EDGE = re.compile(rf"{DRIVER}|^common/net/|(^|/)main\.cpp$|^storage/rocks_tier|^storage/posix_|^cli/")
ASIO = re.compile(rf"{DRIVER}|^common/net/|^cli/")
ROCKS = re.compile(r"^storage/rocks_tier")
ARCHIVES = re.compile(r"^common/(codec\.cpp|json_file\.(h|cpp))$")
OUTSIDE_WORLD = [
    (re.compile(r"\b(system_clock|steady_clock|high_resolution_clock)\s*::\s*now\b"), "reads a clock"),
    (re.compile(r"(?<![\w.>:])(?:std::|::)?(time|gettimeofday|clock_gettime|ftime)\s*\("), "reads a clock"),
    (re.compile(r"\bstd::random_device\b|(?<![\w.>:])(?:std::|::)?(?:s?rand\s*\(|random\s*\(\s*\))|\bgetrandom\s*\("), "draws randomness"),
    (re.compile(r"\bstd::j?thread\b|\bstd::async\b|\bpthread_create\b"), "starts a thread"),
    (re.compile(r"\bsleep_(for|until)\b|(?<![\w.>:])(?:::)?u?sleep\s*\(|\bnanosleep\b"), "sleeps"),
    (re.compile(r"#\s*include\s*<sys/socket\.h>|(?<![\w.>:])::socket\s*\("), "opens sockets"),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def blank(text):
    """The text with comments, strings and character literals blanked; lines stay where they are."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\'', re.S)

    def spaces(match):
        if re.search(r"#\s*include\s*$", text[max(0, match.start() - 20):match.start()]):
            return match.group(0)
        return re.sub(r"[^\n]", " ", match.group(0))

    return pattern.sub(spaces, text)


def opens_function(header):
    """Whether a brace after this text opens a function's body (and not a namespace, type, enum or initializer)."""
    header = re.sub(r"^\s*#.*$", "", header, flags=re.M).strip()
    header = re.sub(r"^(public|private|protected)\s*:\s*", "", header).strip()
    if not header or "(" not in header:
        return False
    if re.search(r"\bnamespace(\s+[\w:]+)?$", header) or re.match(r"extern\b|enum\b|union\b", header):
        return False
    if re.match(r"(template\s*<.*>\s*)?(class|struct)\b[^()]*$", header, re.S):
        return False
    return not re.search(r"(=|,|\breturn)\s*$", header)


def functions(blanked):
    """Yields (first line, last line) of each outermost function body."""
    stack, header_start, line, start = [], 0, 1, 0
    for index, char in enumerate(blanked):
        if char == "\n":
            line += 1
        elif char == "{":
            inside = bool(stack) and stack[-1] != "scope"
            kind = "block" if inside else "function" if opens_function(blanked[header_start:index]) else "scope"
            if kind == "function":
                start = line
            stack.append(kind)
            header_start = index + 1
        elif char == "}":
            if stack and stack.pop() == "function":
                yield start, line
            header_start = index + 1
        elif char == ";" and (not stack or stack[-1] == "scope"):
            header_start = index + 1


def check_sizes(path, text, blanked):
    lines = text.count("\n")
    if lines > MAX_FILE_LINES:
        yield 1, f"{lines} lines, {MAX_FILE_LINES} is the most: one idea per file"
    for first, last in functions(blanked):
        if last - first + 1 > MAX_FUNCTION_LINES:
            yield first, f"a function of {last - first + 1} lines, {MAX_FUNCTION_LINES} is the most"
    if path.endswith(".h"):
        if not text.startswith(("//", "/*")):
            yield 1, "a header opens with why it exists"
        if "#pragma once" not in text:
            yield 1, "no #pragma once"


def check_includes(path, blanked):
    folder = path.split("/")[0]
    for match in INCLUDE.finditer(blanked):
        line, name = blanked.count("\n", 0, match.start()) + 1, match.group(2)
        target = name.split("/")[0]
        if match.group(1) == '"':
            if "/" not in name:
                yield line, f'include "{name}" by its path from the repository\'s root'
            elif target in SOURCES and target not in MAY_INCLUDE[folder]:
                yield line, f"{folder} may not include {target}"
        elif re.match(r"asio(\.hpp|/)", name) and not ASIO.search(path):
            yield line, "Asio outside drivers, common/net and cli"
        elif name.startswith("rocksdb/") and not ROCKS.search(path):
            yield line, "RocksDB's headers outside storage/rocks_tier*"
        elif name.startswith("cereal/archives/") and not ARCHIVES.search(path):
            yield line, "cereal's archives outside common/codec.cpp and common/json_file"


def check_outside_world(path, blanked):
    if EDGE.search(path):
        return
    for pattern, what in OUTSIDE_WORLD:
        for match in pattern.finditer(blanked):
            before = blanked[max(0, match.start() - 40):match.start()]
            if re.search(r"[\w>&*]\s+$", before) and not re.search(r"\breturn\s+$", before):
                continue  # a type stands before it: this declares a function of our own, `WallTime time() const`
            yield blanked.count("\n", 0, match.start()) + 1, f"{what} outside the edge: it is handed in"


def check_text(path, text):
    blanked = blank(text)
    found = list(check_sizes(path, text, blanked))
    if path.split("/")[0] in SOURCES:
        found += check_includes(path, blanked)
        found += check_outside_world(path, blanked)
    return found


def self_test():
    def breaks(path, text):
        return [what for _, what in check_text(path, text)]

    long_body = "int f() {\n" + "  g();\n" * 80 + "}\n"
    assert any("a function of" in w for w in breaks("node/a.cpp", long_body))
    assert not breaks("node/a.cpp", "namespace a {\n" + "int f() { return 1; }\n" * 100 + "}\n")
    assert not breaks("node/a.cpp", "MACRO(x)\nnamespace a {\n" + "int f() { return 1; }\n" * 100 + "}\n")
    assert not breaks("node/a.cpp", "const int k[] = {\n" + "  1,\n" * 80 + "};\n")
    assert any("a function of" in w for w in breaks("node/a.cpp", "class A {\n public:\n" + long_body + "};\n"))
    assert any("a function of" in w for w in breaks("tests/a.cpp", 'TEST_CASE("x{") {\n' + "  g();\n" * 80 + "}\n"))
    assert any("500 is the most" in w for w in breaks("node/a.cpp", "\n" * 501))
    assert breaks("node/a.cpp", '#include "sentinel/x.h"\n') == ["node may not include sentinel"]
    assert breaks("common/a.cpp", '#include "storage/x.h"\n') == ["common may not include storage"]
    assert not breaks("node/a.cpp", '#include "storage/x.h"\n// #include "sentinel/x.h"\n')
    assert breaks("node/a.cpp", "#include <asio.hpp>\n") and not breaks("node/driver/a.cpp", "#include <asio.hpp>\n")
    assert not breaks("node/session_driver.cpp", "#include <asio/ip/tcp.hpp>\n")
    assert breaks("storage/log.cpp", "#include <rocksdb/db.h>\n")
    assert breaks("common/messages.cpp", "#include <cereal/archives/json.hpp>\n")
    for bad in ("std::chrono::steady_clock::now()", "time(nullptr)", "::time(0)", "std::random_device d", "rand()",
                "std::thread t", "std::this_thread::sleep_for(x)", "clock_gettime(a, b)", "std::jthread t", "usleep(3)",
                "return time(nullptr)", "int a = rand()"):
        assert breaks("sentinel/a.cpp", f"void f() {{ {bad}; }}\n"), bad
    for good in ("wall_time()", "x.time()", "now.time(3)", '"time("', "// rand()", "operand(3)", "random.next()",
                 "std::optional<int> random(int)", "WallTime time(int)", "Random& random()", "A() : x(1), random(r) {}"):
        assert not breaks("sentinel/a.cpp", f"void f() {{ {good}\n; }}\n"), good
    assert not breaks("storage/a.cpp", "char c = '\"'; int n = 1'000'000; void f() { g('{'); }\n")
    assert breaks("common/a.h", "#pragma once\n") == ["a header opens with why it exists"]
    print("ok: the checker finds what it should")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    files = sorted(p for folder in SOURCES + ("chaos", "tests", "bench") for suffix in ("*.h", "*.cpp")
                   for p in (root / folder).rglob(suffix))
    count = 0
    for file in files:
        path = file.relative_to(root).as_posix()
        for line, what in check_text(path, file.read_text(encoding="utf-8")):
            print(f"{path}:{line}: {what}")
            count += 1
    print(f"{len(files)} files read, {count} breaks of a rule" if count else f"ok: {len(files)} files keep the rules")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
