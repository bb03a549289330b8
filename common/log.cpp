#include "common/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <string_view>

#include "common/config_file.h"

namespace onggi {

namespace {

class Mark final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    switch (message.level) {
      case spdlog::level::trace:
      case spdlog::level::debug:
        out.push_back('.');
        break;
      case spdlog::level::info:
        out.push_back('*');
        break;
      default:
        out.push_back('#');
    }
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<Mark>(); }
};

std::unique_ptr<spdlog::formatter> make_formatter(char role) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<Mark>('*').set_pattern(std::string("%P:") + role + " %d %b %Y %H:%M:%S.%e %* %v");
  return formatter;
}

constexpr std::array<std::string_view, 4> kLevels = {"debug", "verbose", "notice", "warning"};

}  // namespace

Result<void> set_log_level(spdlog::logger& logger, const std::string& level) {
  const Result<size_t> choice = parse_choice(level, kLevels);
  if (!choice) return Error{"log level " + choice.error().message};
  static constexpr std::array kMeaning = {spdlog::level::trace, spdlog::level::debug, spdlog::level::info,
                                          spdlog::level::warn};
  logger.set_level(kMeaning[*choice]);
  return {};
}

void set_log_role(spdlog::logger& logger, char role) {
  logger.set_formatter(make_formatter(role));
}

Result<std::shared_ptr<spdlog::logger>> open_log(const LoggerOptions& options) {
  try {
    spdlog::sink_ptr sink;
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    }
    auto logger = std::make_shared<spdlog::logger>("onggi", std::move(sink));
    const Result<void> level = set_log_level(*logger, options.level);
    if (!level) return level.error();
    set_log_role(*logger, options.role);
    logger->flush_on(spdlog::level::trace);  // lines are few, and the last one before a crash matters most
    return logger;
  } catch (const std::exception& e) {
    return Error{"can't open the log: " + std::string(e.what())};
  }
}

void write_log(spdlog::logger& logger, const LogLine& line) {
  switch (line.level) {
    case LogLine::Level::kDebug:
      logger.log(spdlog::level::debug, line.text);
      return;
    case LogLine::Level::kInfo:
      logger.log(spdlog::level::info, line.text);
      return;
    case LogLine::Level::kWarning:
      logger.log(spdlog::level::warn, line.text);
      return;
    case LogLine::Level::kError:
      logger.log(spdlog::level::err, line.text);
      return;
  }
}

}  // namespace onggi
