#include "services/openai_model.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/clock.hpp"
#include "support/event_loop.hpp"
#include "support/model_server.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Behaviour;
using test::EventLoop;
using test::ModelServer;
using testing::HasSubstr;
using testing::Not;

ReplyRequest say(std::string text) {
  ReplyRequest request;
  request.messages = {{ChatMessage::Role::system, "Be brief.", {}, ""},
                      {ChatMessage::Role::user, std::move(text), {}, ""}};
  return request;
}

/// A whole reply.
struct Heard {
  std::string text;
  std::vector<ToolCall> calls;
  std::string reason;  ///< empty when it failed
  Error error;
};

class OpenAiModelTest : public testing::Test {
 protected:
  OpenAiModelTest() {
    options.url = server.url();
    options.model = "test-model";
    options.capacity_pause = 1ms;
  }

  LanguageModel& model() {
    if (!model_) model_ = std::move(*openai_model(options, metrics));
    return *model_;
  }

  std::unique_ptr<ReplyStream> start(ReplyRequest request) {
    return model().start(loop.executor(), std::move(request));
  }

  Heard hear(ReplyStream& reply) {
    Heard heard;
    for (;;) {
      const ReplyEvent event = loop.run(reply.next());
      if (const auto* text = std::get_if<ReplyText>(&event)) heard.text += text->text;
      if (const auto* call = std::get_if<ToolCall>(&event)) heard.calls.push_back(*call);
      if (const auto* finished = std::get_if<ReplyFinished>(&event)) heard.reason = finished->reason;
      if (const auto* failed = std::get_if<ReplyFailed>(&event)) heard.error = failed->error;
      if (!heard.reason.empty() || !heard.error.code.empty()) return heard;
    }
  }

  Heard ask(ReplyRequest request) { return hear(*start(std::move(request))); }
  Heard ask(const std::string& text = "hello there") { return ask(say(text)); }

  Error failure_with(Behaviour behaviour) {
    server.behave(behaviour);
    return ask().error;
  }

  /// Waits for the next event until `ready`, then aborts.
  template <class Ready>
  void abort_when(ReplyStream& reply, Ready ready) {
    auto next = loop.start(reply.next());
    const TimePoint deadline = Clock::now() + 10s;
    loop.poll();
    while (!ready() && Clock::now() < deadline) loop.poll();
    ASSERT_FALSE(next->done());
    reply.abort();
    EXPECT_TRUE(std::holds_alternative<ReplyFailed>(loop.finish(next)));
    EXPECT_TRUE(std::holds_alternative<ReplyFailed>(loop.run(reply.next())));
  }

  ModelServer server;
  Metrics metrics;
  OpenAiOptions options;
  EventLoop loop;

 private:
  std::unique_ptr<LanguageModel> model_;
};

TEST_F(OpenAiModelTest, AReply) {
  const Heard heard = ask("hello there");
  EXPECT_EQ(heard.text, "You said: hello there");
  EXPECT_EQ(heard.reason, "stop");
}

TEST_F(OpenAiModelTest, WhatTheServerIsAsked) {
  options.api_key = "secret";
  ReplyRequest request = say("hello");
  request.tools = {{"count", "Counts", R"({"properties":{},"type":"object"})"}};
  request.temperature = 0.3;
  ask(request);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].authorization, "Bearer secret");
  EXPECT_EQ(requests[0].body["model"], "test-model");
  EXPECT_EQ(requests[0].body["stream"], true);
  EXPECT_EQ(requests[0].body["temperature"], 0.3);
  EXPECT_EQ(requests[0].body["messages"][1]["content"], "hello");
  EXPECT_EQ(requests[0].body["tools"][0]["function"]["name"], "count");
}

TEST_F(OpenAiModelTest, WithoutAKeyNoneIsSent) {
  ask();
  EXPECT_EQ(server.requests().at(0).authorization, "");
}

TEST_F(OpenAiModelTest, TextIsDeliveredAsItComes) {
  server.reply({test::text("Hel"), test::gate(), test::text("lo"), test::finish()});
  const auto reply = start(say("hi"));
  EXPECT_EQ(std::get<ReplyText>(loop.run(reply->next())).text, "Hel");
  auto next = loop.start(reply->next());
  loop.poll();
  EXPECT_FALSE(next->done());
  server.release();
  EXPECT_EQ(std::get<ReplyText>(loop.finish(next)).text, "lo");
  EXPECT_EQ(std::get<ReplyFinished>(loop.run(reply->next())).reason, "stop");
}

