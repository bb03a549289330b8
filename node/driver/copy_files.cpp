#include "node/driver/copy_files.h"

#include <utility>

#include "storage/log.h"

namespace onggi {

namespace {
template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;
}  // namespace

std::optional<CopyResult> CopyFiles::run(CopyTask task, const std::string& checkpoint) {
  CopyResult result;
  const bool answered = std::visit(
      Overloaded{
          [&](const CopyDrop&) { return drop(), false; },
          [&](const RoleEffects::CopyOpen& what) { return open(what), false; },
          [&](const RoleEffects::CopyWrite& what) { return write(what), true; },
          [&](const CopyInstall&) {
            if (auto finished = finish(); !finished) result.error = finished.error();
            return true;
          },
          [&](const DropCheckpoint& what) { return drop_checkpoint(std::to_string(what.copy.value)), false; },
          [&](const ReadCheckpoint& what) {
            auto bytes = read(checkpoint, what);
            if (bytes) result.bytes = std::move(*bytes);
            if (!bytes) result.error = bytes.error();
            return true;
          },
      },
      task);
  if (!answered) return std::nullopt;
  result.task = std::move(task);
  return result;
}

void CopyFiles::fail(Error error) {
  if (!failed_) failed_ = std::move(error);
}

void CopyFiles::drop() {
  files_.clear();
  expected_.clear();
  failed_.reset();
  if (!directory_.empty()) (void)folder_.abandon_copy();  // left-overs go at the next start
  directory_.clear();
}

void CopyFiles::open(const RoleEffects::CopyOpen& what) {
  drop();
  if (auto begun = folder_.begin_copy(); !begun) return fail(begun.error());
  directory_ = folder_.copy_tier_directory();
  expected_ = what.files;
  position_ = what.position;
  history_ = what.history;
  for (const CopyBegin::File& file : what.files) {
    if (file.name.empty() || file.name.find('/') != std::string::npos)
      return fail({"a file of the copy is named '" + file.name + "'"});
    auto created = disk_.create(directory_ + "/" + file.name);
    if (!created) return fail(created.error());
    files_.push_back(std::move(*created));
  }
}

void CopyFiles::write(const RoleEffects::CopyWrite& what) {
  if (failed_) return;
  if (what.file >= files_.size() || files_[what.file]->size() != what.at) {
    return fail({"the copy's bytes are out of order"});
  }
  if (auto written = files_[what.file]->append(what.bytes); !written) fail(written.error());
}

Result<void> CopyFiles::finish() {
  for (size_t i = 0; i < files_.size() && !failed_; i++) {
    if (files_[i]->size() != expected_[i].size) {
      fail({"the copy's file " + expected_[i].name + " is incomplete"});
    } else if (auto synced = files_[i]->sync(); !synced) {
      fail(synced.error());
    }
  }
  files_.clear();
  if (!failed_ && !directory_.empty()) {
    if (auto synced = disk_.sync_directory(directory_); !synced) fail(synced.error());
  }
  if (!failed_) {
    LogOptions options;
    options.directory = folder_.copy_log_directory();
    auto log = Log::open(disk_, options);
    if (!log) {
      fail(log.error());
    } else if (auto based = (*log)->reset(position_, history_); !based) {
      fail(based.error());
    }
  }
  if (failed_) return *failed_;
  return {};
}

void CopyFiles::drop_checkpoint(const std::string& name) {
  reading_.reset();
  reading_path_.clear();
  (void)folder_.remove_checkpoint(name);  // left-overs go at the next start
}

Result<std::string> CopyFiles::read(const std::string& directory, const ReadCheckpoint& what) {
  const std::string path = directory + "/" + what.name;
  if (path != reading_path_) {
    auto opened = disk_.open(path);
    if (!opened) return opened.error();
    reading_ = std::move(*opened);
    reading_path_ = path;
  }
  std::string bytes(what.size, '\0');
  auto got = reading_->read(what.at, bytes.data(), bytes.size());
  if (!got) return got.error();
  bytes.resize(*got);
  return bytes;
}

}  // namespace onggi
