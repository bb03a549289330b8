// redis-cli's three ways of printing a reply.
#include "cli/format.h"

#include <array>
#include <utility>

#include "common/quoting.h"
#include "common/text.h"

namespace onggi {
namespace {

using Type = Reply::Type;

// How a collection looks to people: what it is called when empty, and the mark after an element's number.
struct Collection {
  const char* empty;
  char mark;
};

Collection collection_of(Type type) {
  switch (type) {
    case Type::kMap:
      return {"(empty hash)\n", '#'};
    case Type::kSet:
      return {"(empty set)\n", '~'};
    case Type::kPush:
      return {"(empty push)\n", '>'};
    default:
      return {"(empty array)\n", ')'};
  }
}

bool is_collection(Type type) {
  return type == Type::kArray || type == Type::kMap || type == Type::kSet || type == Type::kPush;
}

std::string show(const Reply& reply, const std::string& indent);

std::string show_collection(const Reply& reply, const std::string& indent) {
  auto [empty, mark] = collection_of(reply.type);
  if (reply.elements.empty()) return empty;
  size_t step = reply.type == Type::kMap ? 2 : 1;
  size_t width = std::to_string(reply.elements.size() / step).size();
  std::string inner = indent + std::string(width + 2, ' ');
  std::string out;
  for (size_t i = 0; i < reply.elements.size(); i += step) {
    std::string number = std::to_string(i / step + 1);
    // The first element stands behind the outer one's number, and needs no indent.
    out += (i == 0 ? "" : indent) + std::string(width - number.size(), ' ') + number + mark + ' ';
    if (step == 1) {
      out += show(reply.elements[i], inner);
      continue;
    }
    std::string key = show(reply.elements[i], inner);
    key.pop_back();
    const Reply& value = reply.elements[i + 1];
    out += key + " => ";
    // A value of several lines starts on a line of its own.
    if (is_collection(value.type) && value.elements.size() > (value.type == Type::kMap ? 2u : 1u)) out += '\n' + inner;
    out += show(value, inner);
  }
  return out;
}

std::string show(const Reply& reply, const std::string& indent) {
  switch (reply.type) {
    case Type::kSimple:
    case Type::kVerbatim:
      return reply.text + '\n';
    case Type::kError:
      return "(error) " + reply.text + '\n';
    case Type::kInteger:
      return "(integer) " + std::to_string(reply.integer) + '\n';
    case Type::kBulk:
      return quoted(reply.text) + '\n';
    case Type::kNull:
      return "(nil)\n";
    case Type::kDouble:
      return "(double) " + reply.text + '\n';
    case Type::kBigNumber:
      return "(big number) " + reply.text + '\n';
    case Type::kBoolean:
      return reply.integer ? "(true)\n" : "(false)\n";
    default:
      return show_collection(reply, indent);
  }
}

// Commands whose reply is a text to be read, shown to people without quotes.
bool is_text_command(const Words& command) {
  static constexpr std::array<std::pair<const char*, const char*>, 12> kTexts{{{"info", ""},
                                                                               {"lolwut", ""},
                                                                               {"debug", "htstats"},
                                                                               {"debug", "htstats-key"},
                                                                               {"memory", "malloc-stats"},
                                                                               {"memory", "doctor"},
                                                                               {"cluster", "nodes"},
                                                                               {"cluster", "info"},
                                                                               {"client", "list"},
                                                                               {"client", "info"},
                                                                               {"latency", "graph"},
                                                                               {"latency", "doctor"}}};
  for (auto [name, sub] : kTexts) {
    if (!command.empty() && equals_ignore_case(command[0], name) &&
        (*sub == '\0' || (command.size() > 1 && equals_ignore_case(command[1], sub)))) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string format_for_people(const Reply& reply) {
  return show(reply, "");
}

std::string format_raw(const Reply& reply) {
  switch (reply.type) {
    case Type::kNull:
      return "";
    case Type::kError:
      return reply.text + '\n';
    case Type::kInteger:
      return std::to_string(reply.integer);
    case Type::kBoolean:
      return reply.integer ? "(true)" : "(false)";
    case Type::kArray:
    case Type::kSet:
    case Type::kPush:
    case Type::kMap: {
      std::string out;
      for (size_t i = 0; i < reply.elements.size(); i++) {
        if (i > 0) out += reply.type == Type::kMap && i % 2 == 1 ? ' ' : '\n';
        out += format_raw(reply.elements[i]);
      }
      return out;
    }
    default:
      return reply.text;
  }
}

std::string json_string(const std::string& text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
      case '\\':
        out += '\\';
        out += c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kHex[c >> 4];
          out += kHex[c & 15];
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

std::string format_json(const Reply& reply) {
  switch (reply.type) {
    case Type::kNull:
      return "null";
    case Type::kError:
      return "error:" + json_string(reply.text);
    case Type::kInteger:
      return std::to_string(reply.integer);
    case Type::kDouble:
    case Type::kBigNumber:
      return reply.text;
    case Type::kBoolean:
      return reply.integer ? "true" : "false";
    case Type::kMap: {
      std::string out = "{";
      for (size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
        const Reply& key = reply.elements[i];
        std::string name = format_json(key);
        out += (i ? "," : "") + (name.starts_with('"') ? name : json_string(name)) + ':';
        out += format_json(reply.elements[i + 1]);
      }
      return out + '}';
    }
    case Type::kArray:
    case Type::kSet:
    case Type::kPush: {
      std::string out = "[";
      for (size_t i = 0; i < reply.elements.size(); i++) out += (i ? "," : "") + format_json(reply.elements[i]);
      return out + ']';
    }
    default:
      return json_string(reply.text);
  }
}

std::string format_reply(const Words& command, const Reply& reply, Output output) {
  if (output == Output::kJson) return format_json(reply) + '\n';
  if (is_text_command(command)) return format_raw(reply);  // a text ends its own lines
  if (output == Output::kRaw) return format_raw(reply) + '\n';
  return format_for_people(reply);
}

}  // namespace onggi
