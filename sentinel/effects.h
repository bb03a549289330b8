// What a sentinel wants done. The order of the fields, and within each the order of its elements, is the order of
// execution. What had to be durable first was stored (common/state_store.h) before `step` returned.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/log_line.h"
#include "common/messages.h"
#include "sentinel/events.h"

namespace onggi {

struct Connect {
  Address address;
};

struct Send {
  LinkId link;
  Message message;
};

// For subscribers: a channel of Redis's names ("+switch-master") and its payload.
struct Publication {
  std::string channel;
  std::string payload;
};

// The answer to an operator's command: "OK", or an error with its code ("NOGOODSLAVE ...", "INPROG ...").
struct OperatorReply {
  ReplyToken token;
  bool ok = true;
  std::string text;
};

struct SentinelEffects {
  std::vector<LinkId> closes;
  std::vector<Connect> connects;
  std::vector<Send> sends;
  std::vector<Publication> publications;
  std::vector<LogLine> log;
  std::vector<OperatorReply> replies;

  bool empty() const {
    return closes.empty() && connects.empty() && sends.empty() && publications.empty() && log.empty() &&
           replies.empty();
  }

  void send(LinkId link, Message message) { sends.push_back({link, std::move(message)}); }
  void publish(std::string channel, std::string payload) {
    publications.push_back({std::move(channel), std::move(payload)});
  }
  void info(std::string text) { log.push_back({LogLine::Level::kInfo, std::move(text)}); }
  void warn(std::string text) { log.push_back({LogLine::Level::kWarning, std::move(text)}); }
  void error(std::string text) { log.push_back({LogLine::Level::kError, std::move(text)}); }
  void reply(ReplyToken token, bool ok, std::string text) { replies.push_back({token, ok, std::move(text)}); }
};

}  // namespace onggi
