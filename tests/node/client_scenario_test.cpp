// Scenario files of what a client sends and what comes back, byte by byte: tests/scenarios/resp and .../commands.
//
//   # a comment               > SET a 1      an inline command, CR LF added
//   on NAME                   >> *1\r\n$4    raw bytes, with escapes, nothing added
//   pass MS                   < +OK\r\n      what came back (expected; "closed": the node closed the connection)
//
// ONGGI_REWRITE=1 writes what came back into the files; review it as a diff.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/node/node_bench.h"

namespace onggi {

namespace {

std::string escape(std::string_view bytes) {
  std::string text;
  char hex[8];
  for (unsigned char c : bytes) {
    if (c == '\r')
      text += "\\r";
    else if (c == '\n')
      text += "\\n";
    else if (c == '\\')
      text += "\\\\";
    else if (c >= 32 && c < 127)
      text += static_cast<char>(c);
    else
      std::snprintf(hex, sizeof hex, "\\x%02x", c), text += hex;
  }
  return text;
}

std::string unescape(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      bytes += text[i];
      continue;
    }
    const char c = text[++i];
    if (c == 'x' && i + 2 < text.size()) {
      bytes += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      bytes += c == 'r' ? '\r' : c == 'n' ? '\n' : c;
    }
  }
  return bytes;
}

// Shows a reply line by line, so that a diff is readable.
void show(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const size_t size = end == std::string_view::npos ? bytes.size() : end + 1;
    out += "< " + escape(bytes.substr(0, size)) + "\n";
    bytes.remove_prefix(size);
  }
}

std::string play(std::istream& file) {
  NodeBench bench;
  std::map<std::string, ConnId> connections{{"a", bench.current}};
  std::map<ConnId, bool> said_closed;
  std::string out;
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("< ")) continue;
    out += line + "\n";
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("on ")) {
      const std::string name = line.substr(3);
      if (!connections.contains(name)) connections[name] = bench.connect();
      bench.current = connections[name];
    } else if (line.starts_with("pass ")) {
      bench.pass(milliseconds(std::stoi(line.substr(5))));
    } else if (line.starts_with(">> ")) {
      bench.send(unescape(line.substr(3)));
    } else if (line.starts_with("> ")) {
      bench.send(line.substr(2) + "\r\n");
    } else {
      FAIL("no such line: ", line);
    }
    show(out, bench.ask(""));
    if (bench.closed(bench.current) && !said_closed[bench.current]) {
      said_closed[bench.current] = true;
      out += "< closed\n";
    }
  }
  return out;
}

}  // namespace

TEST_CASE("client scenarios") {
  const std::filesystem::path root = ONGGI_SOURCE_DIR "/tests/scenarios";
  size_t played = 0;
  for (const char* folder : {"resp", "commands"}) {
    for (const auto& entry : std::filesystem::directory_iterator(root / folder)) {
      if (entry.path().extension() != ".txt") continue;
      played++;
      std::ifstream file(entry.path());
      std::stringstream expected;
      expected << file.rdbuf();
      std::istringstream lines(expected.str());
      const std::string played_out = play(lines);
      INFO(entry.path().string());
      if (std::getenv("ONGGI_REWRITE") != nullptr) {
        std::ofstream(entry.path()) << played_out;
      } else {
        CHECK(played_out == expected.str());
      }
    }
  }
  CHECK(played > 5);
}

}  // namespace onggi
