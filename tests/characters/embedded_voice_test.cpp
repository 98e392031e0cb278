#include "characters/embedded_voice.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted {
namespace {

using testing::HasSubstr;

TEST(EmbeddedVoiceName, SaysAllThatCanBeSet) {
  EXPECT_EQ(read_embedded_voice("flite:rms"), EmbeddedVoice(FliteVoice{.speaker = "rms"}));
  EXPECT_EQ(read_embedded_voice("flite:slt?pitch=180&rate=1.1&formants=0.95"),
            EmbeddedVoice(FliteVoice{.speaker = "slt", .pitch = 180, .rate = 1.1, .formants = 0.95}));
  EXPECT_EQ(read_embedded_voice("espeak:de"), EmbeddedVoice(EspeakVoice{.language = "de", .variant = ""}));
  EXPECT_EQ(read_embedded_voice("espeak:pt-BR"),
            EmbeddedVoice(EspeakVoice{.language = "pt-br", .variant = ""}));
  EXPECT_EQ(read_embedded_voice("espeak:fr+f3?pitch=60&rate=165"),
            EmbeddedVoice(EspeakVoice{.language = "fr", .variant = "f3", .pitch = 60, .rate = 165}));
}

TEST(EmbeddedVoiceName, AWrongOneIsToldWhatThereIs) {
  struct Case {
    std::string name, told;
  };
  for (const auto& [name, told] : {
           Case{"", "write it as flite:slt"},
           Case{"slt", "espeak:fr+f3"},
           Case{"Flite:slt", "flite:slt"},
           Case{"flite:", "there are slt, rms, awb, kal16"},
           Case{"flite:bob", "'bob'"},
           Case{"flite:slt+f3", "'slt+f3'"},
           Case{"flite:slt?speed=2", "rate=0.5 to 2"},
           Case{"flite:slt?pitch=", "pitch=60 to 350 Hz"},
           Case{"flite:slt?pitch=1e9", "'pitch=1e9'"},
           Case{"flite:slt?pitch=nan", "pitch=60"},
           Case{"flite:slt?pitch=inf", "pitch=60"},
           Case{"flite:slt?pitch=180Hz", "pitch=60"},
           Case{"flite:slt?rate=1&&rate=1", "rate="},
           Case{"flite:rms?pitch=120", "formants=0.85"},
           Case{"espeak:xx", "'xx' is no language"},
           Case{"espeak:", "no language"},
           Case{"espeak:fr+", "'' is no variant"},
           Case{"espeak:fr+../../x", "m1, m2"},
           Case{"espeak:fr -f/etc/passwd", "no language"},
           Case{"espeak:fr?pitch=100", "pitch=0 to 99"},
           Case{"espeak:fr?rate=-1", "rate=80 to 450"},
       }) {
    const auto voice = read_embedded_voice(name);
    ASSERT_FALSE(voice) << name;
    EXPECT_THAT(voice.error(), HasSubstr(told)) << name;
    EXPECT_LT(voice.error().size(), 250U) << name;
  }
  EXPECT_THAT(read_embedded_voice("flite:rms?pitch=120").error(), testing::Not(HasSubstr("350")));
}

TEST(EmbeddedVoiceName, ALanguageIsSpokenByTheNearestThereIs) {
  struct Case {
    const char *tag, *language;
  };
  for (const auto& [tag, language] : {
           Case{"fr", "fr"},
           Case{"fr/en", "fr"},
           Case{"en-GB", "en-gb"},
           Case{"pt-BR", "pt-br"},
           Case{"pt-PT", "pt"},
           Case{"pt_BR", "pt-br"},
           Case{"zh-Hant-TW", "cmn"},
           Case{"no", "nb"},
           Case{"es-MX", "es"},
           Case{"DE", "de"},
       }) {
    EXPECT_EQ(espeak_language(tag), language) << tag;
  }
  for (const char* tag : {"", "xx", "tlh", "-", "../fr"}) {
    EXPECT_EQ(espeak_language(tag), std::nullopt) << tag;
  }
}

}  // namespace
}  // namespace unmuted
