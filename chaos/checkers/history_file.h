// Recordings as files: one line of JSON each for the settings (if any), every operation, and every node's contents in
// the end. docs/chaos.md ("A history of your own") has the fields.
//
//   {"settings":{"slack_ms":100,"nodes":3}}
//   {"client":"app-1.1","host":"app-1","action":"swap","family":"register","key":"r","value":"7","previous":"5", ...}
//   {"node":"node-1","holds":{"r":"7"}}
//
// Reading is strict: an unknown word, a missing field or one that contradicts another is an error that names its line.
// A misspelt "durable" must not make a checker look away.
#pragma once

#include <iosfwd>
#include <string>

#include "chaos/checkers/history.h"
#include "common/result.h"

namespace onggi::checkers {

std::string to_json_line(const Operation& operation);
void write_recording(const Recording& recording, std::ostream& out);

// `name`: of the file, for errors: "NAME:LINE: what".
Result<Recording> read_recording(std::istream& in, const std::string& name);

}  // namespace onggi::checkers
