// The load: a fixed number of requests over some connections, so many in flight on each; prints one line of JSON.
//
//   onggi-bench-load --port P --workload W --requests N [--pipeline 1] [--clients 50] [--keys 100000] [--bytes 64]
//                    [--rate N]
//
// --rate: so many requests a second and no more (a server may answer fewer); 0, the default: as many as it answers.
//
// Workloads: get, set, incr, hset, hgetall, expire, mget (of ten) draw keys at random from --keys; load-json and
// load-hash write session 0, 1, 2 ... once each, with a time to live. An error reply ends the run with status 1: a
// server that refuses is not fast.
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "bench/wire.h"

namespace onggi::bench {
namespace {

constexpr size_t kReadBytes = 256 * 1024;
constexpr size_t kMultiple = 10;  // keys of one MGET

constexpr std::array<std::string_view, 11> kWorkloads{
    "get", "set", "hset", "hgetall", "incr", "expire", "mget", "prepare", "prepare-hash", "load-json", "load-hash"};

struct Options {
  uint16_t port = 0;
  std::string workload = "get";
  uint64_t requests = 100'000;
  size_t pipeline = 1;
  size_t clients = 50;
  uint64_t keys = 100'000;
  size_t bytes = 64;
  uint64_t rate = 0;
};

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const uint64_t number = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--port")
      options.port = static_cast<uint16_t>(number);
    else if (name == "--workload")
      options.workload = argv[i + 1];
    else if (name == "--requests")
      options.requests = number;
    else if (name == "--pipeline")
      options.pipeline = number;
    else if (name == "--clients")
      options.clients = number;
    else if (name == "--keys")
      options.keys = number;
    else if (name == "--bytes")
      options.bytes = number;
    else if (name == "--rate")
      options.rate = number;
    else
      return false;
  }
  if (std::find(kWorkloads.begin(), kWorkloads.end(), options.workload) == kWorkloads.end()) return false;
  return argc % 2 == 1 && options.port != 0 && options.pipeline > 0 && options.clients > 0 && options.keys > 0;
}

void bulk(std::string& out, std::string_view bytes) {
  std::array<char, 24> head{};
  const int size = std::snprintf(head.data(), head.size(), "$%zu\r\n", bytes.size());
  out.append(head.data(), static_cast<size_t>(size));
  out.append(bytes);
  out.append("\r\n");
}

// 37 bytes: "sess:" and 32 digits that look like an id and are a number's own.
std::string session_key(uint64_t number) {
  std::array<char, 40> text{};
  const uint64_t mixed = number * 0x9E3779B97F4A7C15ull;
  std::snprintf(text.data(), text.size(), "sess:%016llx%016llx", static_cast<unsigned long long>(mixed),
                static_cast<unsigned long long>(number));
  return text.data();
}

