// Speech out by Kyutai's service, over sockets, against one that speaks its protocol and can misbehave.
#include <cmath>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <random>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "services/kyutai_fixture.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using test::EventLoop;
using test::KyutaiServer;
using test::KyutaiServerOptions;
using test::SpeechFault;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// All that came of a reply.
struct Reply {
  std::vector<std::size_t> begins;  ///< the sample at which each word begins
  audio::Samples sound;
  std::optional<Error> error;
  bool ended = false;
};

/// Whether that was the last event.
bool take(SpeechEvent event, Reply& reply) {
  if (const auto* words = std::get_if<WordsBegin>(&event)) {
    reply.begins.insert(reply.begins.end(), words->words, reply.sound.size());
  } else if (const auto* sound = std::get_if<SpeechAudio>(&event)) {
    reply.sound.insert(reply.sound.end(), sound->samples.begin(), sound->samples.end());
  } else if (const auto* failed = std::get_if<SpeechFailed>(&event)) {
    reply.error = failed->error;
    return true;
  } else {
    reply.ended = true;
    return true;
  }
  return false;
}

net::awaitable<Reply> all_of(SpeechStream& stream) {
  Reply reply;
  for (;;) {
    SpeechEvent event = co_await stream.next();
    if (take(std::move(event), reply)) co_return reply;
  }
}

/// Hz, by the changes of sign.
double pitch_of(std::span<const float> samples) {
  std::size_t changes = 0;
  for (std::size_t i = 1; i < samples.size(); ++i)
    changes += (samples[i - 1] < 0) != (samples[i] < 0) ? 1 : 0;
  return static_cast<double>(changes) * audio::sample_rate / (2 * static_cast<double>(samples.size()));
}

class KyutaiSpeakingTest : public testing::Test {
 protected:
  std::unique_ptr<SpeechStream> start(TextToSpeech& service, const std::string& voice = "voices/ann.wav") {
    return service.start(loop.executor(), {voice, {}, "en"});
  }
  static void say_all(SpeechStream& stream, const std::string& text = "Good evening all.") {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(' ', at + 1), text.size());
      stream.say(text.substr(at, end - at));
      at = end;
    }
    stream.complete();
  }
  Reply speak(TextToSpeech& service, const std::string& text = "Good evening all.") {
    const auto stream = start(service);
    say_all(*stream, text);
    return loop.run(all_of(*stream));
  }

  KyutaiServer server;
  Metrics metrics;
  EventLoop loop;
};

TEST_F(KyutaiSpeakingTest, WordsBeginWhereTheirSoundDoes) {
  const auto service = speaker_for(options_for(server), metrics);
  const Reply reply = speak(*service);
  EXPECT_TRUE(reply.ended);
  const std::size_t length = 4 * audio::frame_samples;
  EXPECT_THAT(reply.begins, ElementsAre(0, length, 2 * length));
  ASSERT_THAT(reply.sound, SizeIs(3 * length));
  const std::span<const float> sound(reply.sound);
  const char* words[] = {"Good", "evening", "all."};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(pitch_of(sound.subspan(i * length, length)), KyutaiServer::tone_of(words[i]), 5) << words[i];
  }
  EXPECT_TRUE(ends(loop, server));
  const auto call = server.calls().at(0);
  EXPECT_EQ(call.target, "/api/tts_streaming?format=PcmMessagePack&cfg_alpha=1.5&voice=voices%2Fann.wav");
  EXPECT_EQ(call.api_key, "public_token");
  EXPECT_THAT(call.texts, ElementsAre("Good", "evening", "all."));
  EXPECT_TRUE(call.complete);
  EXPECT_TRUE(call.closed_in_order);
  EXPECT_EQ(observations(metrics.tts_find_time), 1U);
  EXPECT_EQ(observations(metrics.tts_ping_time), 1U);
  EXPECT_EQ(observations(metrics.stt_find_time), 0U);
}

