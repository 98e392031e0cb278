#include "services/openai_model.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ringbuffer_sink.h>

#include "core/clock.hpp"
#include "services/reply_body.hpp"
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

std::shared_ptr<spdlog::logger> debug_log(const spdlog::sink_ptr& sink) {
  auto log = std::make_shared<spdlog::logger>("test", sink);
  log->set_level(spdlog::level::debug);
  return log;
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
      if (const auto* text = std::get_if<ReplyText>(&event)) {
        if (text->afresh) heard.text.clear();
        heard.text += text->text;
      }
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

  std::vector<std::string> lines() const { return sink->last_formatted(); }

  ModelServer server;
  Metrics metrics;
  std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> sink =
      std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(100);
  std::shared_ptr<spdlog::logger> log = debug_log(sink);
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
  for (std::size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(server.wait_for_answers(i));
    loop.poll();  // what is left of the answer before is passed over in the background
    EXPECT_EQ(ask().reason, "stop");
  }
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
  for (const char* url : {"", "localhost:8000", "ws://h", "ftp://h/v1"}) {
    options.url = url;
    EXPECT_EQ(openai_model(options, metrics).error().code, "invalid_url") << url;
  }
  options.url = "http://h";
  for (const char* extra :
       {"[]", "7", "{", "null", R"({"stream":false})", R"({"messages":[]})", R"({"model":"x"})"}) {
    options.extra = extra;
    EXPECT_THAT(openai_model(options, metrics).error().message, testing::StartsWith("--llm-extra: "))
        << extra;
  }
  options.extra.clear();
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
  const std::string message = ask().error.message;  // asked anew
  EXPECT_THAT(message, HasSubstr("404 for /v1/models"));
  EXPECT_THAT(message, HasSubstr("KYUTAI_LLM_MODEL"));
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
      {Behaviour::half_chunk, "closed the connection in the middle"},
      {Behaviour::bad_json, "broke off"},
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
  options.patience = 60ms;
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

TEST_F(OpenAiModelTest, WhatMightBeMarkupIsNotSaidAfterAnAbort) {
  server.reply({test::text("Hello <"), test::gate()});
  const auto reply = start(say("hi"));
  loop.run(reply->next());
  abort_when(*reply, [] { return true; });
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
       {Behaviour::error, Behaviour::overloaded, Behaviour::hang, Behaviour::refuse}) {
    server.behave(behaviour);
    EXPECT_FALSE(loop.run(model().up()));
  }
  // Neither the list nor the right to read it is needed for a reply.
  for (const Behaviour behaviour :
       {Behaviour::fine, Behaviour::no_models, Behaviour::unauthorized, Behaviour::busy, Behaviour::html}) {
    server.behave(behaviour);
    EXPECT_TRUE(loop.run(model().up()));
  }
}

TEST_F(OpenAiModelTest, HealthWithoutANameNeedsAListOfOne) {
  options.model.clear();
  EXPECT_TRUE(loop.run(model().up()));
  for (const Behaviour behaviour :
       {Behaviour::no_models, Behaviour::unauthorized, Behaviour::html, Behaviour::error}) {
    server.behave(behaviour);
    EXPECT_FALSE(loop.run(model().up()));
  }
  server.behave(Behaviour::fine);
  server.answer_models(test::http_answer("200 OK", "", R"({"data":[{"id":"a"},{"id":"b"}]})"));
  EXPECT_FALSE(loop.run(model().up()));
}

TEST_F(OpenAiModelTest, HealthDoesNotNeedTheListToBeShort) {
  server.answer_models(test::http_answer("200 OK", "", std::string(2U << 20U, ' ')));
  EXPECT_TRUE(loop.run(model().up()));
}

// ---- addresses

TEST_F(OpenAiModelTest, AnAddressWithAPathIsTakenAsItIs) {
  for (const char* base : {"/api/paas/v4", "/v1beta/openai", "/api/v3", "/openai/deployments/x"}) {
    ModelServer elsewhere({.base = base});
    for (const std::string end : {"", "/", "/chat/completions", "/chat/completions/"}) {
      OpenAiOptions other = options;
      other.url = elsewhere.url() + base + end;
      const auto made = openai_model(other, metrics);
      ASSERT_TRUE(made);
      EXPECT_EQ(hear(*(*made)->start(loop.executor(), say("hi"))).reason, "stop") << base << end;
    }
  }
}

