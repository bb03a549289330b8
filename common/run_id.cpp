#include "common/run_id.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "common/check.h"

namespace onggi {

namespace {
std::string hex(const unsigned char* bytes, size_t count) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * count);
  for (size_t i = 0; i < count; i++) {
    text.push_back(kHex[bytes[i] >> 4]);
    text.push_back(kHex[bytes[i] & 15]);
  }
  return text;
}
}  // namespace

RunId run_id_of(std::string_view secret) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  ONGGI_CHECK(EVP_Digest(secret.data(), secret.size(), digest, &size, EVP_sha256(), nullptr) == 1 && size == 32);
  return RunId{hex(digest, 20)};
}

std::string new_run_secret() {
  unsigned char bytes[32];
  ONGGI_CHECK(RAND_bytes(bytes, sizeof bytes) == 1);
  return hex(bytes, sizeof bytes);
}

}  // namespace onggi
