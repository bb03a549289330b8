#include "chaos/checkers/survivors.h"

namespace onggi::checkers {

namespace {

bool judged(const Operation& operation) {
  const bool writes = operation.action == Action::kWrite || operation.action == Action::kSwap;
  return writes && operation.family != Family::kCounter && operation.family != Family::kSession;
}

}  // namespace

int64_t ended(const Operation& operation) {
  return operation.outcome == Outcome::kUnknown ? kNever : operation.completed;
}

const Operation* Written::source_of(const std::string& value) const {
  if (value.empty()) return nullptr;
  const Operation* latest = nullptr;
  for (const Operation* write : writes_) {
    if (write->value != value || write->outcome == Outcome::kError) continue;
    if (latest == nullptr || ended(*write) > ended(*latest)) latest = write;
  }
  return latest;
}

std::vector<Survivor> survivors(const Recording& recording, const std::string& key, const Written& written) {
  std::vector<Survivor> found;
  found.reserve(recording.contents.size());
  for (const auto& [node, contents] : recording.contents) {
    const std::string value = value_of(contents, key);
    found.push_back({node, value, written.source_of(value)});
  }
  return found;
}

const Survivor* lost_on(const Operation& write, const std::vector<Survivor>& survivors) {
  if (write.outcome != Outcome::kOk) return nullptr;
  for (const Survivor& survivor : survivors) {
    if (survivor.source == nullptr || ended(*survivor.source) < write.invoked) return &survivor;
  }
  return nullptr;
}

std::map<std::string, Written> written_keys(const Operations& operations) {
  std::map<std::string, Written> by_key;
  for (const Operation& operation : operations) {
    if (judged(operation)) by_key[operation.key].add(operation);
  }
  return by_key;
}

std::string not_looked_at(const Recording& recording) {
  const size_t seen = recording.contents.size();
  if (seen == 0) return "nobody looked at what the nodes hold in the end";
  if (recording.one_for_all || seen >= recording.nodes) return {};
  return "in the end only " + std::to_string(seen) + " of " + std::to_string(recording.nodes) + " nodes were looked at";
}

std::string value_of(const Contents& contents, const std::string& key) {
  const auto found = contents.find(key);
  return found == contents.end() ? std::string() : found->second;
}

}  // namespace onggi::checkers
