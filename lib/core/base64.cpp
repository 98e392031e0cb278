#include "core/base64.hpp"

#include <algorithm>
#include <array>

#include <openssl/evp.h>

namespace unmuted {
namespace {

std::size_t padding_of(std::string_view text) {
  if (text.ends_with("==")) return 2;
  return text.ends_with('=') ? 1 : 0;
}

/// By the letter: all sound that comes is looked at.
constexpr std::array<bool, 256> letters = [] {
  std::array<bool, 256> all{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
    all[static_cast<unsigned char>(c)] = true;
  return all;
}();

bool is_base64_letter(char c) {
  return letters[static_cast<unsigned char>(c)];
}

}  // namespace

std::string base64_encode(std::span<const std::byte> bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

void append_base64(std::string& text, std::span<const std::byte> bytes) {
  const std::size_t before = text.size();
  text.resize(before + (bytes.size() + 2) / 3 * 4 + 1);  // EVP_EncodeBlock ends with a NUL of its own
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data() + before),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(before + static_cast<std::size_t>(length));
}

bool is_base64(std::string_view text) {
  if (text.size() % 4 != 0) return false;
  text.remove_suffix(padding_of(text));
  return std::all_of(text.begin(), text.end(), is_base64_letter);
}

std::optional<std::vector<std::byte>> base64_decode(std::string_view text) {
  // EVP_DecodeBlock trims white space and counts padding as data, so both are settled here.
  if (!is_base64(text)) return std::nullopt;
  std::vector<std::byte> bytes(text.size() / 4 * 3);
  if (bytes.empty()) return bytes;
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  bytes.resize(bytes.size() - padding_of(text));
  return bytes;
}

}  // namespace unmuted
