// See data_dir.h.
#include "storage/data_dir.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace onggi {

namespace {

constexpr size_t kMaxCurrentBytes = 64;

std::optional<uint64_t> parse_generation(std::string_view name) {
  constexpr std::string_view kPrefix = "gen-";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  uint64_t generation = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + kPrefix.size(), end, generation);
  if (error != std::errc{} || stop != end || generation == 0) return std::nullopt;
  return generation;
}

}  // namespace

Result<DataDir> DataDir::open(Disk& disk, std::string directory) {
  DataDir data(disk, std::move(directory));
  if (Result<void> done = disk.make_directory(data.directory_); !done) return done.error();
  if (disk.exists(data.directory_ + "/CURRENT")) {
    if (Result<void> done = data.read_current(); !done) return done.error();
  } else {
    if (Result<void> done = data.start_new(); !done) return done.error();
  }
  if (Result<void> done = data.remove_old(); !done) return done.error();
  for (const char* left_over : {"/checkpoints", "/CURRENT.tmp"}) {
    if (Result<void> done = disk.remove(data.directory_ + left_over); !done) return done.error();
  }
  return data;
}

// An interrupted first start has left an empty gen-1; anything more without CURRENT is not ours to guess.
Result<void> DataDir::start_new() {
  const Result<std::vector<std::string>> names = disk_->list(directory_);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (!parse_generation(name)) continue;
    if (name == "gen-1" && is_empty(path_of(1) + "/log") && is_empty(path_of(1) + "/tier")) continue;
    return Error{directory_ + " has " + name + " but no CURRENT, which says what of it is the node's data"};
  }
  if (Result<void> done = make_generation(1); !done) return done;
  if (Result<void> done = write_current(1); !done) return done;
  generation_ = 1;
  return {};
}

bool DataDir::is_empty(const std::string& path) const {
  if (!disk_->exists(path)) return true;
  const Result<std::vector<std::string>> names = disk_->list(path);
  return names && names->empty();
}

Result<void> DataDir::read_current() {
  const std::string path = directory_ + "/CURRENT";
  const Result<std::shared_ptr<File>> file = disk_->open(path);
  if (!file) return file.error();
  std::string text(std::min<uint64_t>((*file)->size(), kMaxCurrentBytes), '\0');
  const Result<size_t> got = (*file)->read(0, text.data(), text.size());
  if (!got) return got.error();
  text.resize(*got);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::optional<uint64_t> generation = parse_generation(text);
  if (!generation) return Error{path + " names no generation"};
  if (!disk_->exists(path_of(*generation) + "/log") || !disk_->exists(path_of(*generation) + "/tier")) {
    return Error{path + " names " + text + ", which is not there whole"};
  }
  generation_ = *generation;
  return {};
}

Result<void> DataDir::write_current(uint64_t generation) {
  const std::string temporary = directory_ + "/CURRENT.tmp";
  if (Result<void> done = disk_->remove(temporary); !done) return done;
  const Result<std::shared_ptr<File>> file = disk_->create(temporary);
  if (!file) return file.error();
  if (Result<void> done = (*file)->append("gen-" + std::to_string(generation) + "\n"); !done) return done;
  if (Result<void> done = (*file)->sync(); !done) return done;
  if (Result<void> done = disk_->rename(temporary, directory_ + "/CURRENT"); !done) return done;
  return disk_->sync_directory(directory_);
}

Result<void> DataDir::make_generation(uint64_t generation) {
  if (Result<void> done = disk_->make_directory(path_of(generation) + "/log"); !done) return done;
  return disk_->make_directory(path_of(generation) + "/tier");
}

Result<void> DataDir::begin_copy() {
  if (Result<void> done = abandon_copy(); !done) return done;
  return make_generation(generation_ + 1);
}

Result<void> DataDir::abandon_copy() {
  return disk_->remove(path_of(generation_ + 1));
}

Result<void> DataDir::adopt_copy() {
  for (const std::string& directory : {copy_log_directory(), copy_tier_directory()}) {
    const Result<std::vector<std::string>> names = disk_->list(directory);
    if (!names) return names.error();
    for (const std::string& name : *names) {
      const Result<std::shared_ptr<File>> file = disk_->open(directory + "/" + name);
      if (!file) return file.error();
      if (Result<void> done = (*file)->sync(); !done) return done;
    }
    if (Result<void> done = disk_->sync_directory(directory); !done) return done;
  }
  if (Result<void> done = disk_->sync_directory(path_of(generation_ + 1)); !done) return done;
  if (Result<void> done = write_current(generation_ + 1); !done) return done;
  generation_++;
  return {};
}

Result<void> DataDir::remove_old() {
  const Result<std::vector<std::string>> names = disk_->list(directory_);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    const std::optional<uint64_t> generation = parse_generation(name);
    if (!generation || *generation == generation_) continue;
    if (Result<void> done = disk_->remove(directory_ + "/" + name); !done) return done;
  }
  return {};
}

Result<std::string> DataDir::checkpoint_directory(const std::string& name) {
  const std::string parent = directory_ + "/checkpoints";
  if (Result<void> done = disk_->make_directory(parent); !done) return done.error();
  return parent + "/" + name;
}

Result<void> DataDir::remove_checkpoint(const std::string& name) {
  return disk_->remove(directory_ + "/checkpoints/" + name);
}

}  // namespace onggi
