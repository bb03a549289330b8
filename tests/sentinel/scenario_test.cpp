// Scenarios: text in, the expected trace out (tests/scenarios/sentinel/*.txt), at least one for each rule of the
// protocol's sentinel half, named after it. ONGGI_REGENERATE=1 writes the traces anew, to be reviewed as a diff.
//
// A file is a row of blocks: directives, a line "----", the trace that they lead to, an empty line. Directives:
//   cluster nodes=3 sentinels=3 k=1 spare-nodes=1 spare-sentinels=1    must be the first
//   run 500ms | until writable | until quiet      ("silently ..." drops the trace so far)
//   kill X | kill-proven X | restart X | wipe X | move X | stop X | continue X | cut X Y | reject X Y | heal
//   set A sure=no lead=no priority=0 handover=yes lag=2 write=off file=copy
//   operator S1 failover | force-promote A | force-sentinels | write-acks 2 | add-node C | add-sentinel S4
//   operator S1 remove-node C | remove-sentinel S3     (by address)
//   disk S1 full | disk S1 ok | view S1
#include <doctest/doctest.h>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/sentinel/cluster.h"

namespace onggi::test {
namespace {

namespace fs = std::filesystem;

struct Block {
  std::string comment;  // lines that begin with '#'
  std::vector<std::string> directives;
  std::string expected;
};

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::vector<Block> parse(const fs::path& file) {
  std::ifstream in(file);
  std::vector<Block> blocks(1);
  bool expecting = false;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) {
      if (expecting) blocks.emplace_back();
      expecting = false;
    } else if (line == "----") {
      expecting = true;
    } else if (expecting) {
      blocks.back().expected += line + "\n";
    } else if (line[0] == '#') {
      blocks.back().comment += line + "\n";
    } else {
      blocks.back().directives.push_back(line);
    }
  }
  if (blocks.back().directives.empty()) blocks.pop_back();
  return blocks;
}

class Scenario {
 public:
  std::string run(const Block& block) {
    std::string out;
    for (const std::string& line : block.directives) {
      std::vector<std::string> words = words_of(line);
      const bool silently = words[0] == "silently";
      if (silently) words.erase(words.begin());
      out += directive(words);
      if (!cluster_) continue;
      for (const std::string& note : cluster_->take_trace()) out += silently ? "" : note + "\n";
      for (const std::string& broken : cluster_->broken()) out += "BROKEN " + broken + "\n";
    }
    return out;
  }

 private:
  std::string directive(const std::vector<std::string>& words) {
    const std::string& verb = words[0];
    if (verb == "cluster") return cluster(words);
    REQUIRE(cluster_);
    Cluster& c = *cluster_;
    if (verb == "run") {
      c.run_for(milliseconds(std::stoi(words.at(1))));
    } else if (verb == "until") {
      if (!until(words)) return "never " + words.at(1) + "\n";
    } else if (verb == "kill") {
      c.kill(words.at(1));
    } else if (verb == "kill-proven") {
      c.kill_proven(words.at(1));
    } else if (verb == "restart") {
      c.restart(words.at(1));
    } else if (verb == "wipe") {
      c.wipe(words.at(1));
    } else if (verb == "move") {
      c.move(words.at(1));
    } else if (verb == "stop" || verb == "continue") {
      c.stop(words.at(1), verb == "stop");
    } else if (verb == "cut") {
      c.cut(words.at(1), words.at(2));
    } else if (verb == "reject") {
      c.reject(words.at(1), words.at(2));
    } else if (verb == "heal") {
      c.heal_all();
    } else if (verb == "set") {
      set(c.node(words.at(1)), words);
    } else if (verb == "operator") {
      operate(words);
    } else if (verb == "disk") {
      c.store(words.at(1)).fails = words.at(2) == "full";
    } else if (verb == "view") {
      return view(c.view(words.at(1)));
    } else {
      FAIL("unknown directive: " << verb);
    }
    return {};
  }

  std::string cluster(const std::vector<std::string>& words) {
    ClusterOptions options;
    for (const std::string& word : words) {
      const size_t equals = word.find('=');
      if (equals == std::string::npos) continue;
      const std::string key = word.substr(0, equals);
      const int value = std::stoi(word.substr(equals + 1));
      if (key == "nodes") options.nodes = static_cast<size_t>(value);
      if (key == "sentinels") options.sentinels = static_cast<size_t>(value);
      if (key == "spare-nodes") options.spare_nodes = static_cast<size_t>(value);
      if (key == "spare-sentinels") options.spare_sentinels = static_cast<size_t>(value);
      if (key == "k") options.write_acks = static_cast<uint32_t>(value);
      if (key == "seed") options.seed = static_cast<uint64_t>(value);
    }
    cluster_ = std::make_unique<Cluster>(options);
    return {};
  }

