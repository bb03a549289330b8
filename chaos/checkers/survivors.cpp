#include "chaos/checkers/survivors.h"

namespace onggi::checkers {

namespace {

bool judged(const Operation& operation) {
  const bool writes = operation.action == Action::kWrite || operation.action == Action::kSwap;
  return writes && operation.family != Family::kCounter && operation.family != Family::kSession;
}

// When it was over at the latest: one whose end is unknown may take effect at any time.
int64_t ended(const Operation& operation) {
  return operation.outcome == Outcome::kUnknown ? kNever : operation.completed;
}

}  // namespace

const Operation* Written::source_of(const std::string& value) const {
  if (value.empty()) return nullptr;
  for (const Operation* write : writes_) {
    if (write->value == value && write->outcome != Outcome::kError) return write;
  }
  return nullptr;
}

bool Written::lost(const Operation& write, const Operation* source) {
  return write.outcome == Outcome::kOk && (source == nullptr || ended(*source) < write.invoked);
}

std::map<std::string, Written> written_keys(const Operations& operations) {
  std::map<std::string, Written> by_key;
  for (const Operation& operation : operations) {
    if (judged(operation)) by_key[operation.key].add(operation);
  }
  return by_key;
}

const std::string& value_of(const Contents& contents, const std::string& key) {
  static const std::string kNothing;
  const auto found = contents.find(key);
  return found == contents.end() ? kNothing : found->second;
}

}  // namespace onggi::checkers
