// The part of Engine that takes requests out of a connection's bytes.
//
// Whole requests are found ahead of their execution, without touching the parser's state: if execution stops in
// between, those that follow are simply found again later. All else is the parser's.
#include <algorithm>
#include <iterator>

#include "common/codec.h"
#include "node/engine.h"

namespace onggi {

namespace {
constexpr size_t kRequestsAhead = 16;         // whose keys are fetched from memory together
constexpr size_t kMostOutputATurn = 2 << 20;  // then others are served first
}  // namespace

size_t Engine::take(Session& session, std::string_view bytes) {
  size_t consumed = 0;
  gate_.reset();
  measured_at_ = stopwatch_.nanoseconds();
  ahead_.clear();
  next_ahead_ = 0;
  session.output_full = false;
  while (session.blocked == Blocked::kNo && !session.close_after_flush) {
    if (session.output.size() >= kMostOutputATurn || session.output.size() + session.unsent >= kMostUnreadOutput) {
      session.output_full = true;
      break;
    }
    if (session.forward_waiting >= kMostForwardWaiting) break;
    if (next_ahead_ == ahead_.size()) look_ahead(session, bytes.substr(consumed));
    if (next_ahead_ < ahead_.size()) {
      const Request& next = ahead_[next_ahead_++];
      const std::span<const std::string_view> args(ahead_args_.data() + next.first_arg, next.args);
      if (!may_stay(session, next.spec, args)) break;
      if (dispatch(session, next.spec, args, bytes.substr(consumed, next.bytes)) == Verdict::kNotYet) break;
      session.end_loads();
      consumed += next.bytes;
      mark_ready(session);
      continue;
    }
    size_t used = 0;
    const ParseResult parsed = session.parser.parse(bytes.substr(consumed), used, args_);
    if (parsed == ParseResult::kNeedMore) {
      consumed += used;
      break;
    }
    if (parsed == ParseResult::kError) {
      ReplyWriter(session.output, session.resp).error(session.parser.error());
      services_.stats.count_error("ERR");
      session.close_after_flush = true;
      mark_ready(session);
      break;
    }
    const CommandSpec* spec = services_.commands.find(args_[0]);
    if (!may_stay(session, spec, args_)) break;
    if (dispatch(session, spec, args_, bytes.substr(consumed, used)) == Verdict::kNotYet) break;
    session.end_loads();
    consumed += used;
    mark_ready(session);
  }
  session.input_pending = bytes.size() - consumed;
  return consumed;
}

// Above maxclients: peers and whoever looks after the node may stay, everybody else hears why not.
bool Engine::may_stay(Session& session, const CommandSpec* spec, std::span<const std::string_view> args) {
  constexpr std::string_view kFirstWords[] = {"auth", "hello", "ping", "info", "quit"};
  if (!session.reserved || args[0] == kInternalCommand) return true;
  if (spec != nullptr && !spec->subcommands.empty() && args.size() > 1) spec = find_subcommand(*spec, args[1]);
  const bool looks_after = spec != nullptr && (spec->flags & kAdmin) != 0;
  const bool first_word =
      spec != nullptr && std::find(std::begin(kFirstWords), std::end(kFirstWords), spec->name) != std::end(kFirstWords);
  if (looks_after || first_word) return true;
  refuse(session, "ERR max number of clients reached");
  services_.stats.connections_rejected++;
  session.close_after_flush = true;
  mark_ready(session);
  return false;
}

void Engine::unknown_command(Session& session, std::span<const std::string_view> args) {
  std::string text = "ERR unknown command '" + std::string(args[0].substr(0, 128)) + "', with args beginning with: ";
  for (size_t i = 1; i < args.size() && text.size() < 128 + 64; i++) {
    text += "'" + std::string(args[i].substr(0, 128)) + "' ";
  }
  refuse(session, text);
}

// A pipeline's next requests and their keys: a key's way through memory takes longer than its command, and many ways
// are as long as one if they are gone together.
void Engine::look_ahead(const Session& session, std::string_view bytes) {
  ahead_.clear();
  ahead_args_.clear();
  ahead_keys_.clear();
  next_ahead_ = 0;
  while (ahead_.size() < kRequestsAhead) {
    Request request;
    request.first_arg = ahead_args_.size();
    request.bytes = session.parser.peek_whole(bytes, ahead_args_);
    if (request.bytes == 0) break;
    request.args = ahead_args_.size() - request.first_arg;
    const std::span<const std::string_view> args(ahead_args_.data() + request.first_arg, request.args);
    request.spec = services_.commands.find(args[0]);
    if (request.spec != nullptr) note_keys(*request.spec, args);
    ahead_.push_back(request);
    bytes.remove_prefix(request.bytes);
  }
  if (ahead_keys_.size() > 1) store_.prefetch(session.db, ahead_keys_);
}

void Engine::note_keys(const CommandSpec& spec, std::span<const std::string_view> args) {
  if (spec.keys.first <= 0 || spec.keys.step <= 0) return;
  const size_t last = spec.keys.last < 0 ? args.size() - 1 : static_cast<size_t>(spec.keys.last);
  for (size_t i = static_cast<size_t>(spec.keys.first); i <= last && i < args.size();
       i += static_cast<size_t>(spec.keys.step)) {
    if (ahead_keys_.size() == kRequestsAhead) return;
    ahead_keys_.push_back(args[i]);
  }
}

}  // namespace onggi
