#include "services/speech_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted {
namespace {

using AddressKind = SpeechAddress::Kind;
using testing::HasSubstr;

TEST(SpeechAddress, TheSchemeSaysWhoItIs) {
  EXPECT_EQ(SpeechAddress::of("off")->kind, AddressKind::off);
  EXPECT_EQ(SpeechAddress::of("embedded")->kind, AddressKind::embedded);
  EXPECT_EQ(SpeechAddress::of("http://localhost:8880/v1")->kind, AddressKind::openai);
  EXPECT_EQ(SpeechAddress::of("HTTPS://api.example.com")->kind, AddressKind::openai);
  EXPECT_EQ(SpeechAddress::of("ws://localhost:8090")->kind, AddressKind::kyutai);
  EXPECT_EQ(SpeechAddress::of("wss://speech.example.com")->kind, AddressKind::kyutai);
  EXPECT_EQ(SpeechAddress::of("ws://localhost:8090")->url, "ws://localhost:8090");
}

TEST(SpeechAddress, AnythingElseIsRefusedWithWhatIsExpected) {
  for (const char* text : {"", "kyutai", "localhost:8090", "ftp://localhost", "Embedded"}) {
    const auto read = SpeechAddress::of(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "invalid_url");
    EXPECT_THAT(read.error().message, HasSubstr("embedded, off, or the URL"));
  }
}

}  // namespace
}  // namespace unmuted