TEST_F(OpenAiModelTest, ToolCallsInPieces) {
  server.reply({test::text("Wait."), test::call(0, "a", "f", ""), test::call(1, "b", "g", "{}"),
                test::call(0, "", "", "{\"x\""), test::call(0, "", "", ":1}"), test::finish("tool_calls")});
  const Heard heard = ask();
  EXPECT_EQ(heard.text, "Wait.");
  EXPECT_THAT(heard.calls, testing::ElementsAre(ToolCall{"a", "f", "{\"x\":1}"}, ToolCall{"b", "g", "{}"}));
  EXPECT_EQ(heard.reason, "tool_calls");
}

TEST_F(OpenAiModelTest, CallsAreNotJudged) {
  server.behave(Behaviour::unknown_tool);
  EXPECT_EQ(ask().calls.at(0).name, "launch_rocket");
  server.behave(Behaviour::bad_arguments);
  EXPECT_EQ(ask().calls.at(0).arguments, "{\"correct\": tru");
}

TEST_F(OpenAiModelTest, RepliesShareAConnection) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask().reason, "stop");
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(OpenAiModelTest, RepliesAtTheSameTime) {
  server.reply({test::text("one"), test::gate(), test::finish()});
  const auto first = start(say("hi"));
  loop.run(first->next());
  EXPECT_EQ(ask("two").text, "You said: two");
  server.release();
  EXPECT_EQ(hear(*first).reason, "stop");
}

TEST_F(OpenAiModelTest, TheAddressWithOrWithoutVersion) {
  for (const char* path : {"", "/", "/v1", "/v1/"}) {
    options.url = server.url() + path;
    auto other = openai_model(options, metrics);
    ASSERT_TRUE(other);
    const auto reply = (*other)->start(loop.executor(), say("hi"));
    EXPECT_EQ(hear(*reply).reason, "stop") << path;
  }
}

TEST_F(OpenAiModelTest, OptionsThatCannotWork) {
  for (const char* url : {"", "localhost:8000", "ws://h", "http://h/v1?key=x"}) {
    options.url = url;
    EXPECT_EQ(openai_model(options, metrics).error().code, "invalid_url") << url;
  }
  options.url = "http://h";
  options.api_key = "a\r\nX: y";
  EXPECT_EQ(openai_model(options, metrics).error().code, "invalid_configuration");
}

TEST_F(OpenAiModelTest, TheOnlyModelIsFoundOnce) {
  options.model.clear();
  EXPECT_EQ(ask().reason, "stop");
  server.behave(Behaviour::no_models);
  EXPECT_EQ(ask().reason, "stop");
  EXPECT_EQ(server.requests().at(1).body["model"], "test-model");
  server.behave(Behaviour::bad_json);
  EXPECT_FALSE(ask().error.code.empty());
  server.behave(Behaviour::no_models);
  EXPECT_THAT(ask().error.message, HasSubstr("404"));  // asked anew
}

TEST_F(OpenAiModelTest, SeveralModelsAreAChoice) {
  ModelServer several({.models = {"a", "b"}});
  options.url = several.url();
  options.model.clear();
  EXPECT_THAT(ask().error.message, HasSubstr("choose one of a, b with KYUTAI_LLM_MODEL"));
}

TEST_F(OpenAiModelTest, FailuresNameTheServiceAndTheCause) {
  const std::vector<std::pair<Behaviour, std::string>> causes{
      {Behaviour::unauthorized, "it answered 401: Incorrect API key provided"},
      {Behaviour::error, "it answered 500: CUDA out of memory"},
      {Behaviour::html, "with text/html, no stream of events: <html>"},
      {Behaviour::whole_json, "with application/json, no stream of events"},
      {Behaviour::half_chunk, "closed the connection in the middle"},
      {Behaviour::bad_json, "not a JSON object"},
      {Behaviour::error_event, "the context is too long"},
      {Behaviour::endless_line, "longer than 1 MiB"},
      {Behaviour::many_calls, "more than 128 tool calls"},
      {Behaviour::die, "closed the connection in the middle"},
      {Behaviour::refuse, "Connection refused"}};
  for (const auto& [behaviour, cause] : causes) {
    const Error error = failure_with(behaviour);
    EXPECT_EQ(error.code, "service_unavailable") << cause;
    EXPECT_THAT(error.message,
                testing::StartsWith("The language model at " + server.url() + " is not available: "));
    EXPECT_THAT(error.message, HasSubstr(cause));
  }
  server.behave(Behaviour::fine);
  EXPECT_EQ(ask().reason, "stop");  // the next one connects afresh
}

