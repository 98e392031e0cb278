// docs/protocol.md is what people write clients by: its examples must be what we read and write.

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "events/unmute/read.hpp"
#include "events/unmute/write.hpp"

namespace unmuted::events::unmute {
namespace {

using nlohmann::json;

std::string document() {
  std::ifstream file(UNMUTED_SOURCE_DIR "/docs/protocol.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The events in the blocks marked as JSON; a block may hold several.
std::vector<json> examples() {
  std::vector<json> events;
  const std::string text = document();
  const std::string begin = "```json\n", end = "\n```";
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    std::istringstream block(text.substr(at, text.find(end, at) - at));
    while (block >> std::ws && !block.eof()) {
      json example;
      block >> example;
      if (example.contains("type")) events.push_back(std::move(example));
    }
  }
  return events;
}

template <class Types>
std::set<std::string> set_of(const Types& types) {
  return {types.begin(), types.end()};
}

TEST(Document, HasAnExampleOfEveryEventThatWeReadOrWrite) {
  std::set<std::string> from_client, from_server;
  for (const json& example : examples()) {
    const bool ours = example.value("event_id", "").starts_with("event_");
    (ours ? from_server : from_client).insert(example.at("type").get<std::string>());
  }
  EXPECT_EQ(from_client, set_of(client_event_types()));
  EXPECT_EQ(from_server, set_of(server_event_types));
}

TEST(Document, ItsClientEventsAreAccepted) {
  for (const json& example : examples()) {
    if (example.value("event_id", "").starts_with("event_")) continue;
    const auto message = read(example.dump());
    EXPECT_TRUE(message) << message.error().message;
  }
}

TEST(Document, ItsEventIdsHaveTheRightLength) {
  for (const json& example : examples()) {
    const std::string id = example.value("event_id", "");
    if (id.starts_with("event_") && id != "event_…") {
      EXPECT_EQ(id.size(), 27U) << id;
    }
  }
}

TEST(Document, ListsEveryCodeOfAFrameThatIsNoEvent) {
  const std::string text = document();
  for (const std::string_view code :
       {invalid_json, unknown_event_type, invalid_event, invalid_text, binary_frame}) {
    EXPECT_NE(text.find("| `" + std::string(code) + "` |"), std::string::npos) << code;
  }
}

}  // namespace
}  // namespace unmuted::events::unmute
