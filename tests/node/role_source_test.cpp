// The master's side against a follower made by hand: back-pressure, acknowledgements that can't be, full copies.
#include <doctest/doctest.h>

#include <cstring>

#include "node/role/role.h"
#include "tests/node/role_world.h"

using namespace onggi;

namespace {

struct Nothing : StreamSink {
  Result<void> apply(const RecordView&, WallTime) override { return {}; }
};

// An unmanaged master with ten records of 1000 bytes, and one follower on connection 100.
struct Master {
  Master() {
    LogOptions log_options;
    log_options.directory = "/log";
    log = std::move(*Log::open(disk, log_options));
    options.stream_high_water = 3000;
    options.stream_chunk_bytes = 1000;
    options.copy_chunk_bytes = 1000;
    auto started = Role::start(options, RoleSeams{*log, state, sink, random, conns}, RunId{"run"}, "boot", now);
    REQUIRE(started);
    role = std::move(*started);
    for (int i = 0; i < 10; i++) {
      log->begin_record(RecordType::kOperations);
      std::memset(log->extend(991), 'x', 991);
      log->end_record();
    }
    REQUIRE(log->write_out());
    role->drain();
  }

  SyncRequest request(bool must_copy = false) const {
    SyncRequest sync;
    sync.id = NodeId{"follower"};
    sync.must_copy = must_copy;
    return sync;
  }

  template <class M>
  std::vector<M> sent() {
    std::vector<M> found;
    effects = role->drain();
    for (const auto& send : effects.sends) {
      if (const auto* message = std::get_if<M>(&send.message)) found.push_back(*message);
    }
    return found;
  }

  Now now{Instant{1'000'000}, WallTime{1000}};
  MemoryDisk disk;
  test::MemoryState state;
  Nothing sink;
  Random random{3};
  ConnIds conns;
  RoleOptions options;
  std::unique_ptr<Log> log;
  std::unique_ptr<Role> role;
  RoleEffects effects;
  ConnId conn{100};
};

}  // namespace

TEST_CASE("a slow follower only lags: no more is read for it than its connection has room for") {
  Master master;
  master.role->message(master.now, master.conn, master.request());
  master.role->after_write_out(master.now);
  CHECK(master.sent<StreamChunk>().size() == 3);
  master.role->after_write_out(master.now);
  CHECK(master.sent<StreamChunk>().empty());
  CHECK(master.role->readers_floor() == Offset{0});  // the log keeps what it did not acknowledge
  master.role->message(master.now, master.conn, Ack{Epoch{1}, {Epoch{1}, Offset{2033}}, {}});
  CHECK(master.role->readers_floor() == Offset{2033});
  size_t more = 0;
  for (int i = 0; i < 20; i++) {
    master.role->drained(master.now, master.conn, 2000);
    more += master.sent<StreamChunk>().size();
  }
  CHECK(more == 8);  // 10,033 bytes in all
}

TEST_CASE("an acknowledgement of more than was sent costs its sender the connection") {
  Master master;
  master.role->message(master.now, master.conn, master.request());
  master.role->after_write_out(master.now);
  master.role->drain();
  master.role->message(master.now, master.conn, Ack{Epoch{1}, {Epoch{1}, Offset{9000}}, {}});
  CHECK(master.sent<Ack>().empty());
  REQUIRE(master.effects.closes.size() == 1);
  CHECK(master.effects.closes[0].conn == master.conn);
  CHECK(master.role->acked(Offset{1}) == 0);
}

TEST_CASE("a message that no node sends costs its sender the connection") {
  Master master;
  master.role->message(master.now, ConnId{5}, VoteReply{});
  master.role->message(master.now, ConnId{6}, StreamChunk{Epoch{9}, {}, {}, "x"});
  master.effects = master.role->drain();
  CHECK(master.effects.closes.size() == 2);
  CHECK(master.role->is_master());
}

TEST_CASE("a wrong password is refused before anything else") {
  Master master;
  master.options.required_password = "secret";
  master.role->reconfigure(master.now, master.options);
  master.role->message(master.now, master.conn, master.request());
  const auto replies = master.sent<SyncReply>();
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].kind == SyncReply::Kind::kRefused);
  SyncRequest right = master.request();
  right.password = "secret";
  master.role->message(master.now, master.conn, right);
  CHECK(master.sent<SyncReply>().at(0).kind == SyncReply::Kind::kContinue);
}