TEST_F(KyutaiSpeakingTest, SoundComesBeforeAllIsSaid) {
  const auto service = speaker_for(options_for(server), metrics);
  const auto stream = start(*service);
  for (int i = 0; i < 10; ++i) stream->say(" word");
  SpeechEvent event = loop.run(stream->next());
  EXPECT_EQ(std::get<WordsBegin>(event).words, 1U);
  event = loop.run(stream->next());
  EXPECT_THAT(std::get<SpeechAudio>(event).samples, SizeIs(audio::frame_samples));
  stream->complete();
  const Reply rest = loop.run(all_of(*stream));
  EXPECT_TRUE(rest.ended);
  EXPECT_THAT(rest.begins, SizeIs(9));
}

TEST_F(KyutaiSpeakingTest, OneWordIsAReply) {
  const auto service = speaker_for(options_for(server), metrics);
  const Reply reply = speak(*service, "Yes.");
  EXPECT_TRUE(reply.ended);
  EXPECT_THAT(reply.begins, ElementsAre(0));
  EXPECT_THAT(reply.sound, SizeIs(4 * audio::frame_samples));
}

TEST_F(KyutaiSpeakingTest, NothingToPronounceNeedsNoPlace) {
  const auto service = speaker_for(options_for(server), metrics);
  const Reply reply = speak(*service, "* _ *");
  EXPECT_TRUE(reply.ended);
  EXPECT_THAT(reply.begins, SizeIs(3));
  const auto silent = start(*service);
  silent->complete();
  EXPECT_TRUE(loop.run(all_of(*silent)).ended);
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(KyutaiSpeakingTest, TextsOfAnyKindAreSpoken) {
  const auto service = speaker_for(options_for(server), metrics);
  for (const std::string& text :
       {std::string(16'384, 'a'), std::string("\U0001F600 \U0001F680"), std::string("a\x01\x02 b\x7f c"),
        std::string("\u4f60\u597d \u4e16\u754c")}) {
    const Reply reply = speak(*service, text);
    EXPECT_TRUE(reply.ended) << text.substr(0, 20);
    EXPECT_THAT(reply.sound, Not(IsEmpty()));
  }
}

TEST_F(KyutaiSpeakingTest, OverTls) {
  KyutaiServer secure({.tls = true});
  const auto service = speaker_for(options_for(secure), metrics);
  const Reply spoken = speak(*service);
  EXPECT_TRUE(spoken.ended) << spoken.error->message;
  EXPECT_TRUE(loop.run(service->up()));
  auto options = options_for(secure);
  options.ca_file.clear();
  const auto distrustful = speaker_for(std::move(options), metrics);
  const Reply reply = speak(*distrustful);
  ASSERT_TRUE(reply.error);
  EXPECT_EQ(reply.error->code, "service_unavailable");
  EXPECT_THAT(reply.error->message,
              AllOf(HasSubstr("The speech-out service at wss://127.0.0.1:"), HasSubstr("certificate")));
}

TEST_F(KyutaiSpeakingTest, SaysWhetherTheServiceAnswers) {
  const auto service = speaker_for(options_for(server), metrics);
  EXPECT_TRUE(loop.run(service->up()));
  server.behave(SpeechFault::loading);
  EXPECT_FALSE(loop.run(service->up()));
  server.behave(SpeechFault::refuse);
  EXPECT_FALSE(loop.run(service->up()));
}

TEST_F(KyutaiSpeakingTest, TheAddressIsCheckedAtTheStart) {
  for (const char* url : {"http://localhost", "ws://", "nonsense", "ws://localhost/?voice=x"}) {
    KyutaiOptions options;
    options.url = url;
    const auto made = kyutai_text_to_speech(std::move(options), metrics);
    ASSERT_FALSE(made) << url;
    EXPECT_EQ(made.error().code, "invalid_url") << url;
  }
  KyutaiOptions options;
  options.url = "ws://localhost";
  options.api_key = "two\r\nlines";
  const auto made = kyutai_speech_to_text(std::move(options), metrics);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, "invalid_configuration");
}

TEST_F(KyutaiSpeakingTest, AnApiKeyIsSentAndNeverShown) {
  KyutaiServer strict({.api_key = "secret"});
  auto options = options_for(strict);
  options.api_key = "secret";
  EXPECT_TRUE(speak(*speaker_for(options, metrics)).ended);
  options.api_key = "wrong-secret";
  const Reply refused = speak(*speaker_for(options, metrics));
  ASSERT_TRUE(refused.error);
  EXPECT_THAT(refused.error->message, AllOf(HasSubstr("401"), Not(HasSubstr("secret"))));
}

// ---- voices

TEST_F(KyutaiSpeakingTest, AClonedVoiceIsSentBeforeTheFirstWord) {
  const auto message =
      nlohmann::json::to_msgpack({{"type", "Voice"}, {"embeddings", {1.0, 0.5}}, {"shape", {1, 2}}});
  const std::string voice_message(message.begin(), message.end());
  auto options = options_for(server);
  std::string asked;
  options.custom_voice = [&](std::string voice) -> net::awaitable<std::optional<std::string>> {
    asked = voice;
    co_return voice_message;
  };
  const auto service = speaker_for(std::move(options), metrics);
  const auto stream = start(*service, "custom:1234");
  say_all(*stream);
  EXPECT_TRUE(loop.run(all_of(*stream)).ended);
  EXPECT_EQ(asked, "custom:1234");
  const auto call = server.calls().at(0);
  EXPECT_EQ(call.target, "/api/tts_streaming?format=PcmMessagePack&cfg_alpha=1.5");
  EXPECT_EQ(call.voice_bytes, voice_message.size());
  EXPECT_TRUE(call.voice_first);
}

TEST_F(KyutaiSpeakingTest, AVoiceThatIsNotKnownAnyMoreIsSaidSo) {
  for (const bool asks : {true, false}) {
    auto options = options_for(server);
    if (asks) {
      options.custom_voice = [](std::string) -> net::awaitable<std::optional<std::string>> {
        co_return std::nullopt;
      };
    }
    const auto service = speaker_for(std::move(options), metrics);
    const auto stream = start(*service, "custom:1234");
    say_all(*stream);
    const Reply reply = loop.run(all_of(*stream));
    ASSERT_TRUE(reply.error);
    EXPECT_EQ(reply.error->code, "voice_not_found");
  }
  EXPECT_EQ(server.connections(), 0U);
}

// ---- faults

TEST_F(KyutaiSpeakingTest, EveryFaultIsOneErrorWithItsCauseAndLeavesNothingBehind) {
  const std::string unavailable = "service_unavailable";
  const std::vector<ServiceFault> faults{
      {SpeechFault::refuse, unavailable, "Connection refused", 0},
      {SpeechFault::unauthorized, unavailable, "401", 0},
      {SpeechFault::loading, unavailable, "the model is being loaded", 0},
      {SpeechFault::hang, unavailable, "did not accept the WebSocket", 0},
      {SpeechFault::full, "service_at_capacity", "\"no free channels\"", 5},
      {SpeechFault::silent, unavailable, "no place in time", 1},
      {SpeechFault::only_strays, unavailable, "somebody else", 5},
      {SpeechFault::garbage_first, unavailable, "no message of its protocol", 5},
      {SpeechFault::garbage, unavailable, "no message of its protocol", 1},
      {SpeechFault::error, unavailable, "\"CUDA out of memory\"", 1},
      {SpeechFault::die_first, unavailable, "lost", 1},
      {SpeechFault::die, unavailable, "lost", 1},
      {SpeechFault::die_late, unavailable, "lost", 1},
      {SpeechFault::stall, unavailable, "does not go on", 1},
      {SpeechFault::deaf, unavailable, "does not go on", 1},
  };
  std::size_t calls = 0;
  for (const auto& [fault, code, cause, upgraded] : faults) {
    auto options = options_for(server);
    options.capacity_pause = 1ms;
    if (fault == SpeechFault::hang || fault == SpeechFault::silent) options.search_patience = 200ms;
    if (fault == SpeechFault::stall || fault == SpeechFault::deaf) options.stall_patience = 200ms;
    options.close_patience = 500ms;
    const auto service = speaker_for(options, metrics);
    server.behave(fault);
    const double misses = metrics.hard_service_misses.Value();
    const Reply reply = speak(*service, "Good evening to all of you.");
    ASSERT_TRUE(reply.error) << cause;
    // Who is silent is not asked again.
    if (options.search_patience < 1s) {
      EXPECT_EQ(metrics.hard_service_misses.Value() - misses, 1) << cause;
    }
    EXPECT_EQ(reply.error->code, code) << reply.error->message;
    EXPECT_THAT(reply.error->message,
                AllOf(HasSubstr("The speech-out service at ws://127.0.0.1:"), HasSubstr(cause)));
    EXPECT_EQ(server.calls().size() - calls, upgraded) << cause;

    server.listen_again();
    EXPECT_TRUE(ends(loop, server)) << cause;
    server.behave(SpeechFault::fine);
    EXPECT_TRUE(speak(*service).ended) << "after " << cause;
    calls = server.calls().size();
  }
}

TEST_F(KyutaiSpeakingTest, AServiceThatClosesInOrderBeforeTheWordsHaveEndedFails) {
  const auto service = speaker_for(options_for(server), metrics);
  server.behave(SpeechFault::close_early, 1);
  const auto stream = start(*service);
  for (int i = 0; i < 9; ++i) stream->say(" word");
  const Reply reply = loop.run(all_of(*stream));
  ASSERT_TRUE(reply.error);
  EXPECT_THAT(reply.error->message, HasSubstr("closed the connection before all was spoken"));
  EXPECT_TRUE(ends(loop, server));
}

TEST_F(KyutaiSpeakingTest, AFullServiceIsAskedAgain) {
  const auto service = speaker_for(options_for(server), metrics);
  server.behave(SpeechFault::full, 4);
  EXPECT_TRUE(speak(*service).ended);
  EXPECT_EQ(server.calls().size(), 5U);
  EXPECT_EQ(metrics.service_misses.Value(), 4);
  EXPECT_EQ(metrics.hard_service_misses.Value(), 0);
  EXPECT_EQ(observations(metrics.tts_ping_time), 5U);
  EXPECT_EQ(observations(metrics.tts_find_time), 1U);
}

TEST_F(KyutaiSpeakingTest, StrayMessagesBeforeReadyArePassedOver) {
  const auto service = speaker_for(options_for(server), metrics);
  server.behave(SpeechFault::strays);
  const Reply reply = speak(*service);
  EXPECT_TRUE(reply.ended);
  EXPECT_THAT(reply.sound, SizeIs(3 * 4 * audio::frame_samples));
}

// ---- addresses

/// The server by a name, which has these addresses.
KyutaiOptions by_name(const KyutaiServer& server, const std::vector<std::string>& addresses) {
  KyutaiOptions options = options_for(server);
  options.url = "ws://many.example:" + std::to_string(server.port());
  options.names = names_for(addresses);
  return options;
}

TEST_F(KyutaiSpeakingTest, AnAddressThatRefusesIsPassedOver) {
  const auto service = speaker_for(by_name(server, {"127.0.0.3", "127.0.0.4", "127.0.0.1"}), metrics);
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(speak(*service).ended);
  EXPECT_EQ(metrics.hard_service_misses.Value(), 0);
}

TEST_F(KyutaiSpeakingTest, OneThatIsFullOrSilentIsPassedOverToo) {
  KyutaiServer other({.address = "127.0.0.2", .port = server.port()});
  auto options = by_name(server, {"127.0.0.2", "127.0.0.1"});
  const auto service = speaker_for(options, metrics);
  other.behave(SpeechFault::full);
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(speak(*service).ended);
  other.behave(SpeechFault::garbage_first);
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(speak(*service).ended);
  EXPECT_GT(other.connections(), 0U) << "each is asked first now and then";
  EXPECT_EQ(server.calls().size(), 12U);
  options.search_patience = 2s;
  const auto impatient = speaker_for(std::move(options), metrics);
  other.behave(SpeechFault::silent);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(speak(*impatient).ended);
  EXPECT_TRUE(ends(loop, other));
}

TEST_F(KyutaiSpeakingTest, WhenAllFailTheFullOneIsTheCause) {
  KyutaiServer other({.address = "127.0.0.2", .port = server.port()});
  auto options = by_name(server, {"127.0.0.2", "127.0.0.1", "127.0.0.3"});
  options.capacity_pause = 1ms;
  const auto service = speaker_for(std::move(options), metrics);
  other.behave(SpeechFault::full);
  server.behave(SpeechFault::unauthorized);
  const Reply reply = speak(*service);
  ASSERT_TRUE(reply.error);
  EXPECT_EQ(reply.error->code, "service_at_capacity");
  EXPECT_THAT(reply.error->message, HasSubstr("ws://many.example:"));
}

// ---- the end of a stream

/// A name that is looked up until the end of the test.
struct Hang {
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;

  void wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return over; });
  }
  void end() {
    const std::lock_guard lock(mutex);
    over = true;
    changed.notify_all();
  }
};

