// One connection of a sentinel: a client of its API, or a peer that speaks internal messages (or both, in that order).
#pragma once

#include <optional>
#include <string>

#include "common/resp/parser.h"
#include "common/types.h"
#include "sentinel/events.h"

namespace onggi {

struct ApiSession {
  ConnId id;
  Address remote;
  Address local;
  std::string name;
  std::string library_name;
  std::string library_version;
  bool authenticated = false;
  bool peer = false;      // it sent an internal message
  bool outgoing = false;  // made by us
  int resp = 2;
  Instant connected_at;
  RequestParser parser;
  std::string output;
  std::optional<ReplyToken> waits_for;  // an operator's command under way; nothing more is taken up
  bool close_after_flush = false;
  bool reserved = false;     // it has a place above maxclients: one word to say who it is
  size_t input_pending = 0;  // bytes received and not taken up yet
  size_t unsent = 0;         // bytes that its socket didn't take yet
  size_t counted_bytes = 0;  // of both, in SentinelApp's sum
};

}  // namespace onggi
