#include "services/embedded/embedded_speech.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <sys/wait.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/event_loop.hpp"
#include "support/eventually.hpp"
#include "support/heap.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

using testing::HasSubstr;

double level_of(std::span<const float> samples) {
  double sum = 0;
  for (const float sample : samples) sum += static_cast<double>(sample) * sample;
  return samples.empty() ? 0 : std::sqrt(sum / static_cast<double>(samples.size()));
}

/// All that came of a reply.
struct SpokenAloud {
  audio::Samples samples;
  std::vector<std::size_t> marks;           ///< words each
  std::vector<std::size_t> mark_positions;  ///< in samples
  std::optional<Error> error;
  std::size_t words = 0;

  [[nodiscard]] double seconds() const { return static_cast<double>(samples.size()) / audio::sample_rate; }
  [[nodiscard]] double level() const { return level_of(samples); }
};

net::awaitable<SpokenAloud> listen(SpeechStream& stream) {
  SpokenAloud spoken;
  while (true) {
    SpeechEvent event = co_await stream.next();
    if (const auto* mark = std::get_if<WordsBegin>(&event)) {
      spoken.marks.push_back(mark->words);
      spoken.mark_positions.push_back(spoken.samples.size());
      spoken.words += mark->words;
    } else if (const auto* sound = std::get_if<SpeechAudio>(&event)) {
      spoken.samples.insert(spoken.samples.end(), sound->samples.begin(), sound->samples.end());
    } else if (const auto* failed = std::get_if<SpeechFailed>(&event)) {
      spoken.error = failed->error;
      co_return spoken;
    } else {
      co_return spoken;
    }
  }
}