TEST_F(KyutaiSpeakingTest, ALookUpCanBeGivenUp) {
  const auto hang = std::make_shared<Hang>();
  auto options = by_name(server, {});
  options.search_patience = 60s;
  options.names.look_up = [hang](const std::string&) -> Result<net::Addresses> {
    hang->wait();
    return net::Addresses{};
  };
  const auto service = speaker_for(std::move(options), metrics);
  const auto stream = start(*service);
  say_all(*stream);
  const auto reply = loop.start(all_of(*stream));
  for (int i = 0; i < 20; ++i) loop.poll();
  stream->abort();
  EXPECT_TRUE(loop.finish(reply).error);
  hang->end();
}

TEST_F(KyutaiSpeakingTest, AHandshakeOfTlsCanBeGivenUp) {
  net::asio::io_context io;
  net::asio::ip::tcp::acceptor silent(io, {net::asio::ip::address_v4::loopback(), 0});
  auto options = options_for(server);
  options.url = "wss://127.0.0.1:" + std::to_string(silent.local_endpoint().port());
  const auto service = speaker_for(std::move(options), metrics);
  const auto stream = start(*service);
  say_all(*stream);
  const auto reply = loop.start(all_of(*stream));
  silent.non_blocking(true);
  net::asio::ip::tcp::socket accepted(io);
  boost::system::error_code none;
  ASSERT_TRUE(loop.run_until([&] {
    silent.accept(accepted, none);
    return accepted.is_open();
  }));
  char first = 0;
  const auto byte = net::asio::buffer(&first, 1);
  accepted.non_blocking(true);
  boost::system::error_code error;
  ASSERT_TRUE(loop.run_until([&] { return accepted.read_some(byte, error) == 1; }));
  stream->abort();
  EXPECT_TRUE(loop.finish(reply).error);
}

