#include "chaos/checkers/history_file.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <istream>
#include <ostream>
#include <string_view>

#include "common/numbers.h"

namespace onggi::checkers {

namespace {

using Json = rapidjson::Value;

constexpr std::array<std::string_view, 5> kFamilies{"once", "register", "counter", "session", "probe"};
constexpr std::array<std::string_view, 5> kActions{"write", "swap", "incr", "touch", "read"};
constexpr std::array<std::string_view, 3> kOutcomes{"ok", "error", "unknown"};
// What recorders may tell beside, for people and pictures: nothing is judged by it.
constexpr std::array<std::string_view, 2> kRemarks{"reign", "accepted"};
constexpr std::array<std::string_view, 3> kSettingRemarks{"began", "wall", "title"};
constexpr double kLongestStory = 1e9;  // s

std::string quoted(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= ' ') {
      out += c;
    } else {
      out += "\\u00";
      out += kDigits[static_cast<size_t>(c) >> 4];
      out += kDigits[static_cast<size_t>(c) & 15];
    }
  }
  return out + '"';
}

std::string seconds(int64_t us) {
  return std::to_string(static_cast<double>(us) / 1e6);
}

// ------------------------------------------------------------------------------------------------------------- reading

std::string text_of(const Json& json) {
  return {json.GetString(), json.GetStringLength()};
}

template <size_t N>
bool among(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The fields of one object: each is asked for once; what nobody asked for is an error in the end.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  // Absent and null are the same.
  const Json* find(const char* name) {
    known_.emplace_back(name);
    const auto found = object_.FindMember(name);
    return found == object_.MemberEnd() || found->value.IsNull() ? nullptr : &found->value;
  }
  std::string text(const char* name, bool required) {
    const Json* found = find(name);
    if (found != nullptr && found->IsString()) return text_of(*found);
    if (found != nullptr) fail(std::string(name) + " is no text");
    if (found == nullptr && required) fail(std::string("no ") + name);
    return {};
  }
  std::optional<int64_t> whole(const char* name) {
    const Json* found = find(name);
    if (found == nullptr) return {};
    if (!found->IsInt64() || found->GetInt64() < 0) fail(std::string(name) + " is no whole number from 0 on");
    return found->IsInt64() ? found->GetInt64() : 0;
  }
  // A time in seconds, as microseconds.
  std::optional<int64_t> time(const char* name) {
    const Json* found = find(name);
    if (found == nullptr) return {};
    if (!found->IsNumber() || !(std::abs(found->GetDouble()) < kLongestStory)) {
      fail(std::string(name) + " is no time in seconds");
      return {};
    }
    return std::llround(found->GetDouble() * 1e6);
  }
  bool flag(const char* name) {
    const Json* found = find(name);
    if (found != nullptr && !found->IsBool()) fail(std::string(name) + " is neither true nor false");
    return found != nullptr && found->IsBool() && found->GetBool();
  }
  template <class Enum, size_t N>
  Enum word(const char* name, const std::array<std::string_view, N>& words) {
    const std::string given = text(name, true);
    const auto found = std::find(words.begin(), words.end(), given);
    if (found == words.end()) {
      fail(std::string("no ") + name + " '" + given + "'");
      return Enum{};
    }
    return static_cast<Enum>(found - words.begin());
  }
  void fail(std::string why) {
    if (why_.empty()) why_ = std::move(why);
  }
  template <size_t N>
  const std::string& wrong(const std::array<std::string_view, N>& remarks) {
    for (const auto& member : object_.GetObject()) {
      const std::string name = text_of(member.name);
      const bool known = std::find(known_.begin(), known_.end(), name) != known_.end();
      if (!known && !among(remarks, name)) fail("no field '" + name + "' is known");
    }
    return why_;
  }

 private:
  const Json& object_;
  std::vector<std::string> known_;
  std::string why_;
};

