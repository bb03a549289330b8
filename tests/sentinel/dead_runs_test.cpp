#include "sentinel/dead_runs.h"

#include <doctest/doctest.h>

#include "common/run_id.h"

using namespace onggi;

namespace {

RunDead proof_of(const std::string& secret) {
  return {{std::string(40, 'a')}, run_id_of(secret), secret};
}

}  // namespace

TEST_CASE("dead runs: proofs of made-up runs make no real one be forgotten") {
  DeadRuns dead;
  CHECK(dead.prove(proof_of("real"), true));
  for (int i = 0; i < 5000; i++) CHECK(dead.prove(proof_of("made up " + std::to_string(i)), false));
  CHECK(dead.contains(run_id_of("real")));
  CHECK(dead.contains(run_id_of("made up 4999")));
  CHECK_FALSE(dead.contains(run_id_of("made up 0")));
  CHECK(dead.untold({std::string(40, 'b')}).size() <= 65);
}

TEST_CASE("dead runs: a secret that isn't the run's proves nothing") {
  DeadRuns dead;
  RunDead proof = proof_of("real");
  proof.secret = "another";
  CHECK_FALSE(dead.prove(proof, true));
  CHECK_FALSE(dead.contains(proof.run));
}
