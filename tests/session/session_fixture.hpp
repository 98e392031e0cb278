#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include "core/ids.hpp"
#include "events/unmute/dialect.hpp"
#include "services/speech_to_text.hpp"
#include "services/text_to_speech.hpp"
#include "session/host.hpp"
#include "session/session.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted::test {

/// A session without sockets: what goes in is text, what comes out is JSON. All on the test's thread, but the
/// pool.
class SessionFixture : public testing::Test {
 protected:
  using json = nlohmann::json;

  ~SessionFixture() override {
    host.pool.open_gate();
    close();
    host.stop();  // what is abandoned there would wake this thread's loop
    // The services that tests bring along live on the loop, which goes before the host.
    host.use(std::unique_ptr<TextToSpeech>());
    host.use(std::unique_ptr<SpeechToText>());
  }

  void open(Peer peer = {}) {
    session = std::make_unique<Session>(io.get_executor(), environment, make_dialect(),
                                        new_session_id(), nullptr, peer);
    running = 2;
    auto ended = [this](const std::exception_ptr& error) {
      --running;
      if (error) std::rethrow_exception(error);
    };
    net::asio::co_spawn(io, session->execute(), ended);
    net::asio::co_spawn(io, drain(*session), ended);
  }

  void close() {
    if (!session) return;
    session->end();
    run_until([&] { return running == 0; });
    session.reset();
  }

  void send(const json& event) { session->receive(event.dump()); }

  void run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      io.restart();
      io.run_one_for(std::chrono::milliseconds(20));
    }
  }
  /// Runs until `count` jobs stand at the pool's gate.
  void wait_for_held(std::size_t count) {
    run_until([&] { return host.pool.wait_for_held(count, std::chrono::milliseconds(0)); });
  }

  std::function<std::shared_ptr<events::Dialect>()> make_dialect = events::unmute_dialect;
  std::ostringstream log_text;
  SessionHost host{{.pool = {.threads = 2, .yielding = false},
                    .log = std::make_shared<spdlog::logger>(
                        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text))}};
  SessionEnvironment& environment = host.environment;
  boost::asio::io_context io{1};
  std::unique_ptr<Session> session;
  std::vector<json> told;  ///< what the session said and the test has not taken
  std::optional<CloseFrame> close_frame;
  int running = 0;  ///< tasks of the session

 private:
  net::awaitable<void> drain(Session& from) {
    while (true) {
      Outbox::Frame frame = co_await from.next_frame();
      if (auto* last = std::get_if<CloseFrame>(&frame)) {
        close_frame = std::move(*last);
        break;
      }
      told.push_back(json::parse(std::get<std::string>(frame)));
      co_await net::asio::post(io, net::asio::use_awaitable);  // sending takes a turn of the loop
    }
  }
};

}  // namespace unmuted::test
