// The programs' log: spdlog behind Redis's line format, to a file or to standard output. Only drivers and mains include
// this; the cores emit LogLine (common/log_line.h).
//
//   4711:M 21 Nov 2026 09:23:57.123 * text        marks: . debug  - verbose  * notice  # warning
#pragma once

#include <spdlog/spdlog.h>

#include <memory>
#include <string>

#include "common/log_line.h"
#include "common/result.h"

namespace onggi {

struct LoggerOptions {
  std::string file;              // empty: standard output
  std::string level = "notice";  // Redis's: debug, verbose, notice, warning
  char role = 'M';               // Redis's letter: M master, S replica, X sentinel
};

Result<std::shared_ptr<spdlog::logger>> open_log(const LoggerOptions& options);

// Redis's names of levels; an error names the valid ones.
Result<void> set_log_level(spdlog::logger& logger, const std::string& level);

// The letter in front of the lines, when the role changes.
void set_log_role(spdlog::logger& logger, char role);

void write_log(spdlog::logger& logger, const LogLine& line);

}  // namespace onggi
