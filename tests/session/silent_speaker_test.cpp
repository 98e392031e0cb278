#include "session/silent_speaker.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr TurnId t1{1};
constexpr TurnId t2{2};
constexpr unsigned a_word_a_millisecond = 60'000;
constexpr unsigned a_word_a_minute = 1;

class SilentSpeakerTest : public testing::Test {
 protected:
  /// Takes what is spoken and waits for more, until the session ends or `enough` is true.
  void listen(
      SilentSpeaker& speaker, std::function<bool()> enough = [] { return false; }) {
    auto listens = [](SilentSpeakerTest* test, SilentSpeaker* its,
                      std::function<bool()> until) -> net::awaitable<void> {
      while (!test->shut_down && !until()) {
        test->take(*its);
        if (until()) break;
        co_await its->wait();
      }
    };
    auto ended = [this](const std::exception_ptr& error) {
      listening = false;
      if (error) std::rethrow_exception(error);
    };
    listening = true;
    io.restart();
    net::asio::co_spawn(io, listens(this, &speaker, std::move(enough)), std::move(ended));
    io.poll();
  }

  void take(SilentSpeaker& speaker) {
    while (const auto spoken = speaker.take()) {
      const bool word = std::holds_alternative<spoken::Word>(*spoken);
      heard.push_back(word ? "word" : "end");
    }
  }

  void run() {
    io.restart();
    io.run_for(std::chrono::seconds(20));
    EXPECT_FALSE(listening);
  }

  net::asio::io_context io{1};
  bool listening = false;
  bool shut_down = false;
  std::vector<std::string> heard;
};

TEST_F(SilentSpeakerTest, SpeaksToTheEndAtItsPace) {
  SilentSpeaker speaker(io.get_executor(), a_word_a_millisecond);
  const TimePoint begun = Clock::now();
  speaker.say(t1, "One");
  speaker.say(t1, " two");
  speaker.complete(t1);
  listen(speaker, [&] { return !heard.empty() && heard.back() == "end"; });
  run();
  EXPECT_THAT(heard, ElementsAre("word", "word", "end"));
  EXPECT_GE(Clock::now() - begun, std::chrono::milliseconds(2));
}

TEST_F(SilentSpeakerTest, WithoutAPaceAWordIsSpokenWhenItIsSaid) {
  SilentSpeaker speaker(io.get_executor(), 0);
  speaker.say(t1, "One");
  take(speaker);
  EXPECT_THAT(heard, ElementsAre("word"));
  speaker.complete(t1);
  take(speaker);
  EXPECT_THAT(heard, ElementsAre("word", "end"));
}

TEST_F(SilentSpeakerTest, WhoeverWaitsHearsWhatIsSaidMeanwhile) {
  SilentSpeaker speaker(io.get_executor(), a_word_a_millisecond);
  listen(speaker, [&] { return heard.size() == 2; });
  EXPECT_THAT(heard, IsEmpty());
  speaker.say(t1, "One");
  speaker.complete(t1);
  run();
  EXPECT_THAT(heard, ElementsAre("word", "end"));
}

TEST_F(SilentSpeakerTest, WhoeverWaitsForAWordHearsAtOnceThatThereIsNone) {
  SilentSpeaker speaker(io.get_executor(), a_word_a_minute);
  speaker.say(t1, "One");
  listen(speaker, [&] { return !heard.empty(); });
  speaker.take_back(t1, 1);
  speaker.complete(t1);
  run();
  EXPECT_THAT(heard, ElementsAre("end"));
}

TEST_F(SilentSpeakerTest, SaysNothingMoreOfAReplyThatWasStopped) {
  SilentSpeaker speaker(io.get_executor(), 0);
  speaker.say(t1, "One");
  speaker.stop(t1);
  take(speaker);
  EXPECT_THAT(heard, IsEmpty());
  speaker.say(t2, "Two");
  take(speaker);
  EXPECT_THAT(heard, ElementsAre("word"));
}

TEST_F(SilentSpeakerTest, NobodyWaitsPastTheEndOfTheSession) {
  SilentSpeaker speaker(io.get_executor(), a_word_a_minute);
  speaker.say(t1, "One");
  listen(speaker);
  EXPECT_TRUE(listening);
  shut_down = true;
  speaker.shut_down();
  run();
  shut_down = false;
  listen(speaker, [round = 0]() mutable { return ++round > 6; });  // and nobody who asks again
  EXPECT_FALSE(listening);
  EXPECT_THAT(heard, IsEmpty());
}

}  // namespace
}  // namespace unmuted
