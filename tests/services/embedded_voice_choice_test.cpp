#include <set>
#include <string>
#include <tuple>
#include <variant>

#include <gtest/gtest.h>

#include "services/embedded/voice_choice.hpp"

namespace unmuted::embedded {
namespace {

FliteVoice english(const std::string& path) {
  return std::get<FliteVoice>(choose_voice({.path = path, .names = {}, .language = "en"}));
}

EspeakVoice french(const std::string& path) {
  return std::get<EspeakVoice>(choose_voice({.path = path, .names = {}, .language = "fr"}));
}

TEST(EmbeddedVoiceChoice, ANamedVoiceIsTaken) {
  const auto voice =
      choose_voice({.path = "v.wav", .names = {{"embedded", "espeak:fr+f3?pitch=60"}}, .language = "en"});
  EXPECT_EQ(voice, EmbeddedVoice(EspeakVoice{.language = "fr", .variant = "f3", .pitch = 60}));
}

TEST(EmbeddedVoiceChoice, OneThatIsNamedWronglyIsChosenByThePath) {
  EXPECT_EQ(choose_voice({.path = "v.wav", .names = {{"embedded", "flite:bob"}}, .language = "en"}),
            choose_voice({.path = "v.wav", .names = {}, .language = "en"}));
}

TEST(EmbeddedVoiceChoice, TheChoiceNeverChanges) {
  // Written down, because a character must sound the same after an update and on another machine.
  EXPECT_EQ(english("voices/host.wav").speaker, "slt");
  EXPECT_EQ(french("voices/host.wav").variant, "m5");
  EXPECT_EQ(english("voices/host.wav"), english("voices/host.wav"));
}

TEST(EmbeddedVoiceChoice, TheLanguageDecidesTheEngine) {
  const auto engine = [](const std::string& language) -> std::string {
    const auto voice = choose_voice({.path = "v.wav", .names = {}, .language = language});
    const auto* espeak = std::get_if<EspeakVoice>(&voice);
    return espeak == nullptr ? "flite" : espeak->language;
  };
  EXPECT_EQ(engine("en"), "flite");
  EXPECT_EQ(engine("en-GB"), "flite");
  EXPECT_EQ(engine("en/fr"), "flite");
  EXPECT_EQ(engine("fr/en"), "fr");
  EXPECT_EQ(engine("pt-BR"), "pt-br");
  EXPECT_EQ(engine("zh"), "cmn");
  EXPECT_EQ(engine("tlh"), "flite");  // rather an accent than silence
  EXPECT_EQ(engine(""), "flite");
}

TEST(EmbeddedVoiceChoice, ACastOfTenHasManyVoices) {
  std::set<std::tuple<std::string, double, double>> speakers;
  std::set<std::string> variants;
  for (int i = 0; i < 10; ++i) {
    const std::string path = "voices/character-" + std::to_string(i) + ".wav";
    const FliteVoice voice = english(path);
    speakers.emplace(voice.speaker, voice.pitch, voice.formants);
    variants.insert(french(path).variant + std::to_string(french(path).pitch));
  }
  EXPECT_GE(speakers.size(), 9U);
  EXPECT_GE(variants.size(), 9U);
}

TEST(EmbeddedVoiceChoice, EveryChoiceIsOneThatCanBeNamed) {
  for (int i = 0; i < 1'000; ++i) {
    const std::string path = std::to_string(i);
    const FliteVoice voice = english(path);
    EXPECT_TRUE(voice.pitch == 0 || (voice.pitch >= 60 && voice.pitch <= 350)) << voice.pitch;
    EXPECT_TRUE(voice.formants >= 0.85 && voice.formants <= 1.2) << voice.formants;
    EXPECT_TRUE(voice.rate >= 0.8 && voice.rate <= 1.2) << voice.rate;
    const EspeakVoice other = french(path);
    EXPECT_TRUE(read_embedded_voice("espeak:fr+" + other.variant + "?pitch=" + std::to_string(other.pitch) +
                                    "&rate=" + std::to_string(other.rate)));
  }
}

}  // namespace
}  // namespace unmuted::embedded
