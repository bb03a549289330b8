// Which of a key's acknowledged writes its final value does not account for: shared by the checkers of P1.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "chaos/checkers/history.h"

namespace onggi::checkers {

// One key's writes and swaps, in the order in which they were begun.
class Written {
 public:
  void add(const Operation& operation) { writes_.push_back(&operation); }
  const std::vector<const Operation*>& all() const { return writes_; }

  // Whose value it is. Nobody's: it is empty, was never written, or its write was refused.
  const Operation* source_of(const std::string& value) const;
  // Of the acknowledged ones: was its effect lost, if the key holds `source`'s value (nullptr: nothing, or nobody's)?
  static bool lost(const Operation& write, const Operation* source);

 private:
  std::vector<const Operation*> writes_;
};

std::map<std::string, Written> written_keys(const Operations& operations);

// What a node holds of a key; empty: nothing.
const std::string& value_of(const Contents& contents, const std::string& key);

}  // namespace onggi::checkers