void check(const Operation& o, Fields& fields) {
  const bool ok = o.outcome == Outcome::kOk;
  const bool writes = o.action == Action::kWrite || o.action == Action::kSwap;
  if (o.key.empty()) fields.fail("no key");
  if (ok && o.completed == kNever) fields.fail("ok, and never completed");
  if (o.completed < o.invoked) fields.fail("completed before it was invoked");
  if (writes && o.value.empty()) fields.fail("a write of nothing");
  if (o.durable && !ok) fields.fail("durable, and not ok");
  if (o.durable && o.action == Action::kRead) fields.fail("a durable read");
  if (o.fresh && o.action != Action::kRead) fields.fail("fresh, and no read");
  if (o.action == Action::kIncrement && o.family != Family::kCounter) fields.fail("only counters are incremented");
  if (o.action == Action::kTouch && o.family != Family::kSession) fields.fail("only sessions are touched");
  if (o.action == Action::kIncrement && ok && !parse_int64(o.value)) fields.fail("a counter became no number");
  if (o.family == Family::kSession && o.action != Action::kRead && o.ttl_ms <= 0) fields.fail("no ttl_ms");
}

void read_operation(Fields& fields, size_t line, Recording& recording) {
  Operation o;
  o.line = line;
  o.client = fields.text("client", true);
  o.host = fields.text("host", false);
  o.action = fields.word<Action>("action", kActions);
  o.family = fields.word<Family>("family", kFamilies);
  o.outcome = fields.word<Outcome>("outcome", kOutcomes);
  o.key = fields.text("key", true);
  o.value = fields.text("value", false);
  o.previous = fields.text("previous", false);
  o.node = fields.text("node", false);
  o.error = fields.text("error", false);
  o.ttl_ms = fields.whole("ttl_ms").value_or(0);
  o.waited = fields.whole("waited");
  const auto invoked = fields.time("invoked");
  if (!invoked) fields.fail("no invoked");
  o.invoked = invoked.value_or(0);
  o.completed = fields.time("completed").value_or(kNever);
  o.durable = fields.flag("durable");
  o.fresh = fields.flag("fresh");
  check(o, fields);
  if (o.outcome == Outcome::kUnknown) o.completed = kNever;  // when its client gave up says nothing
  recording.operations.push_back(std::move(o));
}

void read_contents(Fields& fields, Recording& recording) {
  const std::string node = fields.text("node", true);
  const Json* holds = fields.find("holds");
  if (holds == nullptr || !holds->IsObject()) return fields.fail("holds is no object");
  const auto [contents, first] = recording.contents.try_emplace(node);
  if (!first) return fields.fail("the contents of " + node + " were told before");
  for (const auto& member : holds->GetObject()) {
    if (member.value.IsNull()) continue;
    if (!member.value.IsString()) return fields.fail("what " + text_of(member.name) + " holds is no text");
    contents->second[text_of(member.name)] = text_of(member.value);
  }
}

// What is wrong with the line; empty: nothing.
std::string read_line(const std::string& text, size_t number, Recording& recording) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (document.HasParseError() || !document.IsObject()) return "no object of JSON";
  if (document.HasMember("settings")) {
    if (!document["settings"].IsObject()) return "settings is no object";
    Fields fields(document["settings"]);
    recording.slack_ms = fields.whole("slack_ms").value_or(0);
    recording.nodes = static_cast<size_t>(fields.whole("nodes").value_or(0));
    recording.one_for_all = fields.flag("one_for_all");
    return fields.wrong(kSettingRemarks);
  }
  Fields fields(document);
  if (document.HasMember("holds")) {
    read_contents(fields, recording);
    return fields.wrong(std::array<std::string_view, 0>{});
  }
  read_operation(fields, number, recording);
  return fields.wrong(kRemarks);
}

// Of a client no request begins before the one before it is answered, where a family promises so.
std::string overlaps(const Recording& recording) {
  std::map<std::string, const Operation*> latest;
  for (const Operation& o : recording.operations) {
    if (o.family != Family::kCounter && o.family != Family::kSession) continue;
    const Operation*& before = latest[o.key];
    if (before != nullptr && before->client != o.client) {
      return std::to_string(o.line) + ": " + o.key + " is used by " + before->client + " and " + o.client +
             ": a counter or session has one client";
    }
    if (before != nullptr && before->completed != kNever && before->completed > o.invoked) {
      return std::to_string(o.line) + ": begun before line " + std::to_string(before->line) +
             " was answered: the client of a counter or session asks one thing after the other";
    }
    before = &o;
  }
  return {};
}