// The requests of one workload, as bytes. What is the same in all of them is built once.
class Requests {
 public:
  explicit Requests(const Options& options)
      : workload_(options.workload), keys_(options.keys), value_(options.bytes, 'x') {
    for (size_t i = 0; i < value_.size(); i++) value_[i] = static_cast<char>('a' + i * 7 % 26);
    json_ =
        R"({"cookie":{"originalMaxAge":1800000,"expires":"2031-01-01T00:00:00.000Z","httpOnly":true,"path":"/"},"user":")";
    json_.resize(400 - 2, 'u');
    json_ += "\"}";
    fields_ = {{"creationTime", "1700000000000"},
               {"lastAccessedTime", "1700000123456"},
               {"maxInactiveInterval", "1800"},
               {"sessionAttr:user", std::string(120, 'u')},
               {"sessionAttr:cart", std::string(120, 'c')}};
  }

  void append(std::string& out) {
    const uint64_t at = next_++;
    if (workload_ == "load-json") {
      out += "*5\r\n$3\r\nSET\r\n";
      bulk(out, session_key(at));
      bulk(out, json_);
      out += "$2\r\nEX\r\n$5\r\n86400\r\n";
    } else if (workload_ == "load-hash") {
      hset(out, session_key(at));
    } else if (workload_ == "prepare") {
      two(out, "*3\r\n$3\r\nSET\r\n", plain_key('k', at), value_);
    } else if (workload_ == "prepare-hash") {
      hset(out, plain_key('h', at));
    } else {
      random_request(out);
    }
  }

 private:
  uint64_t draw() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return random_ % keys_;
  }

  static std::string plain_key(char kind, uint64_t number) {
    std::array<char, 24> text{};
    const int size =
        std::snprintf(text.data(), text.size(), "%c:%012llu", kind, static_cast<unsigned long long>(number));
    return {text.data(), static_cast<size_t>(size)};
  }

  static void two(std::string& out, std::string_view head, std::string_view key, std::string_view value) {
    out += head;
    bulk(out, key);
    bulk(out, value);
  }

  void hset(std::string& out, const std::string& key) {
    out += "*12\r\n$4\r\nHSET\r\n";
    bulk(out, key);
    for (const auto& [field, value] : fields_) {
      bulk(out, field);
      bulk(out, value);
    }
  }

  void random_request(std::string& out) {
    if (workload_ == "get") {
      out += "*2\r\n$3\r\nGET\r\n";
      bulk(out, plain_key('k', draw()));
    } else if (workload_ == "set") {
      two(out, "*3\r\n$3\r\nSET\r\n", plain_key('k', draw()), value_);
    } else if (workload_ == "incr") {
      out += "*2\r\n$4\r\nINCR\r\n";
      bulk(out, plain_key('i', draw()));
    } else if (workload_ == "hset") {
      hset(out, plain_key('h', draw()));
    } else if (workload_ == "hgetall") {
      out += "*2\r\n$7\r\nHGETALL\r\n";
      bulk(out, plain_key('h', draw()));
    } else if (workload_ == "expire") {
      two(out, "*3\r\n$6\r\nEXPIRE\r\n", plain_key('k', draw()), "1800");
    } else {  // mget
      out += "*11\r\n$4\r\nMGET\r\n";
      for (size_t i = 0; i < kMultiple; i++) bulk(out, plain_key('k', draw()));
    }
  }

  std::string workload_;
  uint64_t keys_;
  std::string value_;
  std::string json_;
  std::vector<std::pair<std::string, std::string>> fields_;
  uint64_t next_ = 0;
  uint64_t random_ = 0x9E3779B97F4A7C15ull;
};

struct Client {
  int fd = -1;
  size_t awaited = 0;
  std::string request;
  std::string input;
  size_t read_to = 0;
  std::chrono::steady_clock::time_point sent;
};

class Run {
 public:
  explicit Run(const Options& options) : options_(options), requests_(options), buffer_(kReadBytes) {}

  int go() {
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<Client> clients(options_.clients);
    for (Client& client : clients) {
      client.fd = connect_to(options_.port);
      if (client.fd < 0) return complain("cannot connect");
      epoll_event event{.events = EPOLLIN, .data = {.ptr = &client}};
      ::epoll_ctl(epoll, EPOLL_CTL_ADD, client.fd, &event);
    }
    started_ = std::chrono::steady_clock::now();
    for (Client& client : clients) idle_.push_back(&client);
    std::vector<epoll_event> ready(512);
    while (done_ < options_.requests) {
      if (!send_due()) return complain("cannot send");
      const int wait_ms = idle_.empty() ? 30'000 : 1;  // idle ones wait for their time
      const int count = ::epoll_wait(epoll, ready.data(), static_cast<int>(ready.size()), wait_ms);
      if (count == 0 && idle_.empty()) return complain("no reply for 30 s");
      for (int i = 0; i < count; i++) {
        Client& client = *static_cast<Client*>(ready[static_cast<size_t>(i)].data.ptr);
        if (!receive(client)) return complain(error_.empty() ? "connection closed" : error_.c_str());
        if (client.awaited == 0) idle_.push_back(&client);
        if (options_.rate == 0 && !send_due()) return complain("cannot send");
      }
    }
    report(std::chrono::steady_clock::now() - started_);
    return 0;
  }

