// What the server adds between a word of the language model and the client's event, end to end: a model
// server, the server and 100 clients that are talked to at once, all over sockets and in this process.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "net/websocket.hpp"
#include "probe/in_process_server.hpp"
#include "samples.hpp"
#include "support/model_server.hpp"

namespace unmuted::bench {
namespace {

constexpr int words = 100;

test::ReplyScript stamped_reply() {
  test::ReplyScript script(words, test::stamp());
  script.push_back(test::finish());
  return script;
}

/// The moment that the model server wrote into a word, as in `"delta":" @1234"`.
std::chrono::steady_clock::time_point sent_at(const std::string& event, std::size_t at) {
  std::int64_t nanoseconds = 0;
  std::from_chars(event.data() + at + 1, event.data() + event.size(), nanoseconds);
  return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(nanoseconds));
}

/// Selects a character that the model speaks for, and hears its opening to the end.
net::awaitable<void> listen(std::string url, Samples& delays, int& failures) {
  net::ConnectOptions options;
  auto socket = co_await net::connect_websocket(url, std::move(options));
  const std::string select = R"({"type":"session.update","session":{"voice":"Charles"}})";
  bool talking = socket.has_value();
  if (talking) talking = co_await socket->write(select);
  if (!talking) {
    ++failures;
    co_return;
  }
  while (true) {
    const auto message = co_await socket->read();
    const auto now = std::chrono::steady_clock::now();
    if (!message) {
      ++failures;
      co_return;
    }
    if (message->payload.find("unmute.response.text.delta.ready") != std::string::npos) {
      const std::size_t at = message->payload.find('@');
      if (at != std::string::npos) delays.add(now - sent_at(message->payload, at));
    }
    if (message->payload.find("response.audio.done") != std::string::npos) break;
  }
  co_await socket->close(1000, "");
}

void word_from_model_to_client(benchmark::State& state) {
  const auto sessions = static_cast<int>(state.range(0));
  test::ModelServerOptions options;
  options.word_pause = std::chrono::milliseconds(50);
  test::ModelServer model(options);
  Config config;
  config.characters = UNMUTED_SOURCE_DIR "/characters";
  config.llm_url = model.url();
  auto server = probe::InProcessServer::start(config);
  Samples delays;
  int failures = 0;
  for (auto _ : state) {
    net::asio::io_context io{1};
    for (int i = 0; i < sessions; ++i) {
      model.reply(stamped_reply());
      net::asio::co_spawn(io, listen(server->websocket_url(), delays, failures), net::asio::detached);
    }
    io.run();
  }
  delays.report(state, "delay");
  state.counters["words"] = static_cast<double>(delays.size());
  if (failures > 0) state.SkipWithError("a session did not hear its words");
}
BENCHMARK(word_from_model_to_client)
    ->Arg(1)
    ->Arg(100)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace unmuted::bench