enum class HowItEnds { abort, destroy, end_of_loop };

/// Ends a stream whose service does what the fault says, once `there` says so.
class KyutaiEndTest : public KyutaiSpeakingTest, public testing::WithParamInterface<HowItEnds> {
 protected:
  void end_when(const KyutaiOptions& options, const std::function<bool()>& there, std::size_t words = 50,
                bool complete = true) {
    auto own_loop = std::make_unique<EventLoop>();
    const auto service = speaker_for(options, metrics);
    auto stream = service->start(own_loop->executor(), {"voices/ann.wav", {}, "en"});
    for (std::size_t i = 0; i < words; ++i) stream->say(" word");
    if (complete) stream->complete();
    ASSERT_TRUE(own_loop->run_until(there));
    for (int poll = 0; poll < 20; ++poll) own_loop->poll();  // what the server has sent arrives
    switch (GetParam()) {
      case HowItEnds::abort: {
        const auto next = own_loop->start(stream->next());
        stream->abort();
        EXPECT_TRUE(std::holds_alternative<SpeechFailed>(own_loop->finish(next)));
        EXPECT_TRUE(std::holds_alternative<SpeechFailed>(own_loop->run(stream->next())));
        EXPECT_TRUE(ends(*own_loop, server));
        break;
      }
      case HowItEnds::destroy: {
        const auto next = own_loop->start(stream->next());
        stream.reset();
        EXPECT_TRUE(std::holds_alternative<SpeechFailed>(own_loop->finish(next)));
        EXPECT_TRUE(ends(*own_loop, server));
        break;
      }
      case HowItEnds::end_of_loop:
        stream.reset();
        own_loop.reset();
        EXPECT_TRUE(server.wait_for_end());
        EXPECT_TRUE(server.wait_for_places(0));
        break;
    }
  }
};

