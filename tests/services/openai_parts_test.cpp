// The parts of clients of speech servers that know no sockets.
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audio/wav.hpp"
#include "services/openai/clause_sound.hpp"
#include "services/openai/multipart.hpp"
#include "services/openai/speech_call.hpp"
#include "services/openai/speech_sound.hpp"

namespace unmuted::openai {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::int16_t> ramp(std::size_t count) {
  std::vector<std::int16_t> samples(count);
  for (std::size_t i = 0; i < count; ++i) samples[i] = static_cast<std::int16_t>(i * 97 % 20'000);
  return samples;
}

/// A WAV file with 16 bits, mono.
std::string wav_file(const std::vector<std::int16_t>& samples, int rate) {
  const std::vector<std::byte> file = audio::write_wav(audio::from_pcm16(samples), rate);
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

std::string pcm_of(const std::vector<std::int16_t>& samples) {
  return wav_file(samples, 24'000).substr(44);
}

TEST(Multipart, AFormWithAFile) {
  MultipartForm form;
  form.add("model", "whisper-1");
  form.add("prompt", "Ääh, \"x\"\r\ny");
  form.add_file("file", "u.wav", "audio/wav", std::string("RI\0FF", 5));
  EXPECT_EQ(form.content_type(), "multipart/form-data; boundary=unmuted-part-0");
  EXPECT_EQ(form.body(), std::string("--unmuted-part-0\r\n"
                                     "Content-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n"
                                     "--unmuted-part-0\r\n"
                                     "Content-Disposition: form-data; name=\"prompt\"\r\n\r\n"
                                     "Ääh, \"x\"\r\ny\r\n"
                                     "--unmuted-part-0\r\n"
                                     "Content-Disposition: form-data; name=\"file\"; filename=\"u.wav\"\r\n"
                                     "Content-Type: audio/wav\r\n\r\n") +
                             std::string("RI\0FF", 5) + "\r\n--unmuted-part-0--\r\n");
}

TEST(Multipart, TheBoundaryStandsInNoPart) {
  MultipartForm form;
  form.add("a", "--unmuted-part-0--");
  form.add("b", "unmuted-part-1");
  EXPECT_EQ(form.content_type(), "multipart/form-data; boundary=unmuted-part-2");
}

struct Sounded {
  audio::Samples samples;
  std::string error;
};

/// Fed in pieces of that size.
Sounded sound_of(const std::string& type, const std::string& body, std::size_t piece = 1'000'000) {
  SpeechSound sound(type);
  Sounded result;
  const auto take = [&](const Result<audio::Samples>& samples) {
    if (!samples) result.error = samples.error().message;
    if (samples) result.samples.insert(result.samples.end(), samples->begin(), samples->end());
  };
  for (std::size_t at = 0; at < body.size() && result.error.empty(); at += piece) {
    take(sound.feed(std::string_view(body).substr(at, piece)));
  }
  if (result.error.empty()) take(sound.end());
  return result;
}

TEST(SpeechSound, BareSamplesInPiecesOfAnySize) {
  const auto samples = ramp(500);
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
    for (const char* type : {"audio/pcm", "", "application/octet-stream", "audio/mpeg", "audio/L16"}) {
      const Sounded got = sound_of(type, pcm_of(samples), piece);
      EXPECT_EQ(got.error, "") << type;
      EXPECT_EQ(audio::to_pcm16(got.samples), samples) << type << ' ' << piece;
    }
  }
}

TEST(SpeechSound, AWavFileUnderAnyName) {
  const auto samples = ramp(500);
  for (const std::size_t piece : {1U, 5U, 1000U}) {
    for (const char* type : {"audio/pcm", "audio/wav", ""}) {
      const Sounded got = sound_of(type, wav_file(samples, 24'000) + "LIST....", piece);
      EXPECT_EQ(audio::to_pcm16(got.samples), samples) << type << ' ' << piece << got.error;
    }
  }
}

TEST(SpeechSound, AWavFileThatCannotBePlayedIsNamed) {
  const auto with = [](std::size_t at, char value) {
    std::string file = wav_file(ramp(10), 24'000);
    file[at] = value;
    return sound_of("audio/pcm", file).error;
  };
  EXPECT_THAT(with(20, 3), HasSubstr("form 3 with 16 bits"));
  EXPECT_THAT(with(34, 24), HasSubstr("24 bits"));
  EXPECT_THAT(with(22, 65), HasSubstr("65 channels"));
  EXPECT_THAT(with(25, 0), HasSubstr("192 samples a second"));
  EXPECT_THAT(with(12, 'x'), HasSubstr("does not say which form"));
  EXPECT_THAT(with(16, 2), HasSubstr("does not say which form"));
  EXPECT_THAT(with(36, 'L'), HasSubstr("broke off in its header"))
      << "another chunk: the sound is waited for";
  const std::string endless = "RIFF....WAVEjunk" + std::string(4, '\x7F') + std::string(70'000, 'x');
  EXPECT_THAT(sound_of("audio/wav", endless, 5'000).error, HasSubstr("header is too long"));
}

TEST(SpeechSound, OfAStreamAllThatComesIsSound) {
  for (const std::string& length :
       std::vector<std::string>{"\xFF\xFF\xFF\xFF", std::string("\0\0\xFF\x7F", 4), std::string(4, '\0')}) {
    std::string file = wav_file(ramp(500), 24'000);
    file.replace(40, 4, length);
    EXPECT_EQ(audio::to_pcm16(sound_of("audio/wav", file, 7).samples), ramp(500));
  }
}

TEST(SpeechSound, AnotherRateIsConverted) {
  EXPECT_NEAR(static_cast<double>(sound_of("audio/pcm", wav_file(ramp(16'000), 16'000), 999).samples.size()),
              24'000, 2);
  EXPECT_NEAR(
      static_cast<double>(sound_of("audio/pcm; rate=48000; channels=1", pcm_of(ramp(4800))).samples.size()),
      2'400, 2);
}

TEST(SpeechSound, TwoChannelsAreOne) {
  std::string file = wav_file({{1000, 3000, -500, 500}}, 24'000);
  file[22] = 2;
  EXPECT_THAT(audio::to_pcm16(sound_of("", file).samples), ElementsAre(2000, 0));
}

TEST(SpeechSound, WhatIsNoSoundOfOursIsNamed) {
  const std::string rest(100, 'x');
  EXPECT_THAT(sound_of("audio/mpeg", "ID3" + rest).error, HasSubstr("MP3; expected PCM"));
  EXPECT_THAT(sound_of("audio/mpeg", "\xFF\xFB" + rest).error, HasSubstr("MP3"));
  EXPECT_THAT(sound_of("audio/pcm", "OggS" + rest).error, HasSubstr("Ogg"));
  EXPECT_THAT(sound_of("audio/flac", "fLaC" + rest).error, HasSubstr("FLAC"));
  EXPECT_THAT(sound_of("", "\x1A\x45\xDF\xA3" + rest).error, HasSubstr("WebM"));
  EXPECT_THAT(sound_of("audio/aac", "1234ftyp" + rest).error, HasSubstr("MP4"));
  EXPECT_THAT(sound_of("application/json", R"({"error":{"message":"no such voice"}})").error,
              HasSubstr("application/json, no sound: no such voice"));
  EXPECT_THAT(sound_of("", R"({"detail":"no such voice"})").error, HasSubstr("no such voice"));
  EXPECT_THAT(sound_of("text/html", "<html>It works!</html>").error, HasSubstr("It works!"));
  EXPECT_THAT(sound_of("text/plain", "no").error, HasSubstr("text/plain"));
  EXPECT_THAT(sound_of("audio/wav", "RIFF1234WAVEfmt ").error, HasSubstr("broke off in its header"));
}

TEST(SpeechSound, ARateThatIsNoneIsPassedOver) {
  for (const char* type :
       {"audio/pcm;bitrate=16000", "rate=16000", "audio/pcm; rate=x", "audio/pcm;rate=1"}) {
    EXPECT_THAT(sound_of(type, pcm_of(ramp(100))).samples, testing::SizeIs(100)) << type;
  }
}

TEST(SpeechSound, AnyBytesAreSurvived) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::string body = round % 3 == 0 ? "" : wav_file(ramp(20), 16'000);
    for (int i = 0; i < 5 && !body.empty(); ++i) body[random() % body.size()] = static_cast<char>(random());
    for (unsigned i = random() % 100; i > 0; --i) body += static_cast<char>(random());
    (void)sound_of(round % 2 == 0 ? "audio/wav" : "", body, 1 + random() % 50);
  }
}

TEST(SpeechSound, NothingAndHalfASampleAreNoSound) {
  EXPECT_THAT(sound_of("audio/pcm", "").samples, IsEmpty());
  EXPECT_THAT(sound_of("audio/pcm", "x").samples, IsEmpty());
  EXPECT_THAT(sound_of("audio/pcm", "xyz").samples, testing::SizeIs(1));
}

/// What is taken: "1@0" is a word that begins there, in samples.
std::vector<std::string> taken(ClauseSound& sound, std::size_t& at) {
  std::vector<std::string> all;
  while (const auto event = sound.take()) {
    if (const auto* words = std::get_if<WordsBegin>(&*event)) {
      all.push_back(std::to_string(words->words) + "@" + std::to_string(at));
    } else {
      at += std::get<SpeechAudio>(*event).samples.size();
    }
  }
  return all;
}

const Clause three_words{{{"one", 1, 4}, {"threes", 2, 7}, {"of", 1, 3}}};

TEST(ClauseSound, WordsAreSpreadOverASoundThatIsAllThere) {
  ClauseSound sound(three_words, 1);
  sound.feed(audio::Samples(1400));
  sound.finish();
  std::size_t at = 0;
  EXPECT_THAT(taken(sound, at), ElementsAre("1@0", "2@400", "1@1100"));
  EXPECT_EQ(at, 1400U);
  EXPECT_TRUE(sound.over());
  EXPECT_EQ(sound.pace(), 100);
}

TEST(ClauseSound, WhileItComesAPaceIsAssumed) {
  ClauseSound sound(three_words, 50);
  std::size_t at = 0;
  EXPECT_THAT(taken(sound, at), IsEmpty()) << "no word before there is a sound";
  sound.feed(audio::Samples(250));
  EXPECT_THAT(taken(sound, at), ElementsAre("1@0", "2@200"));
  EXPECT_EQ(sound.pace(), std::nullopt);
  sound.feed(audio::Samples(950));
  sound.finish();
  EXPECT_THAT(taken(sound, at), ElementsAre("1@900")) << "spread over what was left at the word before";
  EXPECT_EQ(at, 1200U);
}

TEST(ClauseSound, WordsThatWereExpectedLaterBeginAtTheEnd) {
  ClauseSound sound(three_words, 1000);
  sound.feed(audio::Samples(300));
  std::size_t at = 0;
  EXPECT_THAT(taken(sound, at), ElementsAre("1@0"));
  sound.finish();
  EXPECT_THAT(taken(sound, at), ElementsAre("2@300", "1@300"));
  EXPECT_TRUE(sound.over());
}

TEST(ClauseSound, PartsOfAWordBeginNone) {
  ClauseSound sound({{{"rest", 0, 4}, {"next", 1, 4}, {"more", 0, 4}, {"end", 1, 4}}}, 1);
  sound.feed(audio::Samples(1600));
  sound.finish();
  std::size_t at = 0;
  EXPECT_THAT(taken(sound, at), ElementsAre("1@0", "1@1200"));
}

TEST(ClauseSound, AClauseWithoutASoundHasItsWords) {
  ClauseSound sound({{{"", 3, 0}}}, 1);
  sound.finish();
  std::size_t at = 0;
  EXPECT_THAT(taken(sound, at), ElementsAre("3@0"));
  EXPECT_EQ(sound.pace(), std::nullopt);
}

TEST(RefusedParameter, IsTheOneThatIsNamed) {
  constexpr std::array<std::string_view, 3> optional{"stream", "language", "sample_rate"};
  struct Row {
    unsigned status;
    const char* text;
    const char* parameter;
    const char* refused;
  };
  for (const Row& row : std::initializer_list<Row>{
           {400, "Unrecognized request argument supplied: sample_rate", "", "sample_rate"},
           {400, "no", "stream", "stream"},
           {422, "Field language is not known", "", "language"},
           {400, "the upstream is broken", "", "stream"},
           {400, "Voice x not found", "voice", ""},
           {500, "stream is not supported", "", "stream"},
           {500, "stream broke", "", ""},
           {401, "stream", "stream", ""}}) {
    Refusal refusal;
    refusal.status = row.status;
    refusal.text = row.text;
    refusal.parameter = row.parameter;
    EXPECT_EQ(refused_parameter(refusal, optional), row.refused) << row.text;
  }
}

}  // namespace
}  // namespace unmuted::openai