TEST_F(OpenAiModelTest, TheTextBeforeAFailureStands) {
  server.behave(Behaviour::half_chunk);
  EXPECT_EQ(ask().text, "Hello");
  server.behave(Behaviour::bad_json);  // in the same piece of the body
  EXPECT_EQ(ask().text, "Hello");
}

TEST_F(OpenAiModelTest, AServerThatSaysNothing) {
  options.idle_timeout = 50ms;
  for (const Behaviour behaviour : {Behaviour::hang, Behaviour::hang_later, Behaviour::slow_headers}) {
    const Error error = failure_with(behaviour);
    EXPECT_EQ(error.code, "service_unavailable");
    EXPECT_THAT(error.message, HasSubstr("did not answer in time"));
  }
  EXPECT_TRUE(server.wait_for_abandoned(3));
}

TEST_F(OpenAiModelTest, HeadersThatComeSlowly) {
  server.behave(Behaviour::slow_headers, 1);
  server.release();
  EXPECT_EQ(ask().reason, "stop");
}

TEST_F(OpenAiModelTest, AKeyIsInNoMessage) {
  options.api_key = "Incorrect";
  EXPECT_THAT(failure_with(Behaviour::unauthorized).message, Not(HasSubstr("Incorrect")));
}

TEST_F(OpenAiModelTest, AtCapacityItIsAskedAgain) {
  server.behave(Behaviour::busy, 4);
  EXPECT_EQ(ask().reason, "stop");
  EXPECT_EQ(server.requests().size(), 5U);
  EXPECT_EQ(metrics.service_misses.Value(), 4);
  server.behave(Behaviour::overloaded, 2);
  EXPECT_EQ(ask().reason, "stop");
}

TEST_F(OpenAiModelTest, AtCapacityFiveTimes) {
  const Error error = failure_with(Behaviour::busy);
  EXPECT_EQ(error.code, "service_at_capacity");
  EXPECT_THAT(error.message, HasSubstr("is at capacity: it answered 429: Too many requests at once"));
  EXPECT_EQ(server.requests().size(), 5U);
}

TEST_F(OpenAiModelTest, AbortWhileWaitingForTheReply) {
  server.behave(Behaviour::hang);
  const auto reply = start(say("hi"));
  abort_when(*reply, [&] { return !server.requests().empty(); });
  EXPECT_TRUE(server.wait_for_abandoned(1));
}

TEST_F(OpenAiModelTest, AbortInTheMiddleOfTheReply) {
  server.reply({test::text("Hello"), test::gate()});
  const auto reply = start(say("hi"));
  loop.run(reply->next());
  abort_when(*reply, [] { return true; });
  EXPECT_TRUE(server.wait_for_abandoned(1));
}

TEST_F(OpenAiModelTest, AbortWhileNobodyWaits) {
  server.reply({test::text("Hello"), test::gate()});
  const auto reply = start(say("hi"));
  loop.run(reply->next());
  reply->abort();
  EXPECT_TRUE(server.wait_for_abandoned(1));
  EXPECT_TRUE(std::holds_alternative<ReplyFailed>(loop.run(reply->next())));
}

