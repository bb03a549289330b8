// Tells sentinels that a run is dead, each until it has answered (PROTOCOL L4). Blocking, bounded in time; used by the
// watcher alone.
#pragma once

#include <string>
#include <vector>

#include "common/messages.h"

namespace onggi {

class DeathNotice {
 public:
  DeathNotice(RunDead notice, std::vector<Address> sentinels);
  ~DeathNotice();
  DeathNotice(const DeathNotice&) = delete;
  DeathNotice& operator=(const DeathNotice&) = delete;

  // Until each has answered, `for_ms` have passed, or a signal to end comes in on `signal_fd`.
  void tell(int for_ms, int signal_fd);

 private:
  struct Link {
    Address sentinel;
    int fd = -1;
    bool sent = false;
    bool heard = false;
    size_t tries = 0;
    int64_t next_try_ms = 0;
    std::string received;
  };
  void open_link(Link& link, int64_t now_ms);
  void drop_link(Link& link, int64_t now_ms);
  void progress(Link& link, short events, int64_t now_ms);

  std::string frame_;
  std::vector<Link> links_;
};

}  // namespace onggi
