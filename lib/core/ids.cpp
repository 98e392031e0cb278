#include "core/ids.hpp"

#include <array>
#include <cstdlib>
#include <cstring>

#include <openssl/rand.h>

namespace unmuted {
namespace {

// One system call serves many ids: an event id is on the path of every event we send.
class RandomBytes {
 public:
  std::uint8_t next() {
    if (position_ == buffer_.size()) refill();
    return buffer_[position_++];
  }

 private:
  void refill() {
    if (RAND_bytes(buffer_.data(), static_cast<int>(buffer_.size())) != 1) std::abort();
    position_ = 0;
  }

  std::array<std::uint8_t, 1024> buffer_{};
  std::size_t position_ = buffer_.size();
};

std::uint8_t random_byte() {
  thread_local RandomBytes bytes;
  return bytes.next();
}

}  // namespace

std::string random_base62(std::size_t length) {
  static constexpr char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string id(length, '\0');
  for (char& c : id) {
    std::uint8_t value = random_byte();
    while (value >= 62 * 4) value = random_byte();  // a remainder would make the first letters likelier
    c = alphabet[value % 62];
  }
  return id;
}

std::string new_event_id() {
  return new_id("event_");
}

std::string new_id(std::string_view prefix) {
  return std::string(prefix) + random_base62(21);
}

std::string new_session_id() {
  return random_base62(12);
}

std::string new_uuid() {
  static constexpr char digits[] = "0123456789abcdef";
  std::string id = "xxxxxxxx-xxxx-4xxx-Vxxx-xxxxxxxxxxxx";
  for (char& c : id) {
    if (c == 'x') c = digits[random_byte() % 16];
    if (c == 'V') c = digits[8 + random_byte() % 4];  // the variant of RFC 9562
  }
  return id;
}

std::uint64_t random_seed() {
  std::array<std::uint8_t, 8> bytes{};
  for (auto& byte : bytes) byte = random_byte();
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

}  // namespace unmuted
