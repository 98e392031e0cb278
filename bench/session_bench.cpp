// Sessions without sockets: their beginning and end, and many that reload at once.
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "cast_folder.hpp"
#include "core/ids.hpp"
#include "events/unmute/dialect.hpp"
#include "samples.hpp"
#include "session/host.hpp"
#include "session/session.hpp"

namespace unmuted::bench {
namespace {

/// A server's sessions, without the server.
struct World {
  explicit World(const std::string& directory) { host.default_cast.replace(*host.loader.load(directory)); }
  ~World() { host.stop(); }  // its jobs post to the loop

  SessionHost host{{.pool = {.threads = 2, .yielding = false}}};
  net::asio::io_context io{1};
};

net::awaitable<void> count_answers(Session& session, std::size_t& answers) {
  while (true) {
    const Outbox::Frame frame = co_await session.next_frame();
    if (std::holds_alternative<CloseFrame>(frame)) co_return;
    ++answers;
  }
}

void session_create_and_destroy(benchmark::State& state) {
  const CastFolder folder(20);
  World world(folder.path());
  for (auto _ : state) {
    Session session(world.io.get_executor(), world.host.environment, events::unmute_dialect(),
                    new_session_id());
    benchmark::DoNotOptimize(session.ended());
  }
}
BENCHMARK(session_create_and_destroy)->Unit(benchmark::kMicrosecond);

void sessions_reload_known_content_at_once(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const CastFolder folder(20);
  World world(folder.path());
  std::vector<std::unique_ptr<Session>> sessions;
  std::size_t answers = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sessions.push_back(std::make_unique<Session>(world.io.get_executor(), world.host.environment,
                                                 events::unmute_dialect(), new_session_id()));
    net::asio::co_spawn(world.io, sessions.back()->execute(), net::asio::detached);
    net::asio::co_spawn(world.io, count_answers(*sessions.back(), answers), net::asio::detached);
  }
  const std::string event = R"({"type":"session.characters.reload","directory":")" + folder.path() + R"("})";
  Samples all;
  for (auto _ : state) {
    answers = 0;
    all.time([&] {
      for (const auto& session : sessions) session->receive(event);
      while (answers < count) {
        world.io.restart();
        world.io.run_one();
      }
    });
  }
  all.report(state, "all");
  for (const auto& session : sessions) session->end();
  world.io.restart();
  world.io.poll();
}
BENCHMARK(sessions_reload_known_content_at_once)->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace unmuted::bench
