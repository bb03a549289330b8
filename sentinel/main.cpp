// onggi-sentinel: reads the configuration and runs a sentinel.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "common/config_file.h"
#include "common/log.h"
#include "sentinel/config.h"
#include "sentinel/driver/server.h"

namespace {

constexpr const char* kUsage =
    "Usage: onggi-sentinel CONFIG [--directive value ...]\n"
    "\n"
    "Watches the nodes of one master, grants its lease, and carries out failovers with the other sentinels.\n"
    "configs/sentinel.conf explains every directive.\n"
    "  onggi-sentinel --help | --version\n";

bool become_daemon() {
  const pid_t pid = fork();
  if (pid < 0) return false;
  if (pid > 0) std::_Exit(0);
  setsid();
  const int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3 && null >= 0; fd++) dup2(null, fd);
  if (null > 2) close(null);
  return true;
}

int run(const onggi::SentinelConfig& config) {
  auto logger = onggi::open_log({config.logfile, config.loglevel, 'X'});
  if (!logger) {
    std::fprintf(stderr, "onggi-sentinel: %s\n", logger.error().message.c_str());
    return 1;
  }
  onggi::SentinelServer server(config, *logger);
  if (auto started = server.start(); !started) {
    (*logger)->critical("can't start: {}", started.error().message);
    (*logger)->flush();
    if (!config.logfile.empty())
      std::fprintf(stderr, "onggi-sentinel: can't start: %s\n", started.error().message.c_str());
    return 1;
  }
  if (!config.pidfile.empty()) {
    if (FILE* file = std::fopen(config.pidfile.c_str(), "w")) {
      std::fprintf(file, "%d\n", getpid());
      std::fclose(file);
    }
  }
  const int status = server.run();
  (*logger)->flush();
  if (!config.pidfile.empty()) unlink(config.pidfile.c_str());
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      std::fputs(kUsage, stdout);
      return 0;
    }
    if (argument == "--version" || argument == "-v") {
      std::puts("onggi-sentinel " ONGGI_VERSION);
      return 0;
    }
  }
  auto directives = onggi::read_config_arguments(arguments);
  auto config =
      directives ? onggi::load_sentinel_config(*directives) : onggi::Result<onggi::SentinelConfig>(directives.error());
  if (!config) {
    std::fprintf(stderr, "onggi-sentinel: %s\n", config.error().message.c_str());
    return 1;
  }
  if (config->daemonize && !become_daemon()) {
    std::perror("onggi-sentinel: fork");
    return 1;
  }
  return run(*config);
}
