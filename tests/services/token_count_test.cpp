// What a reply cost, as servers say it, and what they are asked with for it.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "services/chat_completion.hpp"
#include "services/chat_request.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string last_chunk = R"({"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]})";
const std::string count_chunk =
    R"({"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}})";

/// The end of the reply; nothing where it has not ended.
std::optional<ReplyFinished> end_of(ChatCompletion& completion) {
  while (auto event = completion.take()) {
    if (const auto* finished = std::get_if<ReplyFinished>(&*event)) return *finished;
  }
  return std::nullopt;
}

TEST(TokenCount, IsWaitedForWhereItWasAskedFor) {
  ChatCompletion completion({}, false, true);
  ASSERT_TRUE(completion.feed(last_chunk));
  EXPECT_TRUE(completion.only_count_missing());
  EXPECT_FALSE(end_of(completion));
  ASSERT_TRUE(completion.feed(count_chunk));
  const auto end = end_of(completion);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->reason, "stop");
  EXPECT_EQ(end->tokens, (events::TokenCount{12, 4, 3}));
}

TEST(TokenCount, MayStandInTheLastChunk) {
  ChatCompletion completion({}, false, true);
  json chunk = json::parse(last_chunk);
  chunk["usage"] = {{"prompt_tokens", 5}, {"completion_tokens", 1}};
  ASSERT_TRUE(completion.feed(chunk.dump()));
  EXPECT_EQ(end_of(completion)->tokens, (events::TokenCount{5, 0, 1}));
}

TEST(TokenCount, MayNotCome) {
  for (const bool mark : {false, true}) {
    ChatCompletion completion({}, false, true);
    ASSERT_TRUE(completion.feed(last_chunk));
    if (mark) {
      ASSERT_TRUE(completion.feed("[DONE]"));
    } else {
      ASSERT_TRUE(completion.end());
    }
    EXPECT_EQ(end_of(completion)->tokens, events::TokenCount{});
  }
}

TEST(TokenCount, NothingElseMattersBehindTheEnd) {
  ChatCompletion completion({}, false, true);
  ASSERT_TRUE(completion.feed(last_chunk));
  for (const char* data :
       {R"({"error":{"message":"late"}})", "nonsense", R"({"choices":[{"delta":{"content":"b"}}]})"})
    EXPECT_TRUE(completion.feed(data)) << data;
  EXPECT_FALSE(end_of(completion));
  ASSERT_TRUE(completion.feed(count_chunk));
  EXPECT_EQ(end_of(completion)->tokens.input, 12);
}

TEST(TokenCount, NobodyWaitsForWhatWasNotAskedFor) {
  ChatCompletion completion;
  ASSERT_TRUE(completion.feed(last_chunk));
  EXPECT_EQ(end_of(completion)->tokens, events::TokenCount{});
}

TEST(TokenCount, WrongNumbersAreNone) {
  ChatCompletion completion({}, false, true);
  ASSERT_TRUE(completion.feed(last_chunk));
  ASSERT_TRUE(completion.feed(R"({"choices":[],"usage":{"prompt_tokens":"x","completion_tokens":-3}})"));
  EXPECT_EQ(end_of(completion)->tokens, events::TokenCount{});
}

TEST(ReplyLimits, AreAskedForWhereTheyAreWanted) {
  ReplyRequest request;
  const auto body = [&] { return chat_completion_request(request, "m", json::object(), {}); };
  for (const char* name : {"max_tokens", "tool_choice", "stream_options"})
    EXPECT_FALSE(body().contains(name));
  request.max_tokens = 9;
  request.count_tokens = true;
  request.tool_choice = {events::ToolChoice::Kind::required, {}};
  EXPECT_FALSE(body().contains("tool_choice"));  // of none
  request.tools = {{"roll", "", ""}};
  EXPECT_EQ(body()["max_tokens"], 9);
  EXPECT_EQ(body()["tool_choice"], "required");
  EXPECT_EQ(body()["stream_options"], json({{"include_usage", true}}));
  request.tool_choice = {events::ToolChoice::Kind::named, "roll"};
  EXPECT_EQ(body()["tool_choice"]["function"]["name"], "roll");
}

}  // namespace
}  // namespace unmuted