std::vector<std::string> said_words(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = std::min(text.find_first_not_of(' ', at), text.size());
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

/// The pitch of a voice: the median over frames in which one can be told.
double median_pitch(const audio::Samples& samples) {
  constexpr std::size_t frame = 960;
  std::vector<double> pitches;
  for (std::size_t begin = 0; begin + 2 * frame < samples.size(); begin += frame) {
    const auto product = [&](std::size_t lag) {
      double sum = 0;
      for (std::size_t i = begin; i < begin + frame; ++i) {
        sum += static_cast<double>(samples[i]) * samples[i + lag];
      }
      return sum;
    };
    const double energy = product(0);
    if (energy < 0.5) continue;
    double best = 0;
    std::size_t best_lag = 0;
    for (std::size_t lag = audio::sample_rate / 400; lag < audio::sample_rate / 60; ++lag) {
      if (const double found = product(lag); found > best) {
        best = found;
        best_lag = lag;
      }
    }
    if (best > 0.6 * energy)
      pitches.push_back(static_cast<double>(audio::sample_rate) / static_cast<double>(best_lag));
  }
  if (pitches.empty()) return 0;
  std::nth_element(pitches.begin(), pitches.begin() + static_cast<std::ptrdiff_t>(pitches.size() / 2),
                   pitches.end());
  return pitches[pitches.size() / 2];
}

class EmbeddedSpeechTest : public testing::Test {
 protected:
  using Options = EmbeddedSpeech::Options;

  SpokenAloud speak(const std::string& name, const std::string& language,
                    const std::vector<std::string>& words) {
    auto stream = start(name, language);
    for (const std::string& word : words) stream->say(word);
    stream->complete();
    return loop.run(listen(*stream));
  }
  SpokenAloud speak(const std::string& name, const std::string& text) {
    return speak(name, "en", said_words(text));
  }
  std::unique_ptr<SpeechStream> start(const std::string& name, const std::string& language) {
    return speech->start(loop.executor(),
                         {.path = "voices/v.wav", .names = {{"embedded", name}}, .language = language});
  }
  void use(Options options) { speech = std::make_unique<EmbeddedSpeech>(pool, std::move(options)); }
  /// In the place of espeak-ng, a script.
  void use_program(const std::string& lines, std::chrono::milliseconds silence = std::chrono::seconds(10)) {
    folder.write("espeak", "#!/bin/sh\n" + lines + "\n");
    const std::string program = folder.path("espeak");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    Options options;
    options.espeak.program = program;
    options.espeak.limits.silence = silence;
    use(options);
  }
  static bool has_children() { return ::waitpid(-1, nullptr, WNOHANG | __WALL) != -1 || errno != ECHILD; }

  test::TemporaryFolder folder;
  test::EventLoop loop;
  WorkerPool pool{{.threads = 2}};
  std::unique_ptr<EmbeddedSpeech> speech = std::make_unique<EmbeddedSpeech>(pool, Options{});
};

const std::string sentence = "The old lighthouse keeper climbed the stairs slowly to light the lamp";

TEST_F(EmbeddedSpeechTest, EnglishIsSpokenWithAMarkForEachWord) {
  const SpokenAloud spoken = speak("flite:slt", sentence);
  EXPECT_FALSE(spoken.error);
  EXPECT_EQ(spoken.marks, std::vector<std::size_t>(12, 1));
  EXPECT_TRUE(std::is_sorted(spoken.mark_positions.begin(), spoken.mark_positions.end()));
  EXPECT_EQ(std::adjacent_find(spoken.mark_positions.begin(), spoken.mark_positions.end()),
            spoken.mark_positions.end());
  EXPECT_EQ(spoken.mark_positions.front(), 0U);
  EXPECT_GT(spoken.seconds(), 2.5);
  EXPECT_LT(spoken.seconds(), 7);
  EXPECT_GT(spoken.level(), 0.03);
  EXPECT_LT(spoken.level(), 0.25);
}

TEST_F(EmbeddedSpeechTest, TheFirstWordIsHeardAtOnce) {
  const SpokenAloud spoken = speak("flite:slt", "Good morning to you.");
  EXPECT_GT(level_of(std::span(spoken.samples).first(audio::sample_rate / 10)), 0.005);
}

TEST_F(EmbeddedSpeechTest, EveryVoiceOfFliteIsHeardAndAsLoud) {
  for (const char* name : {"flite:slt", "flite:rms", "flite:awb", "flite:kal16", "flite:rms?formants=1.13",
                           "flite:slt?pitch=225&formants=1.12", "flite:awb?rate=2", "flite:awb?rate=0.5"}) {
    const SpokenAloud spoken = speak(name, sentence);
    EXPECT_FALSE(spoken.error) << name;
    EXPECT_EQ(spoken.words, 12U) << name;
    EXPECT_GT(spoken.level(), 0.05) << name;
    EXPECT_LT(spoken.level(), 0.2) << name;
  }
}

TEST_F(EmbeddedSpeechTest, PitchPaceAndSizeAreAsTheyAreNamed) {
  EXPECT_NEAR(median_pitch(speak("flite:slt?pitch=150", sentence).samples), 150, 15);
  EXPECT_NEAR(median_pitch(speak("flite:slt?pitch=220", sentence).samples), 220, 22);
  EXPECT_NEAR(median_pitch(speak("flite:awb?pitch=120&formants=1.1", sentence).samples), 120, 12);
  const double usual = speak("flite:slt", sentence).seconds();
  EXPECT_NEAR(speak("flite:slt?rate=1.5", sentence).seconds(), usual / 1.5, 0.15 * usual);
  EXPECT_NEAR(speak("flite:slt?formants=1.15", sentence).seconds(), usual, 0.1 * usual);
}

TEST_F(EmbeddedSpeechTest, OtherLanguagesAreSpokenByEspeak) {
  const SpokenAloud spoken = speak("", "fr", said_words("Bonjour à tous, il était une fois un roi."));
  EXPECT_FALSE(spoken.error) << spoken.error->message;
  EXPECT_EQ(spoken.words, 9U);
  EXPECT_EQ(spoken.marks.size(), 9U);
  EXPECT_GT(spoken.seconds(), 1.5);
  EXPECT_LT(spoken.seconds(), 8);
  EXPECT_GT(spoken.level(), 0.03);
  EXPECT_LT(spoken.level(), 0.25);
  const double low =
      median_pitch(speak("espeak:fr+m3?pitch=20", "bonjour à tous mes amis de la ville").samples);
  const double high =
      median_pitch(speak("espeak:fr+f3?pitch=60", "bonjour à tous mes amis de la ville").samples);
  EXPECT_GT(high, 1.3 * low) << low;
}

TEST_F(EmbeddedSpeechTest, SoundComesBeforeTheReplyIsWhole) {
  const auto stream = start("flite:slt", "en");
  stream->say("Hello");
  const auto first = loop.start(stream->next());
  loop.poll();
  EXPECT_FALSE(first->done());
  stream->say(" there.");
  EXPECT_TRUE(std::holds_alternative<WordsBegin>(loop.finish(first)));
  EXPECT_TRUE(std::holds_alternative<SpeechAudio>(loop.run(stream->next())));
}

TEST_F(EmbeddedSpeechTest, WithoutAWordItEnds) {
  const SpokenAloud spoken = speak("", "");
  EXPECT_FALSE(spoken.error);
  EXPECT_EQ(spoken.samples.size(), 0U);
}

TEST_F(EmbeddedSpeechTest, WhateverIsSaidItEnds) {
  std::string sentences;
  while (sentences.size() < 16U << 10U) sentences += "And so it went on and on, for many a year. ";
  std::string hostile;
  for (int c = 1; c < 256; ++c) hostile += static_cast<char>(c);
  const std::vector<std::string> texts{std::string(4'000, 'x'),
                                       std::string(2'000, '7'),
                                       std::string(2'000, '['),
                                       "( ( [ ] ) )",
                                       "😀 😀 😀",
                                       "\x01\x02 \x7f \xff\xfe",
                                       "' \" ' . , ; - --",
                                       std::string(500, '%'),
                                       "<speak> &amp; [[a]] </speak>",
                                       "--help -f /etc/passwd",
                                       hostile,
                                       sentences};
  Options options;
  options.longest_reply = std::chrono::seconds(10);
  use(options);
  for (const char* voice : {"flite:kal16", "espeak:en+m3?rate=450"}) {
    for (const std::string& text : texts) {
      const auto words = said_words(text);
      const SpokenAloud spoken = speak(voice, "en", words);
      if (spoken.error) {
        EXPECT_THAT(spoken.error->message, HasSubstr("10 seconds at the most")) << text.substr(0, 20);
      } else {
        EXPECT_EQ(spoken.words, words.size()) << text.substr(0, 20);
      }
      EXPECT_LE(spoken.seconds(), 10) << text.substr(0, 20);
    }
  }
}

TEST_F(EmbeddedSpeechTest, AVoiceThatCannotReadTheScriptSaysSo) {
  EXPECT_THAT(speak("flite:slt", "你好 世界").error->message, HasSubstr("cannot read this script"));
  const SpokenAloud chinese = speak("", "zh", {"你好", "世界。"});
  EXPECT_FALSE(chinese.error);
  EXPECT_GT(chinese.seconds(), 0.5);
}

TEST_F(EmbeddedSpeechTest, AReplyThatIsTooLongFails) {
  Options options;
  options.longest_reply = std::chrono::seconds(2);
  use(options);
  EXPECT_THAT(speak("flite:kal16", sentence + ". " + sentence).error->message, HasSubstr("for 2 seconds"));
}

TEST_F(EmbeddedSpeechTest, WhereTooManyWaitItIsToldAtOnce) {
  Options options;
  options.max_waiting = 1;
  use(options);
  pool.shut_gate();
  const auto first = start("flite:kal16", "en");
  const auto second = start("flite:kal16", "en");
  for (const auto& stream : {first.get(), second.get()}) stream->say("Hello there.");
  const auto waiting = loop.start(first->next());
  loop.poll();
  const auto refused = std::get<SpeechFailed>(loop.run(second->next()));
  EXPECT_EQ(refused.error.code, "service_at_capacity");
  pool.open_gate();
  EXPECT_TRUE(std::holds_alternative<WordsBegin>(loop.finish(waiting)));
}

TEST_F(EmbeddedSpeechTest, WhoWaitsTooLongForItsTurnIsTold) {
  Options options;
  options.patience = std::chrono::milliseconds(1);
  use(options);
  pool.shut_gate();
  EXPECT_EQ(speak("flite:kal16", "Hello.").error->code, "service_at_capacity");
  pool.open_gate();
}

TEST_F(EmbeddedSpeechTest, AProgramThatHangsHoldsUpNobodyWhoNeedsNone) {
  use_program("sleep 60");
  std::vector<std::unique_ptr<SpeechStream>> french;
  std::vector<std::shared_ptr<test::EventLoop::Pending<SpeechEvent>>> waiting;
  for (int i = 0; i < 4; ++i) {
    french.push_back(start("", "fr"));
    french.back()->say("Bonjour ");
    french.back()->complete();
    waiting.push_back(loop.start(french.back()->next()));
  }
  loop.poll();
  EXPECT_FALSE(speak("flite:kal16", "Hello.").error);
  for (const auto& one : waiting) EXPECT_FALSE(one->done());  // they are given up after two seconds
  for (const auto& one : french) one->abort();
  for (const auto& one : waiting) loop.finish(one);
}

TEST_F(EmbeddedSpeechTest, AMissingEspeakIsNamed) {
  Options options;
  options.espeak.program = "no-such-espeak";
  use(options);
  EXPECT_FALSE(loop.run(speech->up()));
  const auto error = speak("", "fr", {"Bonjour."}).error;
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, "service_unavailable");
  EXPECT_THAT(error->message, HasSubstr("package espeak-ng"));
  EXPECT_FALSE(speak("", "Hello.").error);  // English needs none
}

TEST_F(EmbeddedSpeechTest, ItIsUpWhereEspeakRuns) {
  EXPECT_TRUE(loop.run(speech->up()));
  use_program("exit 3");
  EXPECT_FALSE(loop.run(speech->up()));
}

TEST_F(EmbeddedSpeechTest, WhateverTheProgramDoesIsOneError) {
  struct Case {
    const char *lines, *told;
  };
  for (const auto& [lines, told] : {
           Case{"exit 3", "exit code 3"},
           Case{"kill -SEGV $$", "signal 11"},
           Case{"echo this is no sound", "gives no sound"},
           Case{"sleep 1000", "does not "},
           Case{"exec >&-; sleep 1000", "does not "},
           Case{"sleep 1000 & echo x", "does not "},
           Case{"exec cat /dev/zero", "without an end"},
       }) {
    const bool hangs = std::string(told) == "does not ";
    use_program(lines, std::chrono::milliseconds(hangs ? 300 : 10'000));
    const auto error = speak("", "fr", {"Bonjour."}).error;
    ASSERT_TRUE(error) << lines;
    EXPECT_EQ(error->code, "service_unavailable");
    EXPECT_THAT(error->message, HasSubstr(told)) << lines;
    EXPECT_FALSE(has_children()) << lines;
  }
  use_program("exit 0");  // no sound at all
  const SpokenAloud silent = speak("", "fr", {"Bonjour."});
  EXPECT_FALSE(silent.error);
  EXPECT_EQ(silent.words, 1U);
}

TEST_F(EmbeddedSpeechTest, TheProgramInheritsNothing) {
  const std::string seen = folder.path("seen");
  use_program("{ env; ls /proc/self/fd; cat; } > " + seen);
  ::setenv("UNMUTED_TEST_SECRET", "xyzzy", 1);
  const std::ofstream open(folder.path("open"));  // close-on-exec or not, it must not be there
  speak("", "fr", {"Bonjour", "$(id)", "`id`"});
  ::unsetenv("UNMUTED_TEST_SECRET");
  std::ifstream file(seen);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(text.find("xyzzy"), std::string::npos);
  EXPECT_THAT(text, HasSubstr("0\n1\n2\n3\nBonjour $(id) `id`"));  // 3 is the folder that ls reads
}

TEST_F(EmbeddedSpeechTest, AnAbortEndsWhatIsUnderWay) {
  use_program("sleep 1000");
  const auto stream = start("", "fr");
  stream->say("Bonjour.");
  const auto waiting = loop.start(stream->next());
  loop.poll();
  stream->abort();
  EXPECT_TRUE(std::holds_alternative<SpeechFailed>(loop.finish(waiting)));
  EXPECT_TRUE(std::holds_alternative<SpeechFailed>(loop.run(stream->next())));
  EXPECT_TRUE(test::eventually([] { return !has_children(); }));
}

TEST_F(EmbeddedSpeechTest, AStreamMayBeDestroyedWhileItIsWaitedFor) {
  auto stream = start("flite:slt", "en");
  const auto for_words = loop.start(stream->next());
  loop.poll();
  stream.reset();
  EXPECT_TRUE(std::holds_alternative<SpeechFailed>(loop.finish(for_words)));
  stream = start("flite:slt", "en");
  stream->say("Hello there.");
  const auto for_sound = loop.start(stream->next());
  loop.poll();
  stream.reset();
  EXPECT_TRUE(std::holds_alternative<SpeechFailed>(loop.finish(for_sound)));
}

net::awaitable<SpeechEvent> own_and_wait(std::unique_ptr<SpeechStream> stream) {
  co_return co_await stream->next();
}

TEST_F(EmbeddedSpeechTest, AnEndOfTheLoopIsAnEnd) {
  auto other = std::make_unique<test::EventLoop>();
  auto stream = speech->start(other->executor(),
                              {.path = "v.wav", .names = {{"embedded", "flite:slt"}}, .language = "en"});
  stream->say("Hello there.");
  pool.shut_gate();
  auto owner = own_and_wait(std::move(stream));
  const auto waiting = other->start(std::move(owner));
  other->poll();
  pool.stop();  // as a server ends
  ASSERT_TRUE(pool.wait_until_idle(std::chrono::seconds(10)));
  other.reset();
  EXPECT_FALSE(waiting->done());
}

TEST_F(EmbeddedSpeechTest, AThousandAbortedStreamsLeaveNothing) {
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto abort_many = [&](int count) {
    for (int i = 0; i < count; ++i) {
      auto stream = start(i % 10 == 0 ? "espeak:fr" : i % 10 == 1 ? "flite:slt" : "flite:kal16", "en");
      for (const std::string& word : said_words(sentence + ". " + sentence)) stream->say(word);
      if (i % 3 == 0) stream->complete();
      auto event = loop.start(stream->next());
      if (i % 10 == 3)
        loop.finish(event);
      else
        loop.poll();
      if (i % 5 == 0) stream->abort();
      stream.reset();
      loop.run_until([&] { return event->done(); });
    }
    // What still runs on the pool ends before its next job.
    EXPECT_FALSE(speak("flite:kal16", "Hello.").error);
    EXPECT_TRUE(test::eventually([] { return !has_children(); }));
  };
  abort_many(50);
  const auto open_before = descriptors();
  const std::size_t heap_before = test::heap_in_use();
  abort_many(1'000);
  EXPECT_EQ(descriptors(), open_before);
  EXPECT_LT(test::heap_in_use(), heap_before + (8U << 20U));
}

}  // namespace
}  // namespace unmuted
