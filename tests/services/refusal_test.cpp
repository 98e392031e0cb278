#include "services/refusal.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "net/http.hpp"
#include "services/model_list.hpp"

namespace unmuted {
namespace {

using testing::HasSubstr;
using Kind = Refusal::Kind;

Refusal refusal(unsigned status, std::string_view body, net::Headers headers = {}) {
  net::HttpResponse response;
  response.status = status;
  response.headers = std::move(headers);
  return read_refusal(response, body);
}

TEST(Refusal, TextsOfTheCommonServers) {
  EXPECT_EQ(failure_text(R"({"error":{"message":"a","type":"b"}})"), "a");
  EXPECT_EQ(failure_text(R"({"error":"a"})"), "a");
  EXPECT_EQ(failure_text(R"({"object":"error","message":"a"})"), "a");
  EXPECT_EQ(failure_text(R"({"detail":"a"})"), "a");
  EXPECT_EQ(failure_text(R"({"detail":[{"loc":["body"],"msg":"a","type":"missing"}]})"), "a");
  EXPECT_EQ(failure_text(R"([{"error":{"message":"a"}}])"), "a");
  EXPECT_EQ(failure_text("plain\nwords"), "plain\\nwords");
  EXPECT_EQ(failure_text(std::string(10'000, 'x')).size(), 200U);
}

TEST(Refusal, Loading) {
  EXPECT_EQ(
      refusal(503, R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})").kind,
      Kind::loading);
  EXPECT_EQ(refusal(503, R"({"error":"Model is loading"})").kind, Kind::loading);
  EXPECT_EQ(refusal(503, "warming up").kind, Kind::loading);
  EXPECT_EQ(refusal(500, R"({"error":"the model is loading"})").kind, Kind::loading);
  const Refusal estimated = refusal(503, R"({"error":"Model m is currently loading","estimated_time":20.5})");
  EXPECT_EQ(estimated.kind, Kind::loading);
  EXPECT_EQ(estimated.retry_after, std::chrono::milliseconds(20'500));
  const Refusal later = refusal(503, "", {{"retry-after", "7"}});
  EXPECT_EQ(later.kind, Kind::loading);
  EXPECT_EQ(later.retry_after, std::chrono::seconds(7));
}

TEST(Refusal, NamesTheParameter) {
  const Refusal strict = refusal(
      422,
      R"({"detail":[{"type":"extra_forbidden","loc":["body","temperature"],"msg":"Not permitted here"}]})");
  EXPECT_EQ(strict.parameter, "temperature");
  EXPECT_EQ(strict.text, "temperature: Not permitted here");
  EXPECT_THAT(strict.code, HasSubstr("extra_forbidden"));
  EXPECT_EQ(refusal(422, R"({"detail":[{"loc":["body","messages",0,"role"],"msg":"a"}]})").text,
            "messages.0.role: a");
  EXPECT_EQ(refusal(400, R"({"error":{"message":"No","param":"tools","code":"unsupported_value"}})").text,
            "tools: No");
  EXPECT_EQ(refusal(400, R"({"message":{"detail":[{"loc":["body","tools"],"msg":"No"}]}})").parameter,
            "tools");
  EXPECT_EQ(refusal(400, R"({"error":{"message":"No Tools!","param":"tools"}})").text, "No Tools!");
  for (const char* body :
       {R"({"error":{"message":"No","param":null}})", R"({"detail":[{"loc":["body"],"msg":"No"}]})",
        R"({"error":{"message":"No","param":7,"loc":{}}})"}) {
    EXPECT_EQ(refusal(400, body).text, "No") << body;
    EXPECT_EQ(refusal(400, body).parameter, "") << body;
  }
}

TEST(Refusal, SaysWhereItLeads) {
  EXPECT_EQ(refusal(301, "", {{"Location", "https://me:secret@example.org/v1/chat?key=secret#x"}}).text,
            "it is at example.org/v1/chat");
  EXPECT_EQ(refusal(307, "Moved", {{"location", "/v2/chat?key=secret"}}).text, "Moved: it is at /v2/chat");
  EXPECT_EQ(refusal(400, "No", {{"Location", "/x"}}).text, "No");
}

TEST(Refusal, Full) {
  EXPECT_EQ(refusal(529, "").kind, Kind::full);
  EXPECT_EQ(
      refusal(500, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})").kind,
      Kind::full);
  EXPECT_EQ(refusal(503, "No slot is free").kind, Kind::full);
  EXPECT_EQ(refusal(503, "").kind, Kind::full);
  EXPECT_EQ(refusal(429, "Too many requests", {{"Retry-After", "2"}}).kind, Kind::full);
  EXPECT_EQ(refusal(429, "", {{"Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"}}).retry_after, std::nullopt);
}

TEST(Refusal, Other) {
  EXPECT_EQ(refusal(500, "CUDA out of memory").kind, Kind::other);
  EXPECT_EQ(refusal(400, "loading").kind, Kind::other);
  EXPECT_EQ(refusal(429, R"({"error":{"message":"no credit","type":"insufficient_quota"}})").kind,
            Kind::other);
  EXPECT_EQ(refusal(429, R"({"error":{"message":"no credit","code":"billing_hard_limit_reached"}})").kind,
            Kind::other);
}

TEST(OnlyModel, OfAListOfOne) {
  EXPECT_EQ(only_model(R"({"data":[{"id":"llama"}]})"), "llama");
  EXPECT_THAT(only_model(R"({"data":[]})").error().message, HasSubstr("no model"));
  EXPECT_THAT(only_model(R"({"data":[{"id":"a"},{"id":"b"}]})").error().message,
              HasSubstr("choose one of a, b"));
  for (const char* body : {"", "[]", "{}", R"({"data":7})", "<html>", R"({"data":[7]})"}) {
    EXPECT_FALSE(only_model(body)) << body;
  }
}

}  // namespace
}  // namespace unmuted
