// A child writes one line for each seed into its pipe, fields separated by tabs:
//   seed  undecided  acknowledged  refused  epochs  simulated seconds  [fault=count ...]  [@how=us ...]  [!failure ...]
#include "tests/simulation/campaign.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace onggi::sim {

namespace {

struct Child {
  pid_t pid = 0;
  int pipe = -1;
  std::string buffer;
};

std::string line_of(uint64_t seed, const RunResult& result) {
  std::string line = std::to_string(seed) + "\t" + std::to_string(result.undecided) + "\t" +
                     std::to_string(result.acknowledged) + "\t" + std::to_string(result.refused) + "\t" +
                     std::to_string(result.epochs) + "\t" + std::to_string(result.simulated_seconds);
  for (const auto& [fault, count] : result.faults) line += "\t" + fault + "=" + std::to_string(count);
  for (const auto& [how, us] : result.first_write) line += "\t@" + how + "=" + std::to_string(us);
  for (const std::string& failure : result.failures) line += "\t!" + failure;
  return line + "\n";
}

void add_line(const std::string& line, Tally& tally) {
  std::istringstream fields(line);
  std::string field;
  const auto number = [&] {
    std::getline(fields, field, '\t');
    return field.empty() ? 0 : std::stoull(field);
  };
  const uint64_t seed = number();
  RunResult result;
  result.undecided = number();
  result.acknowledged = number();
  result.refused = number();
  result.epochs = number();
  std::getline(fields, field, '\t');
  result.simulated_seconds = std::stod(field);
  while (std::getline(fields, field, '\t')) {
    const size_t equals = field.rfind('=');
    if (field[0] == '!') {
      result.failures.push_back(field.substr(1));
    } else if (field[0] == '@') {
      result.first_write[field.substr(1, equals - 1)] = std::stoll(field.substr(equals + 1));
    } else {
      result.faults[field.substr(0, equals)] = std::stoull(field.substr(equals + 1));
    }
  }
  tally.add(seed, result);
}

Child start(const RunOptions& options, uint64_t first, uint64_t end, unsigned step) {
  int ends[2];
  if (::pipe(ends) != 0) std::exit(2);
  std::fflush(stdout);
  Child child{::fork(), ends[0], ""};
  if (child.pid != 0) {
    ::close(ends[1]);
    return child;
  }
  ::close(ends[0]);
  RunOptions own = options;
  for (own.seed = first; own.seed < end; own.seed += step) {
    const std::string line = line_of(own.seed, run(own));
    if (::write(ends[1], line.data(), line.size()) != static_cast<ssize_t>(line.size())) break;
  }
  ::_exit(0);
}

// True: a run ended its process (a failed ONGGI_CHECK), which is a failure of the seed that it was at.
bool crashed(Child& child, Tally& tally, uint64_t seed) {
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  ::close(child.pipe);
  child.pipe = -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return false;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) return false;
  RunResult result;
  result.failures.push_back("the run crashed: a check in the code failed");
  tally.add(seed, result);
  return true;
}

}  // namespace

void Tally::add(uint64_t seed, const RunResult& result) {
  runs++;
  undecided += result.undecided;
  acknowledged += result.acknowledged;
  refused += result.refused;
  epochs += result.epochs;
  simulated_seconds += result.simulated_seconds;
  for (const auto& [fault, count] : result.faults) faults[fault] += count;
  for (const auto& [how, us] : result.first_write) first_writes[how].push_back(us);
  if (result.failures.empty()) return;
  failed[seed] = result.failures;
  order_of_failures.push_back(seed);
}

void run_many(RunOptions options, uint64_t first_seed, uint64_t seeds, unsigned jobs, Tally& tally,
              const std::function<bool()>& progress) {
  jobs = static_cast<unsigned>(std::clamp<uint64_t>(jobs, 1, std::max<uint64_t>(seeds, 1)));
  std::vector<Child> children;
  std::vector<uint64_t> next;
  for (unsigned job = 0; job < jobs; job++) {
    children.push_back(start(options, first_seed + job, first_seed + seeds, jobs));
    next.push_back(first_seed + job);
  }
  bool go_on = true;
  while (true) {
    std::vector<pollfd> ready;
    for (const Child& child : children) {
      if (child.pipe >= 0) ready.push_back({child.pipe, POLLIN, 0});
    }
    if (ready.empty()) return;
    ::poll(ready.data(), ready.size(), -1);
    for (size_t job = 0; job < children.size(); job++) {
      Child& child = children[job];
      const bool spoke = std::any_of(ready.begin(), ready.end(),
                                     [&](const pollfd& p) { return p.fd == child.pipe && p.revents != 0; });
      if (child.pipe < 0 || !spoke) continue;
      char bytes[65536];
      const ssize_t got = ::read(child.pipe, bytes, sizeof bytes);
      if (got <= 0) {
        const bool again = crashed(child, tally, next[job]);
        go_on = progress() && go_on;
        next[job] += jobs;
        if (again && go_on && next[job] < first_seed + seeds) {
          child = start(options, next[job], first_seed + seeds, jobs);
        }
        continue;
      }
      child.buffer.append(bytes, static_cast<size_t>(got));
      for (size_t end; (end = child.buffer.find('\n')) != std::string::npos; child.buffer.erase(0, end + 1)) {
        add_line(child.buffer.substr(0, end), tally);
        next[job] += jobs;
        go_on = progress() && go_on;
      }
      if (go_on) continue;
      for (const Child& other : children) {
        if (other.pipe >= 0) ::kill(other.pid, SIGTERM);
      }
    }
  }
}

}  // namespace onggi::sim