TEST_P(KyutaiEndTest, InTheUpgrade) {
  server.behave(SpeechFault::hang);
  end_when(options_for(server), [&] { return server.connections() == 1; });
}

TEST_P(KyutaiEndTest, WhileItWaitsForAPlace) {
  server.behave(SpeechFault::silent);
  end_when(options_for(server), [&] { return server.places_taken() == 1; });
  if (GetParam() != HowItEnds::end_of_loop) {
    EXPECT_TRUE(server.calls().at(0).closed_in_order);
  }
}

TEST_P(KyutaiEndTest, BetweenTwoSearches) {
  server.behave(SpeechFault::full);
  auto options = options_for(server);
  options.capacity_pause = 60s;
  end_when(options, [&] { return server.calls().size() == 1 && server.open() == 0; });
}

TEST_P(KyutaiEndTest, WhileItSpeaks) {
  const auto speaks = [&] { return server.calls().size() == 1 && !server.calls()[0].texts.empty(); };
  end_when(options_for(server), speaks, 50, false);
  if (GetParam() != HowItEnds::end_of_loop) {
    EXPECT_TRUE(server.calls().at(0).closed_in_order);
  }
}

TEST_P(KyutaiEndTest, WhileNobodyTakesItsSound) {
  // Far more than sockets hold.
  end_when(
      options_for(server), [&] { return server.calls().size() == 1 && server.calls()[0].complete; }, 1'000);
}

TEST_P(KyutaiEndTest, WhileItDrains) {
  server.behave(SpeechFault::stall);
  end_when(options_for(server), [&] { return server.calls().size() == 1 && server.calls()[0].complete; });
}

TEST_P(KyutaiEndTest, WhileTheServiceHearsNothing) {
  server.behave(SpeechFault::deaf);
  auto options = options_for(server);
  options.close_patience = 200ms;
  end_when(
      options,
      [&] {
        const bool begun = server.calls().size() == 1 && !server.calls()[0].texts.empty();
        if (begun) server.listen_again();
        return begun;
      },
      50, false);
}

INSTANTIATE_TEST_SUITE_P(Ends, KyutaiEndTest,
                         testing::Values(HowItEnds::abort, HowItEnds::destroy, HowItEnds::end_of_loop));

TEST_F(KyutaiSpeakingTest, WhoTakesNothingHoldsTheServiceUp) {
  const auto service = speaker_for(options_for(server), metrics);
  const auto stream = start(*service);
  for (int i = 0; i < 600; ++i) stream->say(" word");  // 23 MB of sound, which no socket holds
  stream->complete();
  ASSERT_TRUE(loop.run_until([&] { return server.calls().size() == 1 && server.calls()[0].complete; }));
  for (int i = 0; i < 2'000; ++i) loop.poll();
  EXPECT_EQ(server.places_taken(), 1U);
  const Reply reply = loop.run(all_of(*stream));
  EXPECT_TRUE(reply.ended);
  EXPECT_THAT(reply.begins, SizeIs(600));
  EXPECT_THAT(reply.sound, SizeIs(600 * 4 * audio::frame_samples));
  EXPECT_TRUE(ends(loop, server));
}

TEST_F(KyutaiSpeakingTest, ManyRepliesThatEndAtAnyMomentLeaveNothingBehind) {
  const SpeechFault faults[] = {SpeechFault::fine,    SpeechFault::full,  SpeechFault::silent,
                                SpeechFault::garbage, SpeechFault::error, SpeechFault::die,
                                SpeechFault::stall,   SpeechFault::hang};
  auto options = options_for(server);
  options.capacity_pause = 1ms;
  const auto service = speaker_for(std::move(options), metrics);
  std::mt19937 random(11);
  for (int i = 0; i < 150; ++i) {
    server.behave(faults[random() % std::size(faults)]);
    const auto stream = start(*service);
    say_all(*stream, "Good evening to all of you.");
    const auto reply = loop.start(all_of(*stream));
    const std::size_t polls = random() % 300;
    for (std::size_t poll = 0; poll < polls && !reply->done(); ++poll) loop.poll();
    stream->abort();
    loop.finish(reply);
  }
  server.behave(SpeechFault::fine);
  EXPECT_TRUE(speak(*service).ended);
  EXPECT_TRUE(ends(loop, server));
}

}  // namespace
}  // namespace unmuted
