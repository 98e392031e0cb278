// Many conversations, each with a fault at a moment of its own: whatever happens, nothing of them is left.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audio/ogg_opus_writer.hpp"
#include "core/base64.hpp"
#include "net/websocket.hpp"
#include "probe/in_process_server.hpp"
#include "support/eventually.hpp"
#include "support/kyutai_server.hpp"
#include "support/room.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using net::awaitable;
using probe::InProcessServer;
using test::KyutaiServer;
using test::Room;
using test::SpeechFault;

/// UNMUTED_STORM: how many; a run by hand has a thousand.
std::size_t conversations() {
  const char* const count = std::getenv("UNMUTED_STORM");
  return count == nullptr ? 60 : std::strtoul(count, nullptr, 10);
}

/// What a browser sends of somebody who speaks and then waits, an event each 40 ms.
std::vector<std::string> microphone() {
  audio::OggOpusWriter writer(3);
  const audio::Samples sound = Room().quiet(200).voice(900).quiet(1'400).samples();
  std::vector<std::string> events;
  for (std::size_t at = 0; at + 960 <= sound.size(); at += 960) {
    const auto pages = writer.write(std::span(sound).subspan(at, 960));
    events.push_back(R"({"type":"input_audio_buffer.append","audio":")" + base64_encode(pages) + "\"}");
  }
  return events;
}

/// Sockets and pipes: "socket:[1234]".
std::multiset<std::string> connections_of_this_process() {
  std::multiset<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string what = std::filesystem::read_symlink(entry.path(), gone).string();
    if (!gone && (what.starts_with("socket:") || what.starts_with("pipe:"))) all.insert(what);
  }
  return all;
}

class FaultStormTest : public testing::Test {
 protected:
  FaultStormTest() {
    cast.write(
        "cast/ann.lua",
        "return {name = 'Ann', voice = {source_type = 'file', path_on_server = 'ann.wav'},"
        "instructions = {text = 'x', language = 'en'}, greeting = 'Good evening to you all, said Ann.',"
        "reply = function(self, ctx) return 'I have heard what you said, and I answer it.' end}");
    cast.write("cast/ben.lua",
               "return {name = 'Ben', voice = {source_type = 'file', path_on_server = 'ben.wav'},"
               "instructions = {text = 'x', language = 'fr'}}");
    Config config;
    config.characters = cast.path("cast");
    config.threads = 2;
    config.tts = config.stt = services.url();
    auto started = InProcessServer::start(std::move(config));
    if (!started) throw std::runtime_error(started.error().message);
    server.emplace(std::move(*started));
  }

  /// One conversation, to its end.
  awaitable<void> converse(std::size_t number) {
    std::mt19937 random(static_cast<std::uint32_t>(number));
    const auto draw = [&random](int count) {
      return std::uniform_int_distribution<int>(0, count - 1)(random);
    };
    net::ConnectOptions options;
    options.subprotocol = "realtime";
    auto connected = co_await net::connect_websocket(server->websocket_url(), std::move(options));
    if (!connected) {
      ADD_FAILURE() << connected.error().message;
      co_return;
    }
    net::WebSocket socket = std::move(*connected);
    bool over = false;
    auto reading = read(socket, over);
    net::asio::co_spawn(io, std::move(reading), fail_on_exception);
    if (draw(2) == 0) services.behave(faults.at(static_cast<std::size_t>(draw(faults.size()))), 1);
    co_await socket.write(R"({"type":"session.update","session":{"voice":"Ann"}})");
    const int fault_at = draw(static_cast<int>(events.size()));
    net::asio::steady_timer timer(io, Clock::now());
    for (int page = 0; page < static_cast<int>(events.size()) && !over; ++page) {
      timer.expires_at(timer.expiry() + 40ms);
      co_await timer.async_wait(net::asio::use_awaitable);
      if (page == fault_at && !co_await commit_fault(socket, draw(10))) break;
      if (!over) co_await socket.write(events[static_cast<std::size_t>(page)]);
    }
    if (!over && draw(2) == 0) co_await socket.close(1000, "");
    socket.abort();
    while (!over) {
      timer.expires_after(1ms);
      co_await timer.async_wait(net::asio::use_awaitable);
    }
    ++ended;
  }

