#include "services/embedded/embedded_hearing.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/character_loader.hpp"
#include "services/clauses.hpp"
#include "services/embedded/flite.hpp"
#include "support/event_loop.hpp"
#include "support/eventually.hpp"
#include "support/heap.hpp"

namespace unmuted {
namespace {

using audio::Samples;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Phrases = std::vector<std::string>;

/// Small letters and digits; everything else parts words.
Phrases plain_words(const std::string& text) {
  Phrases words(1);
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '\'') {
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

/// How many words have to be changed, left out or put in to make the one of the other.
std::size_t word_errors(const Phrases& said, const Phrases& heard) {
  std::vector<std::size_t> row(heard.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < said.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < heard.size(); ++j) {
      const std::size_t changed = diagonal + (said[i] == heard[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({row[j + 1] + 1, row[j] + 1, changed}));
    }
  }
  return row.back();
}

Samples silence(double seconds) {
  return Samples(static_cast<std::size_t>(seconds * audio::sample_rate));
}

Samples noise(double seconds, float level) {
  std::mt19937 random(7);  // NOLINT: the same noise each time
  std::normal_distribution<float> sample(0, level);
  Samples sound = silence(seconds);
  for (float& each : sound) each = sample(random);
  return sound;
}

/// An utterance as voice activity cuts it: with the moment before it and the one after it.
Samples spoken_by(const std::string& speaker, const std::string& text) {
  Clauses clauses(spelled_for_flite);
  for (const std::string& word : plain_words(text)) clauses.say(word);
  clauses.complete();
  Samples sound = silence(0.4);
  while (const auto clause = clauses.take()) {
    const auto part = embedded::speak_with_flite({.speaker = speaker}, *clause, {});
    sound.insert(sound.end(), part.samples.begin(), part.samples.end());
  }
  sound.resize(sound.size() + audio::sample_rate / 2);
  return sound;
}

struct EmbeddedHeard {
  Phrases words;
  std::vector<double> starts;
  std::optional<Error> error;

  [[nodiscard]] std::string text() const {
    std::string text;
    for (const auto& word : words) text.append(text.empty() ? "" : " ").append(word);
    return text;
  }
};

/// The events of one utterance.
net::awaitable<EmbeddedHeard> hear_utterance(HearingStream& stream) {
  EmbeddedHeard heard;
  while (true) {
    HearingEvent event = co_await stream.next();
    if (const auto* word = std::get_if<WordHeard>(&event)) {
      heard.words.push_back(word->text);
      heard.starts.push_back(word->start_time);
    } else {
      if (const auto* failed = std::get_if<HearingFailed>(&event)) heard.error = failed->error;
      co_return heard;
    }
  }
}

class EmbeddedHearingTest : public testing::Test {
 protected:
  using Options = EmbeddedHearing::Options;

  EmbeddedHearingTest() { use({}); }

  void use(Options options) {
    options.patience = std::max(options.patience, patience);
    hearing = std::make_unique<EmbeddedHearing>(pool, options);
  }
  std::unique_ptr<HearingStream> start(Phrases vocabulary = {}, const std::string& language = "en") {
    return hearing->start(loop.executor(), {language, std::move(vocabulary)});
  }
  EmbeddedHeard hear(HearingStream& stream, const Samples& sound) {
    stream.hear(sound);
    stream.end_utterance();
    return loop.run(hear_utterance(stream));
  }

  std::chrono::milliseconds patience{60'000};  ///< a machine may be slow
  test::EventLoop loop;
  WorkerPool pool{{.threads = 2, .yielding = false}};
  std::unique_ptr<EmbeddedHearing> hearing;
};

/// The phrases of the default games, by their character.
std::vector<Phrases> vocabularies_of_games() {
  const CharacterLoader loader(std::make_shared<CharacterStore>(), std::make_shared<MemoryBudget>(1U << 30U));
  const auto cast = loader.load(std::filesystem::canonical(UNMUTED_SOURCE_DIR "/characters").string());
  if (!cast) throw std::runtime_error(cast.error().message);
  std::vector<Phrases> vocabularies;
  for (const auto& character : (*cast)->characters()) {
    const bool english = character->instructions.language == "en";
    if (english && !character->vocabulary.empty()) vocabularies.push_back(character->vocabulary);
  }
  return vocabularies;
}

TEST_F(EmbeddedHearingTest, PhrasesOfTheGamesAreHeardInNineOfTenWords) {
  constexpr std::size_t every = 13;  // of all phrases, so that it does not take minutes
  const std::array speakers{"slt", "rms", "awb"};
  std::size_t phrases = 0;
  std::size_t words = 0;
  std::size_t errors = 0;
  const auto games = vocabularies_of_games();
  EXPECT_GE(games.size(), 5U);
  for (const Phrases& vocabulary : games) {
    const auto stream = start(vocabulary);
    for (std::size_t i = phrases % every; i < vocabulary.size(); i += every) {
      const Phrases said = plain_words(vocabulary[i]);
      const EmbeddedHeard heard =
          hear(*stream, spoken_by(speakers.at(++phrases % speakers.size()), vocabulary[i]));
      ASSERT_FALSE(heard.error) << heard.error->message;
      const std::size_t wrong = word_errors(said, plain_words(heard.text()));
      if (wrong > 0) RecordProperty(std::to_string(phrases), vocabulary[i] + " -> " + heard.text());
      errors += wrong;
      words += said.size();
    }
  }
  EXPECT_GE(phrases, 20U);
  EXPECT_LE(static_cast<double>(errors), 0.1 * static_cast<double>(words)) << words;
}

TEST_F(EmbeddedHearingTest, OtherSentencesAreHeardWithTheirTimes) {
  const auto stream = start();
  const std::string sentence = "they want to travel around the world";
  const Samples sound = spoken_by("rms", sentence);
  stream->hear(silence(1));
  stream->end_utterance();
  EXPECT_THAT(loop.run(hear_utterance(*stream)).words, IsEmpty());
  const EmbeddedHeard heard = hear(*stream, sound);
  ASSERT_FALSE(heard.error) << heard.error->message;
  EXPECT_LE(word_errors(plain_words(sentence), heard.words), 2U) << heard.text();
  ASSERT_FALSE(heard.starts.empty());
  EXPECT_TRUE(std::is_sorted(heard.starts.begin(), heard.starts.end()));
  EXPECT_NEAR(heard.starts.front(), 1.4, 0.15);  // behind a second of silence, and its own pre-roll
  EXPECT_LT(heard.starts.back(), 1 + static_cast<double>(sound.size()) / audio::sample_rate - 0.6);
}

TEST_F(EmbeddedHearingTest, AVocabularyDoesNotTakeTheWordsOfOthers) {
  const auto stream = start({"saturn", "repeat", "skip", "antarctica", "one hundred and twenty"});
  const std::string sentence = "can you tell me a story about a dragon";
  const EmbeddedHeard heard = hear(*stream, spoken_by("slt", sentence));
  EXPECT_LE(word_errors(plain_words(sentence), heard.words), 3U) << heard.text();
}

TEST_F(EmbeddedHearingTest, WordsThatNoDictionaryHasAreHeard) {
  const auto stream =
      start({"Kyutai", "public", "Gandalf", "42", "Café au lait", "...", "漢字", std::string(90, 'x')});
  EXPECT_EQ(hear(*stream, spoken_by("slt", "kyutai")).text(), "kyutai");
  EXPECT_EQ(hear(*stream, spoken_by("rms", "forty two")).text(), "42");
  EXPECT_EQ(hear(*stream, spoken_by("slt", "public")).text(), "public");
}

TEST_F(EmbeddedHearingTest, AVocabularyOfNothingThatCanBeSaidIsNone) {
  const auto stream = start({"...", "漢字"});
  EXPECT_EQ(hear(*stream, silence(0.5)).words, Phrases{});
}

TEST_F(EmbeddedHearingTest, SilenceAndPoorSoundAreNoWords) {
  const auto stream = start({"yes", "no", "antarctica"});
  for (const Samples& sound : {Samples{}, Samples{0.5F}, silence(0.009), silence(0.03), silence(0.6),
                               Samples(audio::sample_rate / 2, 0.7F), noise(0.6, 0.0003F)}) {
    const EmbeddedHeard heard = hear(*stream, sound);
    EXPECT_FALSE(heard.error);
    EXPECT_THAT(heard.words, IsEmpty()) << sound.size();
  }
}

TEST_F(EmbeddedHearingTest, WhateverIsHeardItIsAnswered) {
  const auto stream = start({"yes"});
  Samples clipped = spoken_by("slt", "yes");
  for (float& sample : clipped) sample *= 100;
  Samples odd = noise(0.3, 0.3F);
  odd[10] = std::nanf("");
  odd[20] = INFINITY;
  for (const Samples& sound : {clipped, odd, noise(1, 0.5F), noise(0.5, 10)}) {
    EXPECT_FALSE(hear(*stream, sound).error);
  }
  EXPECT_EQ(hear(*stream, spoken_by("slt", "yes")).text(), "yes");  // and the next one is fine
}

TEST_F(EmbeddedHearingTest, WhatIsSaidInPartsIsOneUtterance) {
  const auto stream = start({"saturn"});
  const auto pending = loop.start(hear_utterance(*stream));
  const Samples sound = spoken_by("slt", "saturn");
  for (std::size_t at = 0; at < sound.size(); at += audio::frame_samples) {
    stream->hear(std::span(sound).subspan(at, std::min(audio::frame_samples, sound.size() - at)));
    loop.poll();
  }
  EXPECT_FALSE(pending->done());
  stream->end_utterance();
  EXPECT_EQ(loop.finish(pending).text(), "saturn");
}

TEST_F(EmbeddedHearingTest, UtterancesWaitForTheirTurn) {
  const auto stream = start({"saturn", "antarctica"});
  for (const char* word : {"saturn", "antarctica", "saturn"}) {
    stream->hear(spoken_by("slt", word));
    stream->end_utterance();
    stream->end_utterance();  // of nothing
  }
  for (const char* word : {"saturn", "", "antarctica", "", "saturn", ""}) {
    EXPECT_EQ(loop.run(hear_utterance(*stream)).text(), word);
  }
}

TEST_F(EmbeddedHearingTest, OfALongUtteranceTheBeginIsHeard) {
  Options options;
  options.longest_utterance = std::chrono::seconds(1);
  use(options);
  const auto stream = start();
  const EmbeddedHeard heard = hear(*stream, spoken_by("rms", "they want to travel around the world"));
  EXPECT_FALSE(heard.error);
  ASSERT_THAT(heard.starts, testing::Not(IsEmpty()));
  EXPECT_LT(heard.starts.back(), 1);
  EXPECT_GT(hear(*stream, spoken_by("rms", "tomorrow")).starts.at(0), 2.5);  // the rest counts as time
}

TEST_F(EmbeddedHearingTest, OtherLanguagesAreNotHeard) {
  for (const char* language : {"fr", "de-DE", "enm", "x-en"}) {
    const auto stream = start({}, language);
    stream->hear(silence(0.1));
    const EmbeddedHeard heard = loop.run(hear_utterance(*stream));
    ASSERT_TRUE(heard.error) << language;
    EXPECT_EQ(heard.error->code, "service_unavailable");
    EXPECT_THAT(heard.error->message, HasSubstr("knows English only"));
  }
  for (const char* language : {"en", "EN-gb", "en/fr", "fr/en", ""}) {
    const auto stream = start({}, language);
    stream->end_utterance();
    EXPECT_FALSE(loop.run(hear_utterance(*stream)).error) << language;
  }
}

TEST_F(EmbeddedHearingTest, AMissingModelIsNamed) {
  EXPECT_TRUE(loop.run(hearing->up()));
  Options options;
  options.model.directory = "/nonexistent/model";
  use(options);
  EXPECT_FALSE(loop.run(hearing->up()));
  const auto stream = start({"yes"});
  const EmbeddedHeard heard = hear(*stream, silence(0.5));
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->code, "service_unavailable");
  EXPECT_THAT(heard.error->message, HasSubstr("package pocketsphinx-en-us"));
  EXPECT_THAT(heard.error->message, testing::Not(HasSubstr("/nonexistent")));  // clients read it
  EXPECT_EQ(heard.error->where, "/nonexistent/model/en-us/mdef");
  EXPECT_TRUE(hear(*stream, silence(0.5)).error);
}

TEST_F(EmbeddedHearingTest, WhoeverSpeaksWhileOthersDoIsHeardAfterThem) {
  Options options;
  options.recognisers = 1;
  use(options);
  const auto first = start({"saturn"});
  const auto second = start({"antarctica"});
  const auto third = start({"saturn"});
  for (const auto* stream : {&first, &second, &third}) (*stream)->hear(silence(0.4));
  const auto of_first = loop.start(hear_utterance(*first));
  loop.poll();
  const auto of_second = loop.start(hear_utterance(*second));
  const auto of_third = loop.start(hear_utterance(*third));
  third->abort();  // does not stand in the way
  EXPECT_TRUE(loop.finish(of_third).error);
  second->hear(spoken_by("slt", "antarctica"));
  second->end_utterance();
  loop.poll();
  EXPECT_FALSE(of_second->done());
  first->hear(spoken_by("slt", "saturn"));
  first->end_utterance();
  EXPECT_EQ(loop.finish(of_first).text(), "saturn");
  EXPECT_EQ(loop.finish(of_second).text(), "antarctica");
}

TEST_F(EmbeddedHearingTest, WhoWaitsTooLongForARecogniserIsTold) {
  Options options;
  options.recognisers = 0;  // all of them busy
  patience = options.patience = std::chrono::milliseconds(1);
  use(options);
  const auto stream = start();
  const EmbeddedHeard heard = hear(*stream, silence(0.4));
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->code, "service_at_capacity");
}

TEST_F(EmbeddedHearingTest, WhatFallsBehindIsTold) {
  Options options;
  options.most_unrecognised = std::chrono::seconds(2);
  use(options);
  pool.shut_gate();
  const auto stream = start();
  const auto pending = loop.start(hear_utterance(*stream));
  for (int i = 0; i < 40; ++i) {
    stream->hear(silence(0.1));
    loop.poll();
  }
  const EmbeddedHeard heard = loop.finish(pending);
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->code, "service_at_capacity");
  stream->hear(silence(100));  // is let go
  pool.open_gate();
}

TEST_F(EmbeddedHearingTest, TooManyUtterancesAreTold) {
  const auto stream = start();
  for (int i = 0; i < 10'000; ++i) stream->end_utterance();
  EXPECT_EQ(loop.run(hear_utterance(*stream)).error->code, "service_at_capacity");
}

net::awaitable<HearingEvent> own_stream_and_wait(std::unique_ptr<HearingStream> stream) {
  co_return co_await stream->next();
}

TEST_F(EmbeddedHearingTest, AStreamMayBeDestroyedWhileItIsWaitedFor) {
  for (const bool with_sound : {false, true}) {
    auto stream = start({"yes"});
    if (with_sound) stream->hear(silence(1));
    const auto pending = loop.start(stream->next());
    loop.poll();
    stream.reset();
    EXPECT_TRUE(std::holds_alternative<HearingFailed>(loop.finish(pending)));
  }
}

TEST_F(EmbeddedHearingTest, AnEndOfTheLoopIsAnEnd) {
  Options options;
  options.recognisers = 1;
  use(options);
  auto other = std::make_unique<test::EventLoop>();
  pool.shut_gate();
  std::vector<std::shared_ptr<test::EventLoop::Pending<HearingEvent>>> waiting;
  for (int i = 0; i < 3; ++i) {  // one waits for the pool, others for the recogniser
    auto stream = hearing->start(other->executor(), {"en", {}});
    stream->hear(silence(0.5));
    auto owner = own_stream_and_wait(std::move(stream));
    waiting.push_back(other->start(std::move(owner)));
  }
  other->poll();
  pool.stop();  // as a server ends
  ASSERT_TRUE(pool.wait_until_idle(std::chrono::seconds(10)));
  other.reset();
  for (const auto& each : waiting) EXPECT_FALSE(each->done());
}

TEST_F(EmbeddedHearingTest, AThousandUtterancesAndAbortsLeaveNothing) {
  Options options;
  options.recognisers = 1;  // others would come with their first use
  use(options);
  const Samples yes = spoken_by("kal16", "yes");
  const auto abort_many = [&](int count) {
    for (int i = 0; i < count; ++i) {
      auto stream = start(i % 50 < 25 ? Phrases{"yes"} : Phrases{});
      for (int empty = 0; empty < i % 4; ++empty) stream->end_utterance();
      if (i % 5 == 0) stream->hear(std::span(yes).first(static_cast<std::size_t>(i) % yes.size()));
      if (i % 10 == 0) stream->end_utterance();
      auto event = loop.start(stream->next());
      if (i % 20 == 0)
        loop.finish(event);
      else
        loop.poll();
      if (i % 3 == 0) stream->abort();
      stream.reset();
      loop.run_until([&] { return event->done(); });
    }
    const auto stream = start({"yes"});
    EXPECT_EQ(hear(*stream, yes).text(), "yes");
  };
  abort_many(100);
  const std::size_t heap_before = test::heap_in_use();
  abort_many(1'000);
  EXPECT_LT(test::heap_in_use(), heap_before + (16U << 20U));
}

}  // namespace
}  // namespace unmuted
