// State files: the slot file (two copies, a lock, damage), JSON files, the log's lines.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "common/json_file.h"
#include "common/log.h"
#include "common/messages.h"
#include "common/slot_file.h"
#include "tests/common/folder.h"

using namespace onggi;

namespace {

constexpr size_t kSlot = 4096;

std::unique_ptr<SlotFile> open_slots(const std::string& path) {
  Result<std::unique_ptr<SlotFile>> file = SlotFile::open(path, kSlot);
  if (!file) FAIL(file.error().message);
  return std::move(*file);
}

std::string error_of(const std::string& path, size_t slot_bytes = kSlot) {
  const Result<std::unique_ptr<SlotFile>> file = SlotFile::open(path, slot_bytes);
  return file ? "" : file.error().message;
}

void damage(const std::string& path, std::streamoff at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(at);
  file.put('!');
}

struct Promise {
  Epoch epoch;
  std::string to;
  std::vector<std::string> names;
  std::optional<uint32_t> k;
  template <class A>
  void serialize(A& a) {
    a(CEREAL_NVP(epoch), CEREAL_NVP(to), CEREAL_NVP(names), CEREAL_NVP(k));
  }
};

}  // namespace

TEST_CASE("slot file: made once, whole on disk, keeps the newest state") {
  const Folder folder;
  const std::string path = folder.path("state");
  {
    auto file = open_slots(path);
    CHECK(file->created());
    CHECK_FALSE(file->load().has_value());
    for (int i = 0; i < 5; i++) {
      REQUIRE(file->save("state " + std::to_string(i)));
      CHECK(file->load() == "state " + std::to_string(i));
    }
    CHECK_FALSE(file->save(std::string(kSlot, 'x')));
    CHECK(file->save(std::string(kSlot - SlotFile::kHeaderBytes, 'x')));
    CHECK(file->save("last"));
  }
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK(status.st_size == 2 * kSlot);
  CHECK(status.st_blocks * 512 >= 2 * static_cast<long>(kSlot));
  auto file = open_slots(path);
  CHECK_FALSE(file->created());
  CHECK(file->load() == "last");
  CHECK(file->inode() == status.st_ino);
}

TEST_CASE("slot file: a torn write loses the new state only; two damaged copies are not a fresh start") {
  const Folder folder;
  const std::string path = folder.path("state");
  {
    auto file = open_slots(path);
    REQUIRE(file->save("one"));
    REQUIRE(file->save("two"));
  }
  damage(path, kSlot + SlotFile::kHeaderBytes + 1);  // "two" lies in the second slot
  CHECK(open_slots(path)->load() == "one");
  REQUIRE(open_slots(path)->save("three"));
  CHECK(open_slots(path)->load() == "three");
  damage(path, SlotFile::kHeaderBytes + 1);
  damage(path, kSlot + SlotFile::kHeaderBytes + 1);
  CHECK(error_of(path) == path + ": both copies of the state are damaged");
}

TEST_CASE("slot file: a first write torn is as if it had not been") {
  const Folder folder;
  const std::string path = folder.path("state");
  REQUIRE(open_slots(path)->save("one"));
  damage(path, SlotFile::kHeaderBytes + 1);
  CHECK_FALSE(open_slots(path)->load().has_value());
}

TEST_CASE("slot file: locked for life, and the error says by whom") {
  const Folder folder;
  const std::string path = folder.path("state");
  auto file = open_slots(path);
  const std::string error = error_of(path);
  CHECK(error.starts_with(path + ": is in use by process " + std::to_string(::getpid())));
  file.reset();
  CHECK(error_of(path) == "");
}

TEST_CASE("slot file: other files and other sizes are refused, an unfinished one is finished") {
  const Folder folder;
  std::ofstream(folder.path("text")) << "hello";
  CHECK(error_of(folder.path("text")) != "");
  open_slots(folder.path("state"));
  CHECK(error_of(folder.path("state"), 8192).find("not a state file") == std::string::npos);  // all zero: made anew
  REQUIRE(open_slots(folder.path("used"))->save("x"));
  CHECK(error_of(folder.path("used"), 8192).find("other slots") != std::string::npos);
  std::ofstream(folder.path("short")) << std::string(100, '\0');
  CHECK(open_slots(folder.path("short"))->created());
  CHECK(error_of(folder.path("state"), 100) != "");
  CHECK(error_of(folder.path("no/such/folder")) != "");
}

TEST_CASE("json: structs there and back, files replaced whole") {
  const Folder folder;
  const Promise promise{{7}, "a \"quoted\" name\n", {"x", "y"}, 3};
  const std::string text = to_json(promise);
  CHECK(text.find("\"epoch\"") != std::string::npos);
  const Result<Promise> again = from_json<Promise>(text);
  REQUIRE(again);
  CHECK(again->epoch == Epoch{7});
  CHECK(again->to == promise.to);
  CHECK(again->names == promise.names);
  CHECK(again->k == 3u);
  for (const char* bad : {"", "{", "{}", "[]", "{\"state\": {\"epoch\": \"x\"}}", "{\"state\": 1}"}) {
    CAPTURE(bad);
    CHECK_FALSE(from_json<Promise>(bad));
  }
  const std::string path = folder.path("state.json");
  CHECK_FALSE(load_json<Promise>(path));
  REQUIRE(save_json(path, promise));
  REQUIRE(save_json(path, Promise{{8}, "b", {}, std::nullopt}));
  const Result<Promise> loaded = load_json<Promise>(path);
  REQUIRE(loaded);
  CHECK(loaded->epoch == Epoch{8});
  CHECK_FALSE(loaded->k.has_value());
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_CASE("json: the protocol's own structs") {
  Configuration configuration;
  configuration.members = {{NodeId{"a"}, {"h", 1}}};
  const Result<Configuration> again = from_json<Configuration>(to_json(configuration));
  REQUIRE(again);
  CHECK(*again == configuration);
}

TEST_CASE("log: Redis's lines, levels, roles") {
  const Folder folder;
  const std::string path = folder.path("log");
  auto log = open_log({.file = path, .level = "notice", .role = 'M'});
  REQUIRE(log);
  write_log(**log, {LogLine::Level::kDebug, "unseen"});
  write_log(**log, {LogLine::Level::kInfo, "hello {}"});
  set_log_role(**log, 'S');
  write_log(**log, {LogLine::Level::kWarning, "careful"});
  const Result<std::string> text = read_whole_file(path);
  REQUIRE(text);
  CHECK(text->find("unseen") == std::string::npos);
  CHECK(text->starts_with(std::to_string(::getpid()) + ":M "));
  CHECK(text->find(" * hello {}\n") != std::string::npos);
  CHECK(text->find(":S ") != std::string::npos);
  CHECK(text->find(" # careful\n") != std::string::npos);
  CHECK_FALSE(set_log_level(**log, "loud"));
  CHECK_FALSE(open_log({.file = folder.path("no/such\0folder"), .level = "loud"}));
}
