#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include <gtest/gtest.h>

#include "audio/ogg_opus_reader.hpp"
#include "audio/pcm.hpp"
#include "core/base64.hpp"
#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "support/browser_decoder_rules.hpp"

namespace unmuted::test {

/// A client that is spoken to, and holds what it is sent to the rules of a browser's decoder.
class SpokenClient {
 public:
  explicit SpokenClient(const probe::InProcessServer& server) {
    auto connected = probe::Client::connect(server.websocket_url());
    EXPECT_TRUE(connected) << connected.error().message;
    client.emplace(std::move(*connected));
  }

  void select(const std::string& voice) {
    EXPECT_TRUE(client->send({{"type", "session.update"}, {"session", {{"voice", voice}}}}));
  }
  void write(const std::string& text) {
    const probe::Json part{{"type", "input_text"}, {"text", text}};
    const probe::Json item{{"type", "message"}, {"role", "user"}, {"content", {part}}};
    EXPECT_TRUE(client->send({{"type", "conversation.item.create"}, {"item", item}}));
    EXPECT_TRUE(client->send({{"type", "response.create"}}));
  }

  /// What is heard of a `response.audio.delta`.
  audio::Samples play(const std::string& base64) {
    audio::Samples played;
    const auto pages = base64_decode(base64);
    EXPECT_TRUE(pages);
    if (!pages) return played;
    EXPECT_EQ(rules.check(*pages), "");
    std::span<const std::byte> bytes(*pages);
    while (const auto heard = reader_.next(bytes)) {
      if (const auto* error = std::get_if<Error>(&*heard)) {
        ADD_FAILURE() << error->message;
        continue;
      }
      const auto& sound = std::get<std::span<const float>>(*heard);
      played.insert(played.end(), sound.begin(), sound.end());
    }
    return played;
  }

  std::optional<probe::Client> client;
  BrowserDecoderRules rules;

 private:
  audio::OggOpusReader reader_;
};

}  // namespace unmuted::test