  bool until(const std::vector<std::string>& words) {
    Cluster& c = *cluster_;
    if (words.at(1) == "writable") return c.run_until([&] { return c.writable_master() != nullptr; }, seconds(5));
    if (words.at(1) == "unwritable") return c.run_until([&] { return c.writable_master() == nullptr; }, seconds(5));
    FAIL("unknown condition");
    return false;
  }

  static void set(FakeNode& node, const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      const size_t equals = word.find('=');
      if (equals == std::string::npos) continue;
      const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
      if (key == "sure") node.sure = value == "yes";
      if (key == "file") node.id_file = value;
      if (key == "lead") node.can_lead = value == "yes";
      if (key == "priority") node.priority = static_cast<uint32_t>(std::stoi(value));
      if (key == "handover") node.wants_handover = value == "yes";
      if (key == "promise") node.promise = {static_cast<uint64_t>(std::stoi(value))};
      if (key == "records") node.log.assign(static_cast<size_t>(std::stoi(value)), Record{{1}, 0});
    }
  }

  void operate(const std::vector<std::string>& words) {
    const ReplyToken token{1};
    const std::string& what = words.at(2);
    if (what == "failover") cluster_->command(words.at(1), FailoverCommand{token});
    if (what == "force-promote") cluster_->command(words.at(1), ForcePromoteCommand{token, {words.at(3)}});
    if (what == "force-sentinels") cluster_->command(words.at(1), ForceSentinelsCommand{token});
    if (what == "write-acks") {
      cluster_->command(words.at(1), ReconfigureCommand{token, static_cast<uint32_t>(std::stoi(words.at(3))), {}});
    }
    const auto kind = what.ends_with("-node") ? WatchCommand::What::kNode : WatchCommand::What::kSentinel;
    if (what.starts_with("add-")) {
      cluster_->command(words.at(1), WatchCommand{token, kind, cluster_->address(words.at(3))});
    }
    if (what.starts_with("remove-")) {
      cluster_->command(words.at(1), RemoveCommand{token, kind, "", cluster_->address(words.at(3))});
    }
  }

  static std::string view(const SentinelView& v) {
    std::ostringstream out;
    out << "  epoch " << v.epoch.value << ", stored " << v.configuration.epoch.value << ", master "
        << v.configuration.master.hex.str() << (v.master_down ? " (down)" : "") << ", k " << v.configuration.write_acks
        << ", clients are sent to " << (v.master_address ? v.master_address->host : "nobody") << ", " << v.usable_voters
        << "/" << v.voters << " sentinels, " << v.sure_answering << " sure of " << v.fence_needed << " needed\n";
    for (const NodeView& n : v.nodes) {
      out << "  node " << n.address.host << (n.id ? " " + n.id.hex : "") << (n.member ? " member" : "")
          << (n.is_master ? " master" : "") << (n.down ? " down" : "") << "\n";
    }
    for (const std::string& reason : v.stuck) out << "  stuck: " << reason << "\n";
    return out.str();
  }

  std::unique_ptr<Cluster> cluster_;
};

void run_file(const fs::path& file) {
  std::vector<Block> blocks = parse(file);
  const bool regenerate = std::getenv("ONGGI_REGENERATE") != nullptr;
  Scenario scenario;
  std::string anew;
  for (const Block& block : blocks) {
    const std::string got = scenario.run(block);
    anew += block.comment;
    for (const std::string& line : block.directives) anew += line + "\n";
    anew += "----\n" + got + "\n";
    if (regenerate) continue;
    INFO("after: " << block.directives.back());
    CHECK(got == block.expected);
    CHECK(got.find("BROKEN") == std::string::npos);
  }
  if (regenerate) std::ofstream(file) << anew;
}

TEST_CASE("sentinel scenarios") {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(ONGGI_SOURCE_DIR) / "tests/scenarios/sentinel")) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE(!files.empty());
  for (const fs::path& file : files) {
    SUBCASE(file.filename().c_str()) {
      run_file(file);
    }
  }
}

}  // namespace
}  // namespace onggi::test