TEST_F(OpenAiModelTest, AQueryIsKeptAndNotShown) {
  ModelServer azure({.base = "/openai/deployments/x"});
  options.url = azure.url() + "/openai/deployments/x?api-version=1&sig=secret";
  options.api_key = "key";
  EXPECT_EQ(ask().reason, "stop");
  const auto requests = azure.requests();
  EXPECT_EQ(requests.at(0).target, "/openai/deployments/x/chat/completions?api-version=1&sig=secret");
  EXPECT_EQ(requests.at(0).api_key, "key");
  azure.behave(Behaviour::error);
  const Error error = ask().error;
  EXPECT_THAT(error.message, Not(HasSubstr("secret")));
}

TEST_F(OpenAiModelTest, TheKeyHasOneHeaderElsewhere) {
  options.api_key = "key";
  ask();
  EXPECT_EQ(server.requests().at(0).api_key, "");
}

TEST_F(OpenAiModelTest, APathThatIsNotThereIsNamed) {
  options.url = server.url() + "/api";
  const Error error = ask().error;
  EXPECT_THAT(error.message, HasSubstr("404 for /api/chat/completions"));
  EXPECT_THAT(error.message, HasSubstr("Ollama"));
  EXPECT_THAT(error.message, HasSubstr("/v1"));
}

// ---- answers that are no stream, or not called one

TEST_F(OpenAiModelTest, AReplyInOnePiece) {
  server.behave(Behaviour::whole_json);
  EXPECT_EQ(ask().text, "Hello.");
  const std::string body = R"({"choices":[{"message":{"content":"Hello."},"finish_reason":"length"}]})";
  for (const char* type :
       {"Content-Type: application/json ; charset=utf-8\r\n", "", "Content-Type: text/event-stream\r\n"}) {
    server.answer(test::http_answer("200 OK", type, " \n" + body));
    const Heard heard = ask();
    EXPECT_EQ(heard.text, "Hello.") << type;
    EXPECT_EQ(heard.reason, "length");
  }
  server.answer(
      test::http_answer("200 OK", "Content-Type: application/json\r\n", R"({"error":"no memory"})"));
  EXPECT_THAT(ask().error.message, HasSubstr("no memory"));
}

TEST_F(OpenAiModelTest, StreamsByAnyName) {
  const std::string body =
      "data: {\"choices\":[{\"delta\":{\"content\":\"Hello.\"},\"finish_reason\":\"stop\"}]}\n\n";
  for (const char* type :
       {"", "Content-Type: TEXT/Event-Stream ;charset=utf-8\r\n", "Content-Type: text/plain\r\n",
        "Content-Type: application/json\r\n", "Content-Type: application/octet-stream\r\n"}) {
    server.answer(test::http_answer("200 OK", type, body));
    EXPECT_EQ(ask().text, "Hello.") << type;
    server.answer(test::http_answer("200 OK", type, "\xEF\xBB\xBF: comment\n\n" + body));
    EXPECT_EQ(ask().text, "Hello.") << type;
  }
  server.answer(test::http_answer("200 OK", "Content-Type: text/plain\r\n", "Hello."));
  EXPECT_THAT(ask().error.message, HasSubstr("with text/plain, no stream of events: Hello."));
}

