// TierMeta as bytes, as it lies in the tier beside the data (storage/FORMAT.md):
//
//   u32 version
//   u64 epoch   u64 offset                                            the position
//   u32 epochs     { u64 epoch, u64 branch, u64 offset } per epoch    the history
//   u32 databases  { u64 id, u64 keys, u64 expires } per database
//   u64 next id
//   u64 XXH3-64 of everything before
#pragma once

#include <string>
#include <string_view>

#include "storage/tier.h"

namespace onggi {

std::string encode_tier_meta(const TierMeta& meta);
// An error says why it is none.
Result<TierMeta> decode_tier_meta(std::string_view bytes);

}  // namespace onggi
