// docs/protocol.md is what people write clients by: its examples must be what we read and write.

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "events/parse.hpp"
#include "events/server_event.hpp"

namespace unmuted::events {
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

template <std::size_t... I>
std::set<std::string> server_types(std::index_sequence<I...>) {
  return {std::string(std::variant_alternative_t<I, ServerEvent>::event_type)...};
}

template <std::size_t... I>
std::set<std::string> client_types(std::index_sequence<I...>) {
  return {std::string(std::variant_alternative_t<I, ClientEvent>::event_type)...};
}

TEST(Document, HasAnExampleOfEveryEventThatWeReadOrWrite) {
  std::set<std::string> from_client, from_server;
  for (const json& example : examples()) {
    const bool ours = example.value("event_id", "").starts_with("event_");
    (ours ? from_server : from_client).insert(example.at("type").get<std::string>());
  }
  EXPECT_EQ(from_client, client_types(std::make_index_sequence<std::variant_size_v<ClientEvent>>()));
  EXPECT_EQ(from_server, server_types(std::make_index_sequence<std::variant_size_v<ServerEvent>>()));
}

TEST(Document, ItsClientEventsAreAccepted) {
  for (const json& example : examples()) {
    if (example.value("event_id", "").starts_with("event_")) continue;
    const auto message = parse(example.dump());
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
}  // namespace unmuted::events
