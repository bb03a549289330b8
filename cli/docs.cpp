// COMMAND DOCS read, and put into a manual's words.
#include "cli/docs.h"

#include <algorithm>
#include <optional>
#include <set>

#include "common/quoting.h"
#include "common/text.h"

namespace onggi {
namespace {

// The value of a field in a map, or in an array that alternates names and values.
const Reply* field(const Reply& map, std::string_view name) {
  for (size_t i = 0; i + 1 < map.elements.size(); i += 2) {
    if (map.elements[i].text == name) return &map.elements[i + 1];
  }
  return nullptr;
}

std::string text_of(const Reply& map, std::string_view name) {
  const Reply* value = field(map, name);
  return value ? value->text : std::string();
}

bool has_flag(const Reply& argument, std::string_view flag) {
  const Reply* flags = field(argument, "flags");
  if (!flags) return false;
  return std::any_of(flags->elements.begin(), flags->elements.end(), [&](const Reply& f) { return f.text == flag; });
}

constexpr int kMaxArgumentDepth = 16;

std::string describe(const Reply& argument, int depth);

std::vector<std::string> describe_all(const Reply* arguments, int depth) {
  std::vector<std::string> out;
  if (!arguments || depth > kMaxArgumentDepth) return out;
  for (const Reply& argument : arguments->elements) out.push_back(describe(argument, depth));
  return out;
}

// One argument as in a manual, with its token, its alternatives or parts, its repetition, and [] if it is optional.
std::string describe(const Reply& argument, int depth) {
  std::string type = text_of(argument, "type");
  std::string token = text_of(argument, "token");
  std::string value;
  if (type == "oneof") {
    value = join(describe_all(field(argument, "arguments"), depth + 1), " | ");
  } else if (type == "block") {
    value = join(describe_all(field(argument, "arguments"), depth + 1), " ");
  } else if (type != "pure-token") {
    value = text_of(argument, "name");
    if (std::string shown = text_of(argument, "display_text"); !shown.empty()) value = shown;
  }
  bool optional = has_flag(argument, "optional");
  if (type == "oneof" && (!optional || !token.empty())) value = "<" + value + ">";
  std::string out = token;
  if (!value.empty()) out += (out.empty() ? "" : " ") + value;
  if (has_flag(argument, "multiple")) {
    out += has_flag(argument, "multiple_token") ? " [" + out + " ...]" : " [" + value + " ...]";
  }
  return optional ? "[" + out + "]" : out;
}

CommandDoc read_doc(const Reply& reply, int depth) {
  CommandDoc doc;
  doc.summary = text_of(reply, "summary");
  doc.since = text_of(reply, "since");
  doc.group = text_of(reply, "group");
  doc.complexity = text_of(reply, "complexity");
  doc.arguments = describe_all(field(reply, "arguments"), 0);
  const Reply* subs = field(reply, "subcommands");
  if (!subs || depth > 1) return doc;
  for (size_t i = 0; i + 1 < subs->elements.size(); i += 2) {
    std::string name = lower(subs->elements[i].text);  // "client|list"
    if (size_t bar = name.rfind('|'); bar != std::string::npos) name = name.substr(bar + 1);
    doc.subcommands[name] = read_doc(subs->elements[i + 1], depth + 1);
  }
  return doc;
}

// A line as far as it is typed: an open quote is closed. `open_word`: the last word may still grow.
struct Typed {
  Words words;
  bool open_word = false;
};

std::optional<Typed> read_line(std::string_view line) {
  auto words = split_words(line);
  for (const char* close : {"\"", "'"}) {
    if (!words) words = split_words(std::string(line) + close);
  }
  if (!words) return std::nullopt;
  return Typed{*std::move(words), !line.empty() && line.back() != ' '};
}

// Upper-case words in an argument's description: its tokens.
void collect_tokens(const std::string& description, std::set<std::string>& tokens) {
  std::string word;
  for (char c : description + ' ') {
    bool part = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (part) {
      word += c;
      continue;
    }
    if (word.size() > 1 && word == upper(word) && word != lower(word)) tokens.insert(lower(word));
    word.clear();
  }
}

std::string help_entry(const std::string& name, const CommandDoc& doc) {
  std::string out = "\n  " + upper(name);
  if (!doc.arguments.empty()) out += " " + join(doc.arguments, " ");
  out += "\n  summary: " + doc.summary + "\n  since: " + doc.since;
  if (!doc.group.empty()) out += "\n  group: " + doc.group;
  if (!doc.complexity.empty()) out += "\n  complexity: " + doc.complexity;
  return out + '\n';
}

}  // namespace

Docs::Docs(const Reply& command_docs) {
  for (size_t i = 0; i + 1 < command_docs.elements.size(); i += 2) {
    commands_[lower(command_docs.elements[i].text)] = read_doc(command_docs.elements[i + 1], 0);
  }
}

const CommandDoc* Docs::find(const Words& words, size_t& used) const {
  used = 0;
  if (words.empty()) return nullptr;
  auto found = commands_.find(lower(words[0]));
  if (found == commands_.end()) return nullptr;
  used = 1;
  const CommandDoc* doc = &found->second;
  if (words.size() > 1) {
    if (auto sub = doc->subcommands.find(lower(words[1])); sub != doc->subcommands.end()) {
      used = 2;
      doc = &sub->second;
    }
  }
  return doc;
}

std::vector<std::string> Docs::completions(std::string_view line) const {
  auto typed = read_line(line);
  if (!typed) return {};
  std::string start = typed->open_word ? typed->words.back() : "";
  if (typed->open_word) typed->words.pop_back();
  std::set<std::string> candidates;
  size_t used = 0;
  const CommandDoc* doc = find(typed->words, used);
  if (typed->words.empty() || (typed->words.size() == 1 && lower(typed->words[0]) == "help")) {
    for (const auto& [name, unused] : commands_) candidates.insert(name);
    if (typed->words.empty()) candidates.insert("help");
  } else if (doc && typed->words.size() == 1) {
    for (const auto& [name, unused] : doc->subcommands) candidates.insert(name);
  }
  if (doc) {
    for (const std::string& argument : doc->arguments) collect_tokens(argument, candidates);
  }
  std::string prefix = lower(start);
  bool shout = start.empty() || start != prefix;  // options are written in capitals unless typed otherwise
  std::vector<std::string> out;
  for (const std::string& candidate : candidates) {
    if (candidate.starts_with(prefix)) out.push_back(shout ? upper(candidate) : candidate);
  }
  return out;
}

std::string Docs::hint(std::string_view line) const {
  auto typed = read_line(line);
  if (!typed || typed->words.empty()) return {};
  size_t used = 0;
  const CommandDoc* doc = find(typed->words, used);
  if (!doc) return {};
  if (used == typed->words.size() && typed->open_word && used == 1 && !doc->subcommands.empty()) return "subcommand";
  size_t given = typed->words.size() - used;
  if (used == 1 && !doc->subcommands.empty()) return given == 0 ? "subcommand" : "";
  std::vector<std::string> left;
  for (size_t i = 0; i < doc->arguments.size(); i++) {
    bool repeats = doc->arguments[i].find("...]") != std::string::npos && i + 1 == doc->arguments.size();
    if (i >= given) {
      left.push_back(doc->arguments[i]);
    } else if (repeats) {
      size_t from = doc->arguments[i].find(" [");
      left.push_back(from == std::string::npos ? doc->arguments[i] : doc->arguments[i].substr(from + 1));
    }
  }
  return join(left, " ");
}

std::string Docs::help(const Words& topic) const {
  if (topic.empty()) {
    return "onggi-cli " ONGGI_VERSION
           "\nTo get help about Onggi's commands type:\n"
           "      \"help @<group>\" to get a list of commands in <group>\n"
           "      \"help <command>\" for help on <command>\n"
           "      \"help <tab>\" to get a list of possible help topics\n"
           "      \"quit\" to exit\n";
  }
  std::string out;
  if (topic[0].starts_with('@')) {
    for (const auto& [name, doc] : commands_) {
      if (doc.group == lower(topic[0].substr(1))) out += help_entry(name, doc);
    }
  } else {
    size_t used = 0;
    if (const CommandDoc* doc = find(topic, used)) {
      out = help_entry(used == 2 ? topic[0] + " " + topic[1] : topic[0], *doc);
      for (const auto& [name, sub] : doc->subcommands) out += help_entry(topic[0] + " " + name, sub);
    }
  }
  return out.empty() ? "No help for '" + join(topic, " ") + "'\n" : out + '\n';
}

}  // namespace onggi
