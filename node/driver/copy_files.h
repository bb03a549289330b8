// The files of full copies, on a thread that may block: checkpoints read for followers, and a copy received.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/copy.h"
#include "storage/data_dir.h"
#include "storage/disk.h"

namespace onggi {

class CopyFiles {
 public:
  CopyFiles(Disk& disk, DataDir& folder) : disk_(disk), folder_(folder) {}

  // Blocks; the result if the task is one that is answered (node/copy.h). After a CopyInstall without an error
  // everything is on disk, whole, and the owner may adopt it. `checkpoint`: where the one that is read from is.
  std::optional<CopyResult> run(CopyTask task, const std::string& checkpoint);

 private:
  void drop();
  void open(const RoleEffects::CopyOpen& what);
  void write(const RoleEffects::CopyWrite& what);
  Result<void> finish();
  void drop_checkpoint(const std::string& name);
  Result<std::string> read(const std::string& directory, const ReadCheckpoint& what);
  void fail(Error error);

  Disk& disk_;
  DataDir& folder_;
  std::string directory_;  // of the copy being received; empty: none
  std::vector<std::shared_ptr<File>> files_;
  std::vector<CopyBegin::File> expected_;
  Position position_;  // of the copy: its log goes on there
  History history_;
  std::optional<Error> failed_;
  std::string reading_path_;
  std::shared_ptr<File> reading_;  // the file that was read last
};

}  // namespace onggi
