// The files of full copies, on a thread that may block: checkpoints read for followers, and a copy received.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "node/copy.h"
#include "storage/data_dir.h"
#include "storage/disk.h"

namespace onggi {

class CopyFiles {
 public:
  CopyFiles(Disk& disk, DataDir& folder) : disk_(disk), folder_(folder) {}

  // Where the tier makes the checkpoint of a copy.
  std::string checkpoint_directory(CopyId copy) const;

  void drop();
  void open(const RoleEffects::CopyOpen& what);
  void write(const RoleEffects::CopyWrite& what);
  // Everything is on disk, whole; the owner may adopt it.
  Result<void> finish();
  void drop_checkpoint(CopyId copy);
  Result<std::string> read(const ReadCheckpoint& what);

 private:
  void fail(Error error);

  Disk& disk_;
  DataDir& folder_;
  std::string directory_;                    // of the copy being received; empty: none
  std::vector<std::shared_ptr<File>> files_;
  std::vector<CopyBegin::File> expected_;
  std::optional<Error> failed_;
  std::map<std::string, std::shared_ptr<File>> reading_;
};

}  // namespace onggi