TEST_F(OpenAiModelTest, AbortInAPauseAtCapacity) {
  options.capacity_pause = 60s;
  server.behave(Behaviour::busy);
  const auto reply = start(say("hi"));
  abort_when(*reply, [&] { return metrics.service_misses.Value() == 1; });
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(OpenAiModelTest, AbortWhileTheModelIsLookedUp) {
  options.model.clear();
  server.behave(Behaviour::hang);
  const auto reply = start(say("hi"));
  abort_when(*reply, [&] { return server.connections() == 1; });
  EXPECT_TRUE(server.wait_for_ends(1));
}

TEST_F(OpenAiModelTest, AbortBeforeItBegins) {
  const auto reply = start(say("hi"));
  reply->abort();
  EXPECT_TRUE(std::holds_alternative<ReplyFailed>(loop.run(reply->next())));
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(OpenAiModelTest, DestructionAborts) {
  server.reply({test::text("Hello"), test::gate()});
  auto reply = start(say("hi"));
  loop.run(reply->next());
  auto next = loop.start(reply->next());
  loop.poll();
  reply.reset();
  EXPECT_TRUE(std::holds_alternative<ReplyFailed>(loop.finish(next)));
  EXPECT_TRUE(server.wait_for_abandoned(1));
}

TEST_F(OpenAiModelTest, NothingComesAfterTheEnd) {
  const auto reply = start(say("hi"));
  EXPECT_EQ(hear(*reply).reason, "stop");
  EXPECT_TRUE(std::holds_alternative<ReplyFailed>(loop.run(reply->next())));
  EXPECT_EQ(metrics.vllm_hard_errors.Value(), 0);
}

TEST_F(OpenAiModelTest, Health) {
  options.health_timeout = 100ms;
  EXPECT_TRUE(loop.run(model().up()));
  for (const Behaviour behaviour :
       {Behaviour::error, Behaviour::unauthorized, Behaviour::hang, Behaviour::refuse}) {
    server.behave(behaviour);
    EXPECT_FALSE(loop.run(model().up()));
  }
  server.behave(Behaviour::fine);
  EXPECT_TRUE(loop.run(model().up()));
}

TEST_F(OpenAiModelTest, OverTls) {
  ModelServer secure({.tls = true});
  options.url = secure.url();
  options.ca_file = secure.certificate_file();
  EXPECT_EQ(ask("hello").text, "You said: hello");
}

TEST_F(OpenAiModelTest, OverTlsOnlyToWhomItTrusts) {
  ModelServer secure({.tls = true});
  options.url = secure.url();
  EXPECT_THAT(ask().error.message, HasSubstr("self-signed certificate"));
  EXPECT_EQ(metrics.hard_service_misses.Value(), 1);
}

TEST_F(OpenAiModelTest, Metrics) {
  ask("one two three");  // "Be brief. one two three" → "You said: one two three"
  EXPECT_EQ(metrics.vllm_sessions.Value(), 1);
  EXPECT_EQ(metrics.vllm_active_sessions.Value(), 0);
  EXPECT_EQ(metrics.vllm_sent_words.Value(), 5);
  EXPECT_EQ(metrics.vllm_received_words.Value(), 5);
  EXPECT_EQ(metrics.vllm_ttft.Collect().histogram.sample_count, 1U);
  EXPECT_EQ(metrics.vllm_request_length.Collect().histogram.sample_sum, 5);
  EXPECT_EQ(metrics.vllm_reply_length.Collect().histogram.sample_sum, 5);
  EXPECT_EQ(metrics.vllm_gen_duration.Collect().histogram.sample_count, 1U);

  failure_with(Behaviour::error);
  EXPECT_EQ(metrics.vllm_hard_errors.Value(), 1);
  EXPECT_EQ(metrics.vllm_interrupts.Value(), 0);

  server.behave(Behaviour::fine);
  server.reply({test::text("Hel"), test::text("lo the"), test::gate()});
  auto reply = start(say("hi"));
  loop.run(reply->next());
  EXPECT_EQ(metrics.vllm_active_sessions.Value(), 1);
  loop.run(reply->next());
  reply->abort();
  reply.reset();
  EXPECT_EQ(metrics.vllm_active_sessions.Value(), 0);
  EXPECT_EQ(metrics.vllm_interrupts.Value(), 1);
  EXPECT_EQ(metrics.vllm_hard_errors.Value(), 1);
  EXPECT_EQ(metrics.vllm_received_words.Value(), 7);
  EXPECT_EQ(metrics.vllm_gen_duration.Collect().histogram.sample_count, 3U);
}

TEST(KnownReply, GivesWhatItKnows) {
  EventLoop loop;
  KnownReply reply({ReplyText{"Hello."}, ReplyFinished{"stop"}});
  EXPECT_EQ(std::get<ReplyText>(loop.run(reply.next())).text, "Hello.");
  EXPECT_EQ(std::get<ReplyFinished>(loop.run(reply.next())).reason, "stop");
  EXPECT_TRUE(std::holds_alternative<ReplyFailed>(loop.run(reply.next())));
}

TEST(KnownReply, Abort) {
  EventLoop loop;
  KnownReply reply({ReplyText{"Hello."}, ReplyFinished{"stop"}});
  reply.abort();
  EXPECT_TRUE(std::holds_alternative<ReplyFailed>(loop.run(reply.next())));
}

}  // namespace
}  // namespace unmuted
