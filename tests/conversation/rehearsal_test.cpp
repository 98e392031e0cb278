#include "conversation/rehearsal.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation/words.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::vector<events::Message> hearing(std::string said) {
  return {{"assistant", "Hello, this is Ada."}, {"user", std::move(said)}};
}

TEST(Rehearsal, OpensWithTheName) {
  EXPECT_EQ(rehearsal_reply("Ada", "en", {}), "Hello, this is Ada.");
  EXPECT_EQ(rehearsal_reply("Ada", "fr", {}), "Bonjour, ici Ada.");
}

TEST(Rehearsal, OpensWithoutANameWhereThereIsNone) {
  EXPECT_EQ(rehearsal_reply("", "en", {}), "Hello.");
  EXPECT_EQ(rehearsal_reply("", "fr", {}), "Bonjour.");
}

TEST(Rehearsal, SaysThatThereIsNoModelAndRepeats) {
  EXPECT_EQ(rehearsal_reply("Ada", "en", hearing("How are you?")),
            "No language model is connected, so I can only repeat what I hear. I heard: \"How are you?\".");
  EXPECT_THAT(rehearsal_reply("Ada", "fr", hearing("Ça va ?")), HasSubstr("« Ça va ? »"));
}

TEST(Rehearsal, SaysSoWhenItHeardNothing) {
  EXPECT_THAT(rehearsal_reply("Ada", "en", hearing("...")), HasSubstr("I heard nothing."));
  EXPECT_THAT(rehearsal_reply("Ada", "fr", hearing("...")), HasSubstr("Je n'ai rien entendu."));
  const std::vector<events::Message> bot_last{{"assistant", "Hello."}};
  EXPECT_THAT(rehearsal_reply("Ada", "en", bot_last), HasSubstr("I heard nothing."));
}

TEST(Rehearsal, SpeaksFrenchWhenTheCharacterBeginsInFrench) {
  for (const char* language : {"fr", "fr/en", "fr-CA"}) {
    EXPECT_THAT(rehearsal_reply("Ada", language, {}), StartsWith("Bonjour")) << language;
  }
  for (const char* language : {"en", "en/fr", "de", ""}) {
    EXPECT_THAT(rehearsal_reply("Ada", language, {}), StartsWith("Hello")) << language;
  }
}

TEST(Rehearsal, RepeatsABoundedPart) {
  std::string longest;
  for (int i = 0; i < 10'000; ++i) longest += "é";
  const std::string reply = rehearsal_reply("Ada", "en", hearing(longest));
  EXPECT_LT(reply.size(), max_rehearsed_bytes + 200);
  EXPECT_TRUE(is_utf8(reply));
}

TEST(Rehearsal, NeverEndsTheCall) {
  EXPECT_FALSE(is_farewell(rehearsal_reply("Ada", "en", hearing("Bye!"))));
  EXPECT_FALSE(is_farewell(rehearsal_reply("Ada", "fr", hearing("Bye!"))));
}

}  // namespace
}  // namespace unmuted