TEST_F(OpenAiModelTest, BlanksBeforeABodyArePassedOver) {
  ReplyBody body("application/json", {}, false);
  std::string text = "\xEF\xBB\xBF" + std::string(50'000, ' ') +
                     R"({"choices":[{"message":{"content":"Hi"},)" + R"("finish_reason":"stop"}]})";
  for (const char& c : text) ASSERT_TRUE(body.feed({&c, 1}));
  ASSERT_TRUE(body.end());
  EXPECT_EQ(std::get<ReplyText>(*body.take()).text, "Hi");

  ReplyBody endless("application/json", {}, false);
  std::size_t fed = 0;
  while (fed < 200'000 && endless.feed(" ")) ++fed;
  EXPECT_LT(fed, 100'000U) << "a body of blanks is none";
}

TEST_F(OpenAiModelTest, NothingFailsAReplyThatHasFinished) {
  server.answer(
      {"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
       "47\r\ndata: "
       "{\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n\r\n40\r\nda",
       test::RawAnswer::Then::close});
  const Heard heard = ask();
  EXPECT_EQ(heard.text, "Hi");
  EXPECT_EQ(heard.reason, "stop") << heard.error.message;
}

TEST_F(OpenAiModelTest, AReasonToFinishEndsTheReplyThoughTheServerSaysNothingMore) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
  const std::string call =
      R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}}]})";
  for (const std::string reason : {"stop", "tool_calls", "length"}) {
    const std::string last = R"({"choices":[{"delta":{"content":"Hi"},"finish_reason":")" + reason + "\"}]}";
    server.answer({head + "data: " + call + "\n\ndata: " + last + "\n\n", test::RawAnswer::Then::hang});
    const TimePoint begin = Clock::now();
    const Heard heard = ask();
    EXPECT_LT(Clock::now() - begin, options.idle_timeout / 2) << reason;
    EXPECT_EQ(heard.text, "Hi");
    EXPECT_EQ(heard.reason, reason) << heard.error.message;
    EXPECT_THAT(heard.calls, testing::ElementsAre(ToolCall{"a", "f", "{}"}));
  }
  EXPECT_TRUE(loop.run_until([&] { return server.abandoned() == 3; }));
}

TEST_F(OpenAiModelTest, ABodyThatDoesNotEndHoldsUpNeitherItsReplyNorTheNext) {
  server.reply({test::text("Hi"), test::finish(), test::gate()});
  auto first = start(say("1"));
  EXPECT_EQ(hear(*first).reason, "stop");  // though the server is still at its gate
  EXPECT_EQ(ask().reason, "stop");
  EXPECT_EQ(server.connections(), 2U);
  EXPECT_TRUE(loop.run_until([&] { return server.abandoned() == 1; }))
      << "the first one is waited for in vain";
}

TEST_F(OpenAiModelTest, WhatComesAfterAReplyIsPassedOverSoThatTheConnectionIsKept) {
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(server.wait_for_answers(i));
    loop.poll();
    server.reply(
        {test::text("Hi"), test::finish(), {false, R"({"choices":[],"usage":{"total_tokens":3}})", false}});
    EXPECT_EQ(ask().reason, "stop");
  }
  EXPECT_EQ(server.connections(), 1U);
  EXPECT_EQ(metrics.vllm_ignored_chunks.Value(), 0);
}

TEST_F(OpenAiModelTest, TheLastEventMayLackItsBlankLine) {
  const std::string type = "Content-Type: text/event-stream\r\n";
  const std::string hi = R"(data: {"choices":[{"delta":{"content":"Hi"}}]})";
  const std::string last = R"(data: {"choices":[{"delta":{"content":" you"},"finish_reason":"stop"}]})";
  for (const char* between : {"\n\n", "\n", "\r\n"}) {
    for (const char* end : {"", "\n", "\r\n"}) {
      server.answer(test::http_answer("200 OK", type, hi + between + last + end));
      const Heard heard = ask();
      EXPECT_EQ(heard.text, "Hi you");
      EXPECT_EQ(heard.reason, "stop") << heard.error.message;
    }
  }
  server.answer(
      {"HTTP/1.1 200 OK\r\n" + type + "Content-Length: 9999\r\n\r\n" + last, test::RawAnswer::Then::close});
  EXPECT_EQ(ask().reason, "stop");
}

TEST_F(OpenAiModelTest, EventsBeforeOneThatIsTooLongAreRead) {
  server.answer(test::http_answer(
      "200 OK", "Content-Type: text/event-stream\r\n",
      "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: " + std::string(2U << 20U, 'x')));
  const Heard heard = ask();
  EXPECT_EQ(heard.text, "Hi");
  EXPECT_THAT(heard.error.message, HasSubstr("1 MiB"));
}

