// onggi-check: judges a recorded history. Ends with 0 if all holds, 1 if something does not, 2 if it can't be read.
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <set>

#include "chaos/checkers/history_file.h"
#include "chaos/checkers/of_history.h"

namespace {

using onggi::Result;
using onggi::checkers::Operation;
using onggi::checkers::Outcome;
using onggi::checkers::Recording;
using onggi::checkers::Verdict;
using onggi::checkers::Violation;

constexpr int kClean = 0;
constexpr int kViolations = 1;
constexpr int kBadInput = 2;

struct Wishes {
  std::string file;
  bool json = false;
  size_t examples = 5;
};

size_t count(const Recording& recording, Outcome outcome) {
  return static_cast<size_t>(std::count_if(recording.operations.begin(), recording.operations.end(),
                                           [&](const Operation& o) { return o.outcome == outcome; }));
}

std::string summary(const Recording& recording) {
  std::set<std::string> clients;
  std::set<std::string> keys;
  for (const Operation& operation : recording.operations) {
    clients.insert(operation.client);
    keys.insert(operation.key);
  }
  return std::to_string(recording.operations.size()) + " operations (" +
         std::to_string(count(recording, Outcome::kOk)) + " ok, " + std::to_string(count(recording, Outcome::kError)) +
         " refused, " + std::to_string(count(recording, Outcome::kUnknown)) + " unknown) of " +
         std::to_string(clients.size()) + " clients on " + std::to_string(keys.size()) + " keys; " +
         std::to_string(recording.contents.size()) + " of the nodes looked at in the end";
}

std::string words(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

void print(const Recording& recording, const std::vector<Verdict>& verdicts, const Wishes& wishes) {
  std::printf("%s: %s\n", wishes.file.c_str(), summary(recording).c_str());
  for (const Verdict& verdict : verdicts) {
    const char* state = !verdict.violations.empty() ? "FAIL" : verdict.undecided.empty() ? "ok  " : "?   ";
    std::string counts;
    for (const auto& [name, number] : verdict.counts) {
      counts += (counts.empty() ? "" : ", ") + std::to_string(number) + " " + words(name);
    }
    std::printf("  %s  %-27s %s\n", state, std::string(verdict.checker).c_str(), counts.c_str());
    for (size_t i = 0; i < verdict.violations.size() && i < wishes.examples; i++) {
      const Violation& violation = verdict.violations[i];
      std::string lines;
      for (const size_t line : violation.lines) lines += "line " + std::to_string(line) + ": ";
      std::printf("          %s%s\n", lines.c_str(), violation.text.c_str());
    }
    if (verdict.violations.size() > wishes.examples) {
      std::printf("          and %zu more\n", verdict.violations.size() - wishes.examples);
    }
    for (const std::string& why : verdict.undecided) std::printf("          not decided: %s\n", why.c_str());
  }
}

class JsonText {
 public:
  void text(std::string_view value) { writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size())); }
  void name(std::string_view value) { writer_.Key(value.data(), static_cast<rapidjson::SizeType>(value.size())); }
  void lines(const std::vector<size_t>& lines) {
    writer_.StartArray();
    for (const size_t line : lines) writer_.Uint64(line);
    writer_.EndArray();
  }

  void verdict(const Verdict& verdict) {
    writer_.StartObject();
    name("checker"), text(verdict.checker);
    name("holds"), writer_.Bool(verdict.violations.empty());
    name("counts"), writer_.StartObject();
    for (const auto& [of, number] : verdict.counts) name(of), writer_.Uint64(number);
    writer_.EndObject();
    name("undecided"), writer_.StartArray();
    for (const std::string& why : verdict.undecided) text(why);
    writer_.EndArray();
    name("violations"), writer_.StartArray();
    for (const Violation& violation : verdict.violations) {
      writer_.StartObject();
      name("key"), text(violation.key);
      name("text"), text(violation.text);
      name("lines"), lines(violation.lines);
      writer_.EndObject();
    }
    writer_.EndArray();
    name("lost"), lines(verdict.lost);
    writer_.EndObject();
  }

  void all(const Recording& recording, const std::vector<Verdict>& verdicts, const Wishes& wishes) {
    writer_.StartObject();
    name("file"), text(wishes.file);
    name("operations"), writer_.Uint64(recording.operations.size());
    name("ok"), writer_.Uint64(count(recording, Outcome::kOk));
    name("refused"), writer_.Uint64(count(recording, Outcome::kError));
    name("unknown"), writer_.Uint64(count(recording, Outcome::kUnknown));
    name("verdicts"), writer_.StartArray();
    for (const Verdict& of_one : verdicts) verdict(of_one);
    writer_.EndArray();
    writer_.EndObject();
    std::printf("%s\n", buffer_.GetString());
  }

 private:
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

Result<Recording> read(const std::string& file) {
  if (file == "-") return onggi::checkers::read_recording(std::cin, "standard input");
  std::ifstream in(file);
  if (!in) return onggi::Error{file + ": can't be opened"};
  return onggi::checkers::read_recording(in, file);
}

}  // namespace

int main(int argc, char** argv) {
  Wishes wishes;
  CLI::App app{
      "Judges a history of what clients asked and were told: whether what was acknowledged survived, WAIT's counts "
      "are\n"
      "true, counters add up, registers are linearizable, nodes hold the same, sessions live as told. By the code\n"
      "that judges the simulator's seeds and chaos runs; docs/chaos.md has the file's fields.\n\n"
      "Ends with 0 if all holds (what is not decided is said), 1 if something does not, 2 if the file is\n"
      "not one, or has no operations."};
  app.add_option("FILE", wishes.file, "JSON lines, as onggi-sim --history and ./onggi chaos --keep write; -: stdin")
      ->required();
  app.add_flag("--json", wishes.json, "one object of JSON: verdicts, counts, violations with keys and lines");
  app.add_option("--examples", wishes.examples, "of each checker's violations, so many are printed")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kClean : kBadInput;
  }
  const Result<Recording> recording = read(wishes.file);
  if (!recording) {
    std::fprintf(stderr, "onggi-check: %s\n", recording.error().message.c_str());
    return kBadInput;
  }
  if (recording->operations.empty()) {
    std::fprintf(stderr, "onggi-check: %s: no operations\n", wishes.file.c_str());
    return kBadInput;
  }
  const std::vector<Verdict> verdicts = onggi::checkers::judge(*recording);
  if (wishes.json) {
    JsonText().all(*recording, verdicts, wishes);
  } else {
    print(*recording, verdicts, wishes);
  }
  const bool clean =
      std::all_of(verdicts.begin(), verdicts.end(), [](const Verdict& v) { return v.violations.empty(); });
  return clean ? kClean : kViolations;
}
