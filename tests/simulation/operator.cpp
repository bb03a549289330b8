#include "tests/simulation/operator.h"

#include "common/resp/writer.h"

namespace onggi::sim {

namespace {
constexpr Micros kPatience = 6'000'000;
}

Operator::Operator(World& world, HostId host, const std::string& name) : Process(world, host, name, {name, 1}) {}

void Operator::ask(const Address& to, std::vector<std::string> words, Answer answer) {
  const uint64_t number = next_++;
  asked_[number] = {std::move(words), std::move(answer), 0, {}};
  world_.network.connect(host(), number, to);
  later(kPatience, [this, number] { over(number, nullptr); });
}

void Operator::connected(uint64_t attempt, std::optional<WireId> wire, bool) {
  const auto found = asked_.find(attempt);
  if (found == asked_.end()) return wire ? world_.network.close(*wire) : void();
  if (!wire) return over(attempt, nullptr);
  wires_[*wire] = attempt;
  found->second.wire = *wire;
  std::string bytes;
  ReplyWriter writer(bytes);
  writer.array_header(found->second.words.size());
  std::string line;
  for (const std::string& word : found->second.words) {
    writer.bulk(word);
    line += " " + word;
  }
  say("asks" + line);
  world_.network.send(*wire, bytes);
}

void Operator::received(WireId wire, std::string_view bytes) {
  const auto found = wires_.find(wire);
  if (found == wires_.end()) return;
  const uint64_t number = found->second;
  ReplyReader& reader = asked_.at(number).reader;
  reader.append(bytes);
  auto reply = reader.next();
  if (!reply) return over(number, nullptr);
  if (!*reply) return;
  const Reply answer = std::move(**reply);
  say("is told " + answer.text);
  over(number, &answer);
}

void Operator::closed(WireId wire) {
  const auto found = wires_.find(wire);
  if (found != wires_.end()) over(found->second, nullptr);
}

void Operator::over(uint64_t number, const Reply* reply) {
  const auto found = asked_.find(number);
  if (found == asked_.end()) return;
  const Asked asked = std::move(found->second);
  asked_.erase(found);
  wires_.erase(asked.wire);
  if (asked.wire != 0) world_.network.close(asked.wire);
  asked.answer(reply);
}

}  // namespace onggi::sim