TEST_CASE("a full copy is sent piece by piece, and the log is kept for what comes after it") {
  Master master;
  master.role->message(master.now, master.conn, master.request(true));
  CHECK(master.sent<SyncReply>().at(0).kind == SyncReply::Kind::kFullCopy);
  REQUIRE(master.effects.start_checkpoints.size() == 1);
  const CopyId copy = master.effects.start_checkpoints[0].copy;
  const Position position{Epoch{1}, Offset{1033}};
  CHECK(master.role->readers_floor() == Offset{0});
  master.role->checkpoint_ready(master.now, copy, position, master.log->history(), {{"file", 2500}});
  CHECK(master.role->readers_floor() == position.offset);
  size_t bytes = 0;
  size_t ends = 0;
  for (int i = 0; i < 10; i++) {
    master.effects = master.role->drain();
    for (const auto& send : master.effects.sends) {
      if (const auto* piece = std::get_if<CopyChunk>(&send.message)) bytes += piece->bytes.size();
      if (std::holds_alternative<CopyEnd>(send.message)) ends++;
    }
    for (const auto& read : master.effects.read_chunks) {
      CHECK(read.size <= 1000);
      master.role->chunk_read(master.now, read.copy, read.file, read.at, std::string(read.size, 'f'));
    }
  }
  CHECK(bytes == 2500);
  CHECK(ends == 1);
  CHECK(master.role->readers_floor() == position.offset);  // until the follower asks again
  CHECK(master.role->counters().sync_full == 1);
}

TEST_CASE("a follower that goes away, or is fenced off, leaves no checkpoint behind") {
  Master master;
  master.role->message(master.now, master.conn, master.request(true));
  master.effects = master.role->drain();
  const CopyId copy = master.effects.start_checkpoints.at(0).copy;
  master.role->closed(master.now, master.conn);
  CHECK(master.role->drain().drop_checkpoints == std::vector<CopyId>{copy});
  // The checkpoint that was under way is dropped when it is ready.
  master.role->checkpoint_ready(master.now, copy, {}, {}, {});
  CHECK(master.role->drain().drop_checkpoints == std::vector<CopyId>{copy});
  // A read that comes late, or of no copy at all, is nobody's.
  master.role->chunk_read(master.now, copy, 0, 0, std::string("x"));
  CHECK(master.role->drain().sends.empty());
}

TEST_CASE("a follower that comes again and again and takes nothing doesn't hold the log for ever") {
  Master master;
  SyncRequest request = master.request();
  uint64_t conn = 100;
  const auto comes_and_goes = [&] {
    master.role->message(master.now, ConnId{++conn}, request);
    master.role->after_write_out(master.now);
    master.role->closed(master.now, ConnId{conn});
    master.role->tick(master.now);
    (void)master.role->drain();
  };
  master.role->message(master.now, master.conn, request);
  master.role->after_write_out(master.now);
  master.role->message(master.now, master.conn, Ack{Epoch{1}, {Epoch{1}, Offset{33}}, {}});
  master.role->closed(master.now, master.conn);
  request.position = {Epoch{1}, Offset{33}};
  request.history = master.log->history();
  for (int i = 0; i < 20; i++) {
    comes_and_goes();
    if (i == 5) CHECK(master.role->readers_floor() == Offset{33});
    master.now.instant = master.now.instant + master.options.repl_timeout / 10;
  }
  CHECK(master.role->readers_floor() == master.log->end().offset);
}

TEST_CASE("a follower whose connection broke finds its place in the log for repl-timeout") {
  Master master;
  master.role->message(master.now, master.conn, master.request());
  master.role->after_write_out(master.now);
  master.role->message(master.now, master.conn, Ack{Epoch{1}, {Epoch{1}, Offset{1033}}, {}});
  master.role->closed(master.now, master.conn);
  master.role->tick(master.now);
  CHECK(master.role->readers_floor() == Offset{1033});
  SUBCASE("it comes back") {
    master.role->message(master.now, ConnId{101}, master.request());  // with less than it had: it was emptied
    CHECK(master.role->readers_floor() == Offset{0});
    master.role->after_write_out(master.now);
    master.role->message(master.now, ConnId{101}, Ack{Epoch{1}, {Epoch{1}, Offset{2033}}, {}});
    CHECK(master.role->readers_floor() == Offset{2033});  // and has one place alone
  }
  SUBCASE("it does not") {
    master.now.instant = master.now.instant + seconds(59);
    master.role->tick(master.now);
    CHECK(master.role->readers_floor() == Offset{1033});
    master.now.instant = master.now.instant + seconds(1);
    master.role->tick(master.now);
    CHECK(master.role->readers_floor() == master.log->end().offset);
  }
}

TEST_CASE("a follower that swaps a full copy in, on a connection that ends so, finds the log behind it") {
  Master master;
  master.role->message(master.now, master.conn, master.request(true));
  const CopyId copy = [&] {
    master.effects = master.role->drain();
    return master.effects.start_checkpoints.at(0).copy;
  }();
  master.role->checkpoint_ready(master.now, copy, {Epoch{1}, Offset{1033}}, master.log->history(), {});
  master.role->closed(master.now, master.conn);
  CHECK(master.role->readers_floor() == Offset{1033});
  CHECK(master.role->replicas(master.now).empty());
}

TEST_CASE("a silent follower is given up after repl-timeout") {
  Master master;
  master.role->message(master.now, master.conn, master.request());
  master.role->drain();
  CHECK(master.role->replicas(master.now).size() == 1);
  master.now.instant = master.now.instant + seconds(60);
  master.role->tick(master.now);
  CHECK(master.role->drain().closes.size() == 1);
  CHECK(master.role->replicas(master.now).empty());
}
