// onggi-node: reads the configuration, becomes the watcher, and runs the node as its child.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "common/config_file.h"
#include "common/log.h"
#include "node/config.h"
#include "node/driver/server.h"
#include "node/driver/watcher.h"

namespace {

constexpr const char* kUsage =
    "Usage: onggi-node [CONFIG] [--directive value ...]\n"
    "\n"
    "Runs a node of Onggi. Directives are Redis's wherever Redis has one; configs/node.conf explains them all.\n"
    "  onggi-node                                   defaults: port 6379, data in the working directory\n"
    "  onggi-node /etc/onggi/node.conf --port 7001  a file, and one directive changed\n"
    "  onggi-node --help | --version\n";

int run_node(const onggi::Config& config, const onggi::Watched& watched) {
  auto logger = onggi::open_log({config.logfile, config.loglevel, 'S'});
  if (!logger) {
    std::fprintf(stderr, "onggi-node: %s\n", logger.error().message.c_str());
    return 1;
  }
  onggi::Server server(config, watched, *logger);
  if (auto started = server.start(); !started) {
    (*logger)->critical("can't start: {}", started.error().message);
    (*logger)->flush();
    if (!config.logfile.empty()) std::fprintf(stderr, "onggi-node: can't start: %s\n", started.error().message.c_str());
    return 1;
  }
  const int status = server.run();
  (*logger)->flush();
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
      std::puts("onggi-node " ONGGI_VERSION);
      return 0;
    }
  }
  auto directives = onggi::read_config_arguments(arguments);
  if (!directives) {
    std::fprintf(stderr, "onggi-node: %s\n", directives.error().message.c_str());
    return 1;
  }
  auto config = onggi::load_config(*directives);
  if (!config) {
    std::fprintf(stderr, "onggi-node: %s\n", config.error().message.c_str());
    return 1;
  }
  if (!arguments.empty() && !arguments[0].starts_with("--")) {
    config->config_file = std::filesystem::absolute(arguments[0]).lexically_normal().string();
  }
  onggi::WatcherOptions options;
  options.restart = config->restart_on_crash;
  options.daemonize = config->daemonize;
  options.pidfile = config->pidfile;
  options.run_node = [&config](const onggi::Watched& watched) { return run_node(*config, watched); };
  return onggi::watch(options);
}
