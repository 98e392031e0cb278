#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <nlohmann/json.hpp>

#include "audio/ogg_opus_streams.hpp"
#include "audio/ogg_opus_writer.hpp"
#include "core/base64.hpp"
#include "net/accept_websocket.hpp"
#include "net/http.hpp"

namespace unmuted::probe::test {

namespace ogg = audio::test;

/// A server for one connection, in a thread of its own, that hears and does what a test says.
class TalkingServer {
 public:
  /// Is called with each message that was taken; what it gives is sent.
  using Answer = std::function<std::vector<nlohmann::json>(const TalkingServer& server)>;

  explicit TalkingServer(Answer answer)
      : answer_(std::move(answer)), acceptor_(io_, {net::asio::ip::address_v4::loopback(), 0}) {
    net::asio::co_spawn(io_, serve(), net::asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~TalkingServer() {
    io_.stop();
    join();
  }

  [[nodiscard]] std::string url() const {
    return "ws://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }

  /// Waits for the end of the connection; what follows may be read then, or within `answer`.
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  std::vector<ogg::Page> pages;  ///< that came
  ogg::Heard heard;              ///< what they sound like
  std::size_t messages = 0;

 private:
  net::awaitable<void> serve() {
    auto socket = co_await acceptor_.async_accept(net::asio::use_awaitable);
    net::HttpServerStream http(net::Stream(std::move(socket)), nullptr, net::HttpLimits{});
    auto request = co_await http.read_head();
    if (!request) co_return;
    net::WebSocketOptions options;
    auto websocket = co_await net::accept_websocket(http.release(), std::move(*request), "realtime", options);
    if (!websocket) co_return;
    while (true) {
      const auto message = co_await websocket->read();
      if (!message) co_return;
      take(message->payload);
      for (const nlohmann::json& event : answer_(*this)) {
        const std::string text = event.dump();
        co_await websocket->write(text);
      }
    }
  }

  void take(const std::string& text) {
    ++messages;
    const auto event = nlohmann::json::parse(text);
    if (event.at("type") != "input_audio_buffer.append") return;
    const auto bytes = base64_decode(event.at("audio").get<std::string>()).value();
    const auto found = ogg::to_pages(bytes);
    if (found) pages.insert(pages.end(), found->begin(), found->end());
    ogg::hear(reader_, bytes, heard);
  }

  Answer answer_;
  audio::OggOpusReader reader_;
  net::asio::io_context io_{1};
  net::asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

/// What a server sends of a voice: events of 80 ms each.
class TalkingVoice {
 public:
  nlohmann::json next() {
    const auto sound = ogg::tone(audio::frame_samples, 300);
    return {{"type", "response.audio.delta"}, {"delta", base64_encode(writer_.write(sound))}};
  }

 private:
  audio::OggOpusWriter writer_{3};
};

}  // namespace unmuted::probe::test
