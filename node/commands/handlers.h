// Handlers of data commands that live in another file than their row: each family has one table and several files.
#pragma once

#include "node/command.h"

namespace onggi {

// ---- string_numbers.cpp
Outcome incr_command(Call& call);
Outcome decr_command(Call& call);
Outcome incrby_command(Call& call);
Outcome decrby_command(Call& call);
Outcome incrbyfloat_command(Call& call);

// ---- string_ranges.cpp
Outcome append_command(Call& call);
Outcome strlen_command(Call& call);
Outcome getrange_command(Call& call);
Outcome setrange_command(Call& call);

// ---- lcs.cpp
Outcome lcs_command(Call& call);

// ---- bits.cpp
Outcome setbit_command(Call& call);
Outcome getbit_command(Call& call);
Outcome bitcount_command(Call& call);
Outcome bitpos_command(Call& call);

// ---- hash_numbers.cpp
Outcome hincrby_command(Call& call);
Outcome hincrbyfloat_command(Call& call);

// ---- set_algebra.cpp
Outcome sinter_command(Call& call);
Outcome sinterstore_command(Call& call);
Outcome sintercard_command(Call& call);
Outcome sunion_command(Call& call);
Outcome sunionstore_command(Call& call);
Outcome sdiff_command(Call& call);
Outcome sdiffstore_command(Call& call);

// ---- random_members.cpp
Outcome hrandfield_command(Call& call);
Outcome spop_command(Call& call);
Outcome srandmember_command(Call& call);

// ---- scan.cpp
Outcome scan_command(Call& call);
Outcome hscan_command(Call& call);
Outcome sscan_command(Call& call);
Outcome keys_command(Call& call);
Outcome randomkey_command(Call& call);

// ---- expire.cpp
Outcome expire_command(Call& call);
Outcome pexpire_command(Call& call);
Outcome expireat_command(Call& call);
Outcome pexpireat_command(Call& call);
Outcome ttl_command(Call& call);
Outcome pttl_command(Call& call);
Outcome expiretime_command(Call& call);
Outcome pexpiretime_command(Call& call);
Outcome persist_command(Call& call);

// ---- databases.cpp
Outcome dbsize_command(Call& call);
Outcome swapdb_command(Call& call);
Outcome flushdb_command(Call& call);
Outcome flushall_command(Call& call);

// ---- object.cpp
std::span<const CommandSpec> object_subcommands();

}  // namespace onggi
