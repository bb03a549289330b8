// The steps of following the master, one event at a time.
#include "cli/follow.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace onggi {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.starts_with(word) && (text.size() == word.size() || text[word.size()] == ' ');
}

}  // namespace

bool is_worth_retrying(const std::string& error) {
  constexpr std::array<std::string_view, 5> kWords{"READONLY", "NOREPLICAS", "LOADING", "MASTERDOWN", "TRYAGAIN"};
  return std::any_of(kWords.begin(), kWords.end(), [&](auto word) { return starts_with_word(error, word); });
}

bool is_uncertain(const std::string& error) {
  return starts_with_word(error, "NOACK");
}

FollowAction Follow::ask_again(Instant now, const std::string& why) {
  if (now >= deadline_) {
    return follow_action::GiveUp{
        follow_action::GiveUp::Kind::kNotDone,
        "no master that takes the command within " + std::to_string(options_.give_up.count() / 1000) + " ms: " + why};
  }
  Instant at = std::min(now + pause_, deadline_);
  pause_ = std::min(std::max(pause_ * 2, options_.first_pause), options_.longest_pause);
  return follow_action::Ask{at};
}

FollowAction Follow::lost(Instant now, const std::string& why, Resend resend) {
  connected_.reset();
  if (resend == Resend::kHarmless) return ask_again(now, why);
  return follow_action::GiveUp{follow_action::GiveUp::Kind::kUncertain,
                               "the connection was lost before the reply came (" + why +
                                   "): the command may or may not have been executed; it was not sent again"};
}

FollowAction Follow::step(Instant now, const FollowEvent& event) {
  namespace e = follow_event;
  namespace a = follow_action;
  return std::visit(Overloaded{
                        [&](const e::Begin&) -> FollowAction {
                          deadline_ = now + options_.give_up;
                          pause_ = Duration{0};
                          return connected_ ? FollowAction(a::Send{}) : ask_again(now, "not connected");
                        },
                        [&](const e::MasterFound& found) -> FollowAction {
                          if (connected_ == found.address) return a::Send{};
                          connected_.reset();
                          connecting_ = found.address;
                          return a::Connect{found.address};
                        },
                        [&](const e::MasterUnknown& unknown) -> FollowAction { return ask_again(now, unknown.why); },
                        [&](const e::Connected&) -> FollowAction {
                          connected_ = connecting_;
                          return a::Send{};
                        },
                        [&](const e::ConnectFailed& failed) -> FollowAction {
                          connected_.reset();
                          return ask_again(now, failed.why);
                        },
                        [&](const e::NotSent& not_sent) -> FollowAction {
                          connected_.reset();
                          return ask_again(now, not_sent.why);
                        },
                        [&](const e::LinkLost& link) -> FollowAction { return lost(now, link.why, link.resend); },
                        [&](const e::Silence& silence) -> FollowAction {
                          if (silence.named && silence.named != connected_) {
                            return lost(now, "another node became master", silence.resend);
                          }
                          return now < deadline_ ? FollowAction(a::Wait{})
                                                 : lost(now, "no reply in time", silence.resend);
                        },
                        [&](const e::Replied&) -> FollowAction { return a::Deliver{}; },
                        [&](const e::RepliedError& error) -> FollowAction {
                          if (!is_worth_retrying(error.text) || now >= deadline_) return a::Deliver{};
                          return ask_again(now, error.text);
                        },
                    },
                    event);
}

}  // namespace onggi