TEST_F(OpenAiModelTest, WhatIsNotUnderstoodIsCounted) {
  options.log = log;
  server.reply({{false, "null", false},
                test::text("Hi"),
                {false, "{}", false},
                test::text("<tool_call>nonsense here</tool_call>"),
                test::finish()});
  EXPECT_EQ(ask().text, "Hi");
  EXPECT_EQ(metrics.vllm_ignored_chunks.Value(), 2);
  EXPECT_EQ(metrics.vllm_dropped_calls.Value(), 1);
  EXPECT_THAT(lines(), testing::ElementsAre(HasSubstr("chunks=2 calls=1")));
}

TEST_F(OpenAiModelTest, ArgumentsWithoutABottom) {
  std::string deep(80'000, '[');
  server.answer(test::http_answer(
      "200 OK", "Content-Type: text/event-stream\r\n",
      R"(data: {"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":{"a":)" + deep +
          std::string(80'000, ']') + "}}}]}}]}\n\ndata: [DONE]\n\n"));
  const Heard heard = ask();
  EXPECT_EQ(heard.reason, "none given");
  EXPECT_TRUE(heard.calls.empty());
  EXPECT_EQ(metrics.vllm_ignored_chunks.Value(), 1);
}

// ---- parameters

TEST_F(OpenAiModelTest, ExtraParameters) {
  options.extra = R"({"temperature":null,"enable_thinking":false,"chat_template_kwargs":{"x":1}})";
  ask();
  const json body = server.requests().at(0).body;
  EXPECT_FALSE(body.contains("temperature"));
  EXPECT_EQ(body["enable_thinking"], false);
  EXPECT_EQ(body["chat_template_kwargs"]["x"], 1);
  EXPECT_EQ(body["stream"], true);
}

TEST_F(OpenAiModelTest, WhatAModelRefusesIsLeftOut) {
  options.log = log;
  options.extra = R"({"stream_options":{"include_usage":true}})";
  server.answer(
      test::http_failure("400 Bad Request", "Unsupported value: 'temperature' does not support 0.7"));
  server.answer(test::http_failure("400 Bad Request", "small:latest does not support tools"));
  server.answer(
      test::http_failure("422 Unprocessable Entity", "stream_options: extra inputs are not permitted"));
  server.answer(test::http_failure("400 Bad Request", "System role not supported"));
  ReplyRequest request = say("hello");
  request.tools = {{"count", "Counts", "{}"}};
  EXPECT_EQ(ask(request).reason, "stop");
  EXPECT_EQ(server.requests().size(), 5U);
  EXPECT_THAT(lines(), testing::UnorderedElementsAre(
                           HasSubstr("refuses a temperature"), HasSubstr("refuses tools"),
                           HasSubstr("refuses stream_options"), HasSubstr("refuses the role")));

  EXPECT_EQ(ask(request).reason, "stop");  // it is remembered
  const json body = server.requests().at(5).body;
  for (const char* name : {"temperature", "tools", "stream_options"})
    EXPECT_FALSE(body.contains(name)) << name;
  EXPECT_EQ(body["messages"], json::parse(R"([{"role":"user","content":"Be brief.\n\nhello"}])"));
  EXPECT_EQ(server.requests().size(), 6U);
  EXPECT_EQ(lines().size(), 4U);
}

TEST_F(OpenAiModelTest, WhatIsRefusedMayBeNamedBesideTheMessage) {
  options.extra = R"({"stream_options":{"include_usage":true}})";
  const auto strict = [](const std::string& place, const std::string& said) {
    return test::http_answer(
        "422 Unprocessable Entity", "Content-Type: application/json\r\n",
        R"({"detail":[{"type":"extra_forbidden","loc":["body",)" + place + R"(],"msg":")" + said + "\"}]}");
  };
  server.answer(strict("\"temperature\"", "Extra inputs are not permitted"));
  server.answer(strict("\"stream_options\"", "Extra inputs are not permitted"));
  server.answer(strict("\"messages\",0,\"role\"", "Input should be 'user' or 'assistant'"));
  server.answer(test::http_answer(
      "400 Bad Request", "",
      R"({"error":{"message":"Unsupported value","param":"tools","code":"unsupported_value"}})"));
  ReplyRequest request = say("hello");
  request.tools = {{"count", "Counts", "{}"}};
  EXPECT_EQ(ask(request).reason, "stop");
  ASSERT_EQ(server.requests().size(), 5U);
  const json body = server.requests().back().body;
  for (const char* name : {"temperature", "tools", "stream_options"})
    EXPECT_FALSE(body.contains(name)) << name;
  EXPECT_EQ(body["messages"][0]["role"], "user");

  server.answer(
      test::http_answer("400 Bad Request", "", R"({"error":{"message":"Too small","param":"max_tokens"}})"));
  EXPECT_THAT(ask(request).error.message, HasSubstr("it answered 400: max_tokens: Too small"));
}

TEST_F(OpenAiModelTest, AToolThatIsBadlyDescribedIsNotLeftOut) {
  server.answer(test::http_answer(
      "422 Unprocessable Entity", "",
      R"({"detail":[{"type":"extra_forbidden","loc":["body","tools",0,"function"],"msg":"Extra inputs are not permitted"}]})"));
  ReplyRequest request = say("hello");
  request.tools = {{"count", "Counts", "{}"}};
  EXPECT_THAT(ask(request).error.message, HasSubstr("tools.0.function: Extra inputs"));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(OpenAiModelTest, ARefusalIsRememberedOnlyWhereLeavingOutHelped) {
  server.answer(test::http_failure("400 Bad Request", "temperature and pressure"));
  server.answer(test::http_failure("400 Bad Request", "temperature and pressure"));
  EXPECT_THAT(ask().error.message, HasSubstr("temperature and pressure"));
  EXPECT_EQ(server.requests().size(), 2U);
  ask();
  EXPECT_TRUE(server.requests().at(2).body.contains("temperature"));
}

TEST_F(OpenAiModelTest, OtherRefusalsAreFinal) {
  for (const char* said :
       {"The context is too long", "Invalid schema for function 'get_temperature'",
        "tools[0].function.parameters: not a valid schema", "messages must not be empty"}) {
    const std::size_t before = server.requests().size();
    server.answer(test::http_failure("400 Bad Request", said));
    ReplyRequest request = say("hello");
    request.tools = {{"get_temperature", "", "{}"}};
    EXPECT_THAT(ask(request).error.message, HasSubstr(said));
    EXPECT_EQ(server.requests().size(), before + 1) << said;
  }
}

TEST_F(OpenAiModelTest, AnotherModelMayTakeWhatOneRefused) {
  options.model.clear();
  server.answer(test::http_failure("400 Bad Request", "'temperature' is not supported"));
  EXPECT_EQ(ask().reason, "stop");
  server.answer(test::http_failure("500 Internal Server Error", "gone"));
  EXPECT_EQ(ask().reason, "");
  server.answer_models(test::http_answer("200 OK", "", R"({"data":[{"id":"other"}]})"));
  EXPECT_EQ(ask().reason, "stop");
  EXPECT_TRUE(server.requests().back().body.contains("temperature"));
}

// ---- patience

TEST_F(OpenAiModelTest, AModelThatIsLoadingIsWaitedFor) {
  options.loading_pause = 1ms;
  const std::vector<test::RawAnswer> loading{
      test::http_failure("503 Service Unavailable", "Loading model"),
      test::http_answer("503 Service Unavailable", "",
                        R"({"error":{"message":"x","type":"unavailable_error"}})"),
      test::http_answer("503 Service Unavailable", "",
                        R"({"error":"Model m is currently loading","estimated_time":0.01})"),
      test::http_answer("503 Service Unavailable", "Retry-After: 0\r\n", "come back"),
      test::http_failure("500 Internal Server Error", "The model is warming up"),
      test::http_failure("503 Service Unavailable", "Loading model")};
  for (const test::RawAnswer& answer : loading) server.answer(answer);
  EXPECT_EQ(ask().reason, "stop");
  EXPECT_EQ(server.requests().size(), loading.size() + 1);
}

TEST_F(OpenAiModelTest, AModelThatIsLoadingForTooLong) {
  options.patience = 300ms;
  options.loading_pause = 1ms;
  const Error error = failure_with(Behaviour::loading);
  EXPECT_EQ(error.code, "service_unavailable");
  EXPECT_THAT(error.message,
              HasSubstr("is still loading its model after 300 ms: it answered 503: Loading model"));
  EXPECT_GT(server.requests().size(), 2U);
}

TEST_F(OpenAiModelTest, AbortWhileAModelIsLoading) {
  options.loading_pause = 60s;
  server.behave(Behaviour::loading);
  const auto reply = start(say("hi"));
  abort_when(*reply, [&] { return server.requests().size() == 1; });
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(OpenAiModelTest, TheFirstByteMayTakeLongerThanTheRest) {
  options.patience = 60s;
  options.idle_timeout = 20ms;
  server.reply({test::gate(), test::text("Hello"), test::finish()});
  const auto reply = start(say("hi"));
  auto next = loop.start(reply->next());
  const TimePoint later = Clock::now() + 60ms;  // in which a shorter patience would have ended
  while (Clock::now() < later) loop.poll();
  ASSERT_FALSE(next->done());
  server.release();
  EXPECT_EQ(std::get<ReplyText>(loop.finish(next)).text, "Hello");
}

TEST_F(OpenAiModelTest, WhatWasWaitedForIsSaid) {
  options.patience = 50ms;
  EXPECT_THAT(
      failure_with(Behaviour::hang).message,
      HasSubstr("nothing of the reply came within 50 ms. A model that takes longer to load needs a longer "
                "--llm-patience"));
  options.patience = 60s;
}

TEST_F(OpenAiModelTest, AnAccountWithoutCreditIsNotAskedAgain) {
  server.answer(test::http_answer(
      "429 Too Many Requests", "",
      R"({"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}})"));
  const Error error = ask().error;
  EXPECT_EQ(error.code, "service_unavailable");
  EXPECT_THAT(error.message, HasSubstr("exceeded your current quota"));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(OpenAiModelTest, AFullServerMaySayWhenToComeBack) {
  options.capacity_pause = 0ms;
  server.answer(test::http_answer("429 Too Many Requests", "Retry-After: 0.05\r\n", "busy"));
  const TimePoint begin = Clock::now();
  EXPECT_EQ(ask().reason, "stop");
  EXPECT_GE(Clock::now() - begin, 50ms);
}

// ---- thoughts

TEST_F(OpenAiModelTest, AModelThatBeginsInThoughtsIsRemembered) {
  options.log = log;
  const auto thinks = [this] {
    server.reply(
        {test::text("They greet me."), test::text("</think>"), test::text("\n\nHello."), test::finish()});
  };
  thinks();
  EXPECT_EQ(ask().text, "Hello.");  // taken back
  thinks();
  const auto second = start(say("hi"));
  EXPECT_EQ(std::get<ReplyText>(loop.run(second->next())).text, "Hello.");  // not said in the first place
  EXPECT_EQ(hear(*second).reason, "stop");
  server.reply({test::text("Hello "), test::text("again."), test::finish()});
  EXPECT_EQ(ask().text, "Hello again.");
  EXPECT_EQ(lines().size(), 1U);
  server.reply({test::text("At"), test::gate(), test::text(" once."), test::finish()});
  const auto last = start(say("hi"));
  EXPECT_EQ(std::get<ReplyText>(loop.run(last->next())).text, "At");  // it is an ordinary model again
  server.release();
  EXPECT_EQ(hear(*last).reason, "stop");
}

TEST_F(OpenAiModelTest, CallsInTheTextAreCalls) {
  server.reply({test::text("Wait. <tool"), test::text("_call>{\"name\":\"count\","),
                test::text("\"arguments\":{}}</tool_call>"), test::finish()});
  ReplyRequest request = say("hello");
  request.tools = {{"count", "Counts", "{}"}};
  const Heard heard = ask(request);
  EXPECT_EQ(heard.text, "Wait. ");
  EXPECT_THAT(heard.calls, testing::ElementsAre(ToolCall{"call_0", "count", "{}"}));
  EXPECT_EQ(heard.reason, "stop");
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