// What has one value ever, or each time another one, is so.
std::string repeated(const Recording& recording) {
  std::map<std::pair<std::string, std::string>, const Operation*> written;
  for (const Operation& o : recording.operations) {
    const bool writes = o.action == Action::kWrite || o.action == Action::kSwap;
    if (!writes || o.family == Family::kSession || o.family == Family::kCounter) continue;
    const bool once = o.family == Family::kOnce;
    const auto [before, first] = written.try_emplace({o.key, once ? std::string() : o.value}, &o);
    if (first || (once && before->second->value == o.value)) continue;
    return std::to_string(o.line) + ": " + o.key + (once ? "" : " = " + o.value) + " was written in line " +
           std::to_string(before->second->line) + (once ? " as " + before->second->value : " already") +
           ": whose a value is must be plain";
  }
  return {};
}

}  // namespace

std::string to_json_line(const Operation& o) {
  const auto or_null = [](const std::string& value) { return value.empty() ? "null" : quoted(value); };
  std::string line = "{\"client\":" + quoted(o.client) + ",\"host\":" + quoted(o.host) +
                     ",\"action\":" + quoted(kActions[static_cast<size_t>(o.action)]) +
                     ",\"family\":" + quoted(kFamilies[static_cast<size_t>(o.family)]) + ",\"key\":" + quoted(o.key) +
                     ",\"value\":" + or_null(o.value) + ",\"invoked\":" + seconds(o.invoked) +
                     ",\"completed\":" + (o.completed == kNever ? "null" : seconds(o.completed)) +
                     ",\"outcome\":" + quoted(kOutcomes[static_cast<size_t>(o.outcome)]) +
                     ",\"node\":" + quoted(o.node) + ",\"error\":" + quoted(o.error) +
                     ",\"ttl_ms\":" + (o.ttl_ms == 0 ? "null" : std::to_string(o.ttl_ms));
  if (o.action == Action::kSwap) line += ",\"previous\":" + or_null(o.previous);
  if (o.waited) line += ",\"waited\":" + std::to_string(*o.waited);
  return line + ",\"durable\":" + (o.durable ? "true" : "false") + ",\"fresh\":" + (o.fresh ? "true" : "false") + "}";
}

void write_recording(const Recording& recording, std::ostream& out) {
  out << "{\"settings\":{\"slack_ms\":" << recording.slack_ms << ",\"nodes\":" << recording.nodes
      << (recording.one_for_all ? ",\"one_for_all\":true" : "") << "}}\n";
  for (const Operation& operation : recording.operations) out << to_json_line(operation) << '\n';
  for (const auto& [node, contents] : recording.contents) {
    out << "{\"node\":" << quoted(node) << ",\"holds\":{";
    bool first = true;
    for (const auto& [key, value] : contents) {
      out << (first ? "" : ",") << quoted(key) << ":" << quoted(value);
      first = false;
    }
    out << "}}\n";
  }
}

Result<Recording> read_recording(std::istream& in, const std::string& name) {
  Recording recording;
  std::string line;
  for (size_t number = 1; std::getline(in, line); number++) {
    const std::string wrong = read_line(line, number, recording);
    if (!wrong.empty()) return Error{name + ":" + std::to_string(number) + ": " + wrong};
  }
  if (in.bad()) return Error{name + ": can't be read"};
  std::stable_sort(recording.operations.begin(), recording.operations.end(),
                   [](const Operation& a, const Operation& b) { return a.invoked < b.invoked; });
  if (const std::string wrong = overlaps(recording); !wrong.empty()) return Error{name + ":" + wrong};
  if (const std::string wrong = repeated(recording); !wrong.empty()) return Error{name + ":" + wrong};
  return recording;
}

}  // namespace onggi::checkers
