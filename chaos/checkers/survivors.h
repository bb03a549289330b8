// Which of a key's acknowledged writes its final value does not account for: shared by the checkers of P1.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "chaos/checkers/history.h"

namespace onggi::checkers {

// When it was over at the latest: one whose end is unknown may take effect at any time.
int64_t ended(const Operation& operation);

// One key's writes and swaps, in the order in which they were begun.
class Written {
 public:
  void add(const Operation& operation) { writes_.push_back(&operation); }
  const std::vector<const Operation*>& all() const { return writes_; }

  // Whose value it is: of several who wrote the same, the one that was over last. Nobody's: it is empty, was never
  // written, or its write was refused.
  const Operation* source_of(const std::string& value) const;

 private:
  std::vector<const Operation*> writes_;
};

// A key on one node in the end.
struct Survivor {
  std::string node;
  std::string value;                  // empty: nothing
  const Operation* source = nullptr;  // whose value it is

  std::string shown() const { return node + " holds " + (value.empty() ? "nothing" : value); }
};
std::vector<Survivor> survivors(const Recording& recording, const std::string& key, const Written& written);

// Was the effect of an acknowledged write lost? A node that shows so, or nullptr.
const Survivor* lost_on(const Operation& write, const std::vector<Survivor>& survivors);

std::map<std::string, Written> written_keys(const Operations& operations);

// Why what the nodes hold in the end does not decide everything; empty: it does.
std::string not_looked_at(const Recording& recording);

// What a node holds of a key; empty: nothing.
std::string value_of(const Contents& contents, const std::string& key);

}  // namespace onggi::checkers