 private:
  // To idle connections, as many as the rate allows by now. What a slow server left undone is not made up for.
  bool send_due() {
    while (!idle_.empty() && asked_ < options_.requests) {
      if (options_.rate != 0) {
        const auto now = std::chrono::steady_clock::now();
        next_at_ = std::max(next_at_, now - std::chrono::milliseconds(20));
        if (next_at_ > now) return true;
        next_at_ += std::chrono::nanoseconds(1'000'000'000 * options_.pipeline / options_.rate);
      }
      Client* client = idle_.front();
      idle_.pop_front();
      if (!send_next(*client)) return false;
    }
    if (asked_ >= options_.requests) idle_.clear();  // nothing is left to be sent
    return true;
  }

  static int complain(const char* what) {
    std::fprintf(stderr, "onggi-bench-load: %s\n", what);
    return 1;
  }

  bool send_next(Client& client) {
    const uint64_t count = std::min<uint64_t>(options_.pipeline, options_.requests - asked_);
    if (count == 0) return true;
    client.request.clear();
    for (uint64_t i = 0; i < count; i++) requests_.append(client.request);
    asked_ += count;
    client.awaited = count;
    client.sent = std::chrono::steady_clock::now();
    for (size_t sent = 0; sent < client.request.size();) {
      const ssize_t written =
          ::send(client.fd, client.request.data() + sent, client.request.size() - sent, MSG_NOSIGNAL);
      if (written <= 0) return false;
      sent += static_cast<size_t>(written);
    }
    return true;
  }

  bool receive(Client& client) {
    const ssize_t got = ::recv(client.fd, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) return false;
    std::string_view bytes(buffer_.data(), static_cast<size_t>(got));
    if (!client.input.empty()) {
      client.input.append(bytes);
      bytes = client.input;
    }
    size_t at = 0;
    for (size_t end; at < bytes.size() && (end = value_end(bytes, at)) != kIncomplete; at = end) {
      if (bytes[at] == '-') {
        error_ = bytes.substr(at, end - at);
        return false;
      }
      client.awaited--;
      done_++;
    }
    std::string rest(bytes.substr(at));
    client.input.swap(rest);
    if (client.awaited == 0) latencies_us_.push_back(microseconds_since(client.sent));
    return true;
  }

  static uint32_t microseconds_since(std::chrono::steady_clock::time_point then) {
    return static_cast<uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - then).count());
  }

  void report(std::chrono::steady_clock::duration took) {
    std::sort(latencies_us_.begin(), latencies_us_.end());
    const auto at = [this](double part) {
      if (latencies_us_.empty()) return 0u;
      return latencies_us_[std::min(latencies_us_.size() - 1,
                                    static_cast<size_t>(static_cast<double>(latencies_us_.size()) * part))];
    };
    std::printf(R"({"requests": %llu, "seconds": %.6f, "p50_us": %u, "p99_us": %u, "p999_us": %u, "max_us": %u})"
                "\n",
                static_cast<unsigned long long>(done_), std::chrono::duration<double>(took).count(), at(0.5), at(0.99),
                at(0.999), at(1));
  }

  Options options_;
  Requests requests_;
  std::vector<char> buffer_;
  uint64_t asked_ = 0;
  uint64_t done_ = 0;
  std::deque<Client*> idle_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point next_at_;  // when the next batch is due under --rate
  std::vector<uint32_t> latencies_us_;
  std::string error_;
};

int run(const Options& options) {
  return Run(options).go();
}

}  // namespace
}  // namespace onggi::bench

int main(int argc, char** argv) {
  onggi::bench::Options options;
  if (!onggi::bench::read_options(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: onggi-bench-load --port P --workload W --requests N [--pipeline P] [--clients C] "
                 "[--keys K] [--bytes B] [--rate R]\n"
                 "W: get, set, hset, hgetall, incr, expire, mget, prepare, prepare-hash, load-json, load-hash\n");
    return 2;
  }
  return onggi::bench::run(options);
}
