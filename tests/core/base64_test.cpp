#include "core/base64.hpp"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  std::vector<std::byte> bytes;
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

struct Pair {
  std::string_view plain, encoded;
};

// The test vectors of RFC 4648, and bytes that need the last two letters of the alphabet.
constexpr Pair pairs[] = {{"", ""},
                          {"f", "Zg=="},
                          {"fo", "Zm8="},
                          {"foo", "Zm9v"},
                          {"foob", "Zm9vYg=="},
                          {"fooba", "Zm9vYmE="},
                          {"foobar", "Zm9vYmFy"},
                          {"\xfb\xff\xbf", "+/+/"}};

TEST(Base64, KnownPairs) {
  for (const auto& [plain, encoded] : pairs) {
    EXPECT_EQ(base64_encode(bytes_of(plain)), encoded);
    EXPECT_EQ(base64_decode(encoded), bytes_of(plain)) << encoded;
    EXPECT_TRUE(is_base64(encoded)) << encoded;
  }
}

TEST(Base64, EveryByteAtEveryPlaceComesBack) {
  for (std::size_t length = 1; length <= 5; ++length) {
    for (unsigned value = 0; value < 256; ++value) {
      std::vector<std::byte> bytes(length, std::byte{0xA5});
      bytes.back() = static_cast<std::byte>(value);
      EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    }
  }
}

TEST(Base64, ALongTextHasNoLineBreaks) {
  const std::vector<std::byte> bytes(100'000, std::byte{0});
  const std::string text = base64_encode(bytes);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text.find('\0'), std::string::npos);
  EXPECT_EQ(base64_decode(text), bytes);
}

TEST(Base64, WhatIsRefused) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"Z"sv,      "Zg"sv,         "Zg="sv,      "Zm9vY"sv, "===="sv,  "Z==="sv,       "="sv,
        "=g=="sv,   "Zg==Zg=="sv,   "Zm8=Zm8="sv, "Z=8="sv,  " Zg=="sv, "Zg== "sv,      "Zg==\n"sv,
        "Zm9v\n"sv, "Zm9v\nYmFy"sv, "    "sv,     "Zm9\0"sv, "Zm-_"sv,  "Zm\xc3\xa9"sv, "Zm9v===="sv}) {
    EXPECT_FALSE(is_base64(text)) << text;
    EXPECT_FALSE(base64_decode(text)) << text;
  }
}

}  // namespace
}  // namespace unmuted
