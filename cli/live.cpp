// The loop behind the live view: one thread, probing twice a second and reading the sentinels' events in between.
#include "cli/live.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <deque>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cli/cluster_probe.h"
#include "cli/columns.h"
#include "cli/format.h"
#include "cli/render.h"
#include "common/net/clock.h"

namespace onggi {
namespace {

constexpr Duration kProbeEvery = milliseconds(500);
constexpr Duration kListenEvery = milliseconds(20);
constexpr Duration kReconnectEvery = seconds(1);
constexpr Duration kSameEvent = seconds(3);  // within this, the same event of another sentinel is not told again
constexpr size_t kEventsShown = 12;

std::string clock_text(WallTime time) {
  std::time_t seconds_since = static_cast<std::time_t>(time.ms / 1000);
  std::tm parts{};
  localtime_r(&seconds_since, &parts);
  char text[32];
  size_t length = std::strftime(text, sizeof text, "%H:%M:%S", &parts);
  std::snprintf(text + length, sizeof text - length, ".%03d", static_cast<int>(time.ms % 1000));
  return text;
}

struct Event {
  std::string time;
  Address sentinel;
  std::string channel;
  std::string message;
};

std::string event_line(const Event& event) {
  return event.time + "  " + event.channel + ' ' + event.message;
}

std::string event_json(const Event& event) {
  return "{\"event\":" + json_string(event.channel) + ",\"message\":" + json_string(event.message) +
         ",\"time\":" + json_string(event.time) + ",\"sentinel\":" + json_string(to_string(event.sentinel)) + "}\n";
}

// Listens to every sentinel's PSUBSCRIBE *.
class EventStream {
 public:
  explicit EventStream(const CliOptions& options) : options_(options) {}

  // Connects to those that are not there, at most once a second each.
  void follow(const std::vector<SentinelView>& sentinels, Instant now) {
    for (const SentinelView& sentinel : sentinels) {
      Link& link = links_[sentinel.address];
      if (link.connection.is_open() || !sentinel.unreachable.empty() || now < link.next_try) continue;
      link.next_try = now + kReconnectEvery;
      if (!link.connection.open(sentinel.address, milliseconds(300))) continue;
      if (!options_.sentinel_password.empty()) {
        (void)link.connection.ask({"AUTH", options_.sentinel_password}, milliseconds(300));
      }
      (void)link.connection.send({"PSUBSCRIBE", "*"});
    }
  }

  std::vector<Event> drain(Now now) {
    std::vector<Event> events;
    for (auto& [address, link] : links_) {
      while (link.connection.is_open()) {
        Received received = link.connection.receive(milliseconds(1));
        if (received.kind != Received::Kind::kReply) break;
        const auto& parts = received.reply.elements;
        if (parts.size() != 4 || parts[0].text != "pmessage" || is_known(parts[2].text + ' ' + parts[3].text, now))
          continue;
        events.push_back({clock_text(now.wall), address, parts[2].text, parts[3].text});
      }
    }
    return events;
  }

 private:
  struct Link {
    Connection connection;
    Instant next_try;
  };

  bool is_known(const std::string& what, Now now) {
    while (!recent_.empty() && recent_.front().first + kSameEvent < now.instant) recent_.pop_front();
    for (const auto& [when, text] : recent_) {
      if (text == what) return true;
    }
    recent_.emplace_back(now.instant, what);
    return false;
  }

  CliOptions options_;
  std::map<Address, Link> links_;
  std::deque<std::pair<Instant, std::string>> recent_;
};

constexpr std::string_view kAutowrap = "\033[?7h";

// Perhaps in the middle of a view that is being drawn; a terminal that is held (Ctrl-S) must not hold the end.
void end_by_signal(int signal) {
  pollfd output{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  if (poll(&output, 1, 0) > 0) static_cast<void>(!write(STDOUT_FILENO, kAutowrap.data(), kAutowrap.size()));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

ScreenSize screen_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {size.ws_row, size.ws_col};
}

// What is on the output: a screen, lines or JSON.
class Display {
 public:
  explicit Display(const CliOptions& options)
      : json_(options.output == Output::kJson), screen_(!json_ && isatty(1) == 1) {
    if (!screen_) return;
    for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
      if (std::signal(signal, end_by_signal) == SIG_IGN) std::signal(signal, SIG_IGN);
    }
    std::cout << "\033[2J";
  }

  void show(const ClusterView& view, Now now) {
    std::string mark = signature(view);
    bool changed = mark != signature_;
    signature_ = mark;
    if (screen_) {
      draw(view, now);
    } else if (changed) {
      std::cout << (json_ ? render_json(view) : clock_text(now.wall) + "  " + render_lines(view)) << std::flush;
    }
  }

  void tell(const Event& event) {
    if (!screen_) std::cout << (json_ ? event_json(event) : event_line(event) + '\n') << std::flush;
    events_.push_back(event);
    if (events_.size() > kEventsShown) events_.pop_front();
  }

  bool is_screen() const { return screen_; }

 private:
  // Each line ends by clearing what the last view left behind it; nothing flickers. The last row stays empty, for what
  // a shell says afterwards.
  void draw(const ClusterView& view, Now now) {
    ScreenSize size = screen_size();
    size.rows -= std::min<size_t>(size.rows, 1);
    std::vector<std::string> events;
    for (const Event& event : events_) events.push_back(event_line(event));
    std::string out = "\033[?7l\033[H";  // no autowrap
    for (const std::string& line : render_live(view, clock_text(now.wall).substr(0, 8), events, size)) {
      // At the last column, clearing would take the line's own last character.
      out += line + (columns_of(line) < size.columns ? "\033[K\n" : "\n");
    }
    std::cout << out << "\033[J" << kAutowrap << std::flush;
  }

  bool json_;
  bool screen_;
  std::string signature_;
  std::deque<Event> events_;
};

}  // namespace

int show_status(const CliOptions& options) {
  ClusterProbe probe(options);
  bool waits = options.ready_wait >= Duration{0};
  Instant deadline = net::boottime_now() + options.ready_wait;
  for (;;) {
    ClusterView view = probe.probe();
    std::string not_ready = why_not_ready(view, options.nodes);
    bool last = !waits || not_ready.empty() || net::boottime_now() >= deadline;
    if (!last) {
      std::this_thread::sleep_for(milliseconds(50));
      continue;
    }
    bool terminal = isatty(1) == 1;
    std::cout << (options.output == Output::kJson ? render_json(view)
                                                  : render_screen(view, terminal ? Colour::kAnsi : Colour::kPlain))
              << std::flush;
    if (!waits) return view.any_sentinel_answers() ? 0 : 1;
    if (not_ready.empty()) return 0;
    std::cerr << "not ready after " << options.ready_wait.count() / 1000000 << " s: " << not_ready << '\n';
    return 1;
  }
}

int show_watch(const CliOptions& options) {
  ClusterProbe probe(options);
  EventStream events(options);
  Display display(options);
  Instant next_probe;
  while (std::cout) {
    Now now = net::read_clocks();
    bool anything = false;
    for (const Event& event : events.drain(now)) {
      display.tell(event);
      anything = true;
    }
    if (anything || now.instant >= next_probe) {  // an event is a reason to look at once
      ClusterView view = probe.probe();
      events.follow(view.sentinels, now.instant);
      display.show(view, net::read_clocks());
      next_probe = now.instant + kProbeEvery;
    }
    std::this_thread::sleep_for(kListenEvery);
  }
  return 0;
}

}  // namespace onggi