  /// What goes wrong, or is at least unusual. False: the client is gone.
  awaitable<bool> commit_fault(net::WebSocket& socket, int which) {
    static constexpr std::array<const char*, 8> events_that_disturb{
        R"({"type":"response.cancel"})",
        R"({"type":"session.characters.reload","directory":"default"})",
        R"({"type":"session.characters.reload","directory":"/nowhere"})",
        R"({"type":"session.update","session":{"voice":"Ben"}})",
        R"({"type":"input_audio_buffer.append","audio":"T2dnUwACAAAAAAAAAAA="})",
        R"({"type":"input_audio_buffer.append","audio":"not base64"})",
        R"({"type":"conversation.item.create","item":{"type":"message","role":"user",)"
        R"("content":[{"type":"input_text","text":"Hello."}]}})",
        "{"};
    if (which == 8) {
      socket.abort();
      co_return false;
    }
    if (which == 9) {
      services.drop_connections();
      co_return true;
    }
    co_await socket.write(events_that_disturb.at(static_cast<std::size_t>(which)));
    co_await socket.write(R"({"type":"response.create"})");
    co_return true;
  }

  awaitable<void> read(net::WebSocket& socket, bool& over) {
    while (const auto message = co_await socket.read()) {
      if (message->payload.find(R"("response.audio.delta")") != std::string::npos) ++heard;
    }
    over = true;
  }

  static void fail_on_exception(const std::exception_ptr& bug) {
    if (bug) std::rethrow_exception(bug);
  }

  static constexpr std::array faults{
      SpeechFault::unauthorized, SpeechFault::loading, SpeechFault::full,   SpeechFault::strays,
      SpeechFault::garbage,      SpeechFault::error,   SpeechFault::die,    SpeechFault::die_first,
      SpeechFault::die_late,     SpeechFault::stall,   SpeechFault::silent, SpeechFault::close_early,
      SpeechFault::garbage_first};

  test::TemporaryFolder cast;
  KyutaiServer services;
  std::optional<InProcessServer> server;
  net::asio::io_context io{1};
  const std::vector<std::string> events = microphone();
  std::size_t ended = 0;
  std::size_t heard = 0;
};

TEST_F(FaultStormTest, LeavesNothing) {
  const auto before = connections_of_this_process();
  const std::size_t count = conversations();
  constexpr std::size_t at_once = 30;
  std::size_t begun = 0;
  io.restart();
  while (ended < count) {
    while (begun < count && begun - ended < at_once) {
      auto conversation = converse(begun++);
      net::asio::co_spawn(io, std::move(conversation), fail_on_exception);
    }
    io.run_one();
  }
  EXPECT_GT(heard, count);
  EXPECT_TRUE(services.wait_for_end()) << services.open() << " connections are left at the services";
  EXPECT_EQ(services.places_taken(), 0U);
  const auto holds = [this](const std::string& line) {
    return server->server().metrics_text().find("\n" + line + "\n") != std::string::npos;
  };
  const TimePoint too_late = Clock::now() + 20s;
  while (server->server().session_count() > 0 && Clock::now() < too_late) std::this_thread::yield();
  for (const char* gauge : {"worker_active_sessions 0", "worker_stt_active_sessions 0",
                            "worker_tts_active_sessions 0", "character_script_instances 0"}) {
    EXPECT_TRUE(test::eventually([&] { return holds(gauge); })) << gauge;
  }
  EXPECT_THAT(server->server().metrics_text(), testing::Not(testing::HasSubstr("session_id=")));
  const auto as_before = [&] { return connections_of_this_process() == before; };
  EXPECT_TRUE(test::eventually(as_before)) << testing::PrintToString(connections_of_this_process());
}

}  // namespace
}  // namespace unmuted
