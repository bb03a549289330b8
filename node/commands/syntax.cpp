#include "node/commands/syntax.h"

#include <algorithm>
#include <array>
#include <span>

#include "common/text.h"

namespace onggi {

namespace {

// What the text says, before it is known which words belong together.
struct Node {
  std::string word;  // empty: a group
  bool optional = false;
  bool repeats = false;                    // ends with "..."
  std::vector<std::vector<Node>> choices;  // of a group
  bool operator==(const Node&) const = default;
};

using Nodes = std::span<const Node>;

// ---- from text to nodes
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // Choices up to `end` (or the end of the text); fills `group`.
  void read_group(Node& group, char end) {
    group.choices.emplace_back();
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == end) {
        at_++;
        return;
      }
      read_item(group, c);
    }
  }

 private:
  void read_item(Node& group, char c) {
    if (c == ' ' || c == ']' || c == '>') {
      at_++;
    } else if (c == '|') {
      at_++;
      group.choices.emplace_back();
    } else if (c == '[' || c == '<') {
      at_++;
      Node inner;
      inner.optional = c == '[';
      read_group(inner, c == '[' ? ']' : '>');
      group.choices.back().push_back(std::move(inner));
    } else {
      read_word(group);
    }
  }

  void read_word(Node& group) {
    const size_t begin = at_;
    while (at_ < text_.size() && std::string_view(" |[]<>").find(text_[at_]) == std::string_view::npos) at_++;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word == "...") {
      group.repeats = true;
      return;
    }
    Node node;
    node.word = std::string(word);
    group.choices.back().push_back(std::move(node));
  }

  std::string_view text_;
  size_t at_ = 0;
};

// ---- from nodes to arguments
bool is_token(const Node& node) {
  if (node.word.empty()) return false;
  return std::none_of(node.word.begin(), node.word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

bool is_repeat_of(const Node& group, Nodes what) {
  return group.repeats && group.choices.size() == 1 && std::ranges::equal(group.choices[0], what);
}

Argument::Type type_of_name(std::string_view name) {
  constexpr std::array<std::string_view, 6> kKeys = {"key", "newkey", "source", "destination", "key1", "key2"};
  constexpr std::array<std::string_view, 23> kIntegers = {
      "count",    "cursor",  "index",     "index1",    "index2",       "start",   "end",           "stop",
      "offset",   "seconds", "increment", "decrement", "milliseconds", "numkeys", "limit",         "numreplicas",
      "numlocal", "timeout", "port",      "protover",  "client-id",    "len",     "destination-db"};
  if (std::ranges::find(kKeys, name) != kKeys.end()) return Argument::Type::kKey;
  if (std::ranges::find(kIntegers, name) != kIntegers.end()) return Argument::Type::kInteger;
  if (name.starts_with("unix-time")) return Argument::Type::kUnixTime;
  if (name == "pattern") return Argument::Type::kPattern;
  return Argument::Type::kString;
}

std::string joined_names(const std::vector<Argument>& arguments) {
  std::string name;
  for (const Argument& argument : arguments) name += (name.empty() ? "" : "_") + argument.name;
  return name;
}

Argument wrap(std::vector<Argument> arguments, Argument::Type type) {
  if (arguments.size() == 1) return std::move(arguments[0]);
  Argument whole;
  whole.name = joined_names(arguments);
  whole.type = type;
  whole.arguments = std::move(arguments);
  return whole;
}

std::vector<Argument> convert(Nodes nodes, bool in_brackets);

// A word in capitals with its operands.
Argument with_token(const std::string& token, Nodes operands) {
  if (operands.empty()) return {.name = lower(token), .type = Argument::Type::kPureToken, .token = token};
  Argument argument = wrap(convert(operands, false), Argument::Type::kBlock);
  if (argument.optional || !argument.token.empty()) {
    std::vector<Argument> inner;
    inner.push_back(std::move(argument));
    argument = {.name = lower(token), .type = Argument::Type::kBlock, .arguments = std::move(inner)};
  }
  argument.token = token;
  return argument;
}

Argument convert_group(const Node& group) {
  std::vector<Argument> choices;
  for (const auto& choice : group.choices) {
    if (!choice.empty()) choices.push_back(wrap(convert(choice, true), Argument::Type::kBlock));
  }
  Argument argument = wrap(std::move(choices), Argument::Type::kOneOf);
  argument.optional = argument.optional || group.optional;
  argument.multiple = argument.multiple || group.repeats;
  return argument;
}

// How many nodes from the front are repeated by the group that follows them; 0: none.
size_t repeated_prefix(Nodes nodes) {
  for (size_t n = 1; n < nodes.size(); n++) {
    if (is_repeat_of(nodes[n], nodes.first(n))) return n;
  }
  return 0;
}

// How many nodes a token takes with it when nothing but its own line of words limits it.
size_t operands_of(Nodes nodes) {
  size_t n = 0;
  for (; n < nodes.size(); n++) {
    const Node& node = nodes[n];
    if (is_token(node)) break;
    if (node.word.empty() && node.optional && !node.repeats) break;
  }
  return n;
}

std::vector<Argument> convert(Nodes nodes, bool in_brackets) {
  std::vector<Argument> result;
  for (bool first = true; !nodes.empty(); first = false) {
    if (const size_t n = repeated_prefix(nodes); n > 0) {
      Argument argument = wrap(convert(nodes.first(n), false), Argument::Type::kBlock);
      argument.multiple = true;
      argument.multiple_token = is_token(nodes[0]);
      result.push_back(std::move(argument));
      nodes = nodes.subspan(n + 1);
    } else if (is_token(nodes[0])) {
      const Nodes rest = nodes.subspan(1);
      const size_t operands = in_brackets && first ? rest.size() : operands_of(rest);
      result.push_back(with_token(nodes[0].word, rest.first(operands)));
      nodes = rest.subspan(operands);
    } else if (!nodes[0].word.empty()) {
      result.push_back({.name = nodes[0].word, .type = type_of_name(nodes[0].word)});
      nodes = nodes.subspan(1);
    } else {
      result.push_back(convert_group(nodes[0]));
      nodes = nodes.subspan(1);
    }
  }
  return result;
}

}  // namespace

std::vector<Argument> parse_syntax(std::string_view syntax) {
  Node whole;
  Reader(syntax).read_group(whole, '\0');
  if (whole.choices.size() > 1) {
    std::vector<Argument> one;
    one.push_back(convert_group(whole));
    return one;
  }
  return convert(whole.choices[0], false);
}

std::string_view type_name(Argument::Type type) {
  switch (type) {
    case Argument::Type::kString:
      return "string";
    case Argument::Type::kInteger:
      return "integer";
    case Argument::Type::kDouble:
      return "double";
    case Argument::Type::kKey:
      return "key";
    case Argument::Type::kPattern:
      return "pattern";
    case Argument::Type::kUnixTime:
      return "unix-time";
    case Argument::Type::kPureToken:
      return "pure-token";
    case Argument::Type::kOneOf:
      return "oneof";
    case Argument::Type::kBlock:
      return "block";
  }
  return "string";
}

}  // namespace onggi
