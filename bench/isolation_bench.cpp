// The promise of isolation, end to end: what quiet sessions feel of one that loads a hostile directory.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/ids.hpp"
#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "samples.hpp"

namespace unmuted::bench {
namespace {

/// 1,000 files, each of which takes all the time it is given.
class HostileFolder {
 public:
  HostileFolder() : path_(std::filesystem::temp_directory_path() / ("unmuted-hostile-" + random_base62(8))) {
    std::filesystem::create_directory(path_);
    for (int i = 0; i < 1000; ++i) std::ofstream(path_ / (std::to_string(i) + ".lua")) << "while true do end";
  }
  ~HostileFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

void ask_for_the_list(probe::Client& client, Samples& samples) {
  const probe::Json question{{"type", "session.characters.list"}};
  samples.time([&] {
    std::ignore = client.send(question);
    std::ignore = client.next();
  });
}

/// Asks from each quiet session in turn, at a pace at which a processor has time to spare.
void observe(std::vector<probe::Client>& quiet, Samples& samples) {
  for (int round = 0; round < 40; ++round) {
    for (auto& client : quiet) {
      ask_for_the_list(client, samples);
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
  }
}

void list_while_another_session_reloads_a_hostile_directory(benchmark::State& state) {
  const HostileFolder hostile;
  Config config;
  config.characters = UNMUTED_SOURCE_DIR "/characters";
  auto server = probe::InProcessServer::start(config);
  std::vector<probe::Client> quiet;
  for (int i = 0; i < 20; ++i) quiet.push_back(*probe::Client::connect(server->websocket_url()));
  Samples calm, under_attack;
  for (auto _ : state) {
    observe(quiet, calm);
    std::atomic<bool> stop = false;
    std::atomic<int> reloads = 0;
    std::thread attacker([&] {
      auto client = *probe::Client::connect(server->websocket_url());
      while (!stop) {
        std::ignore = client.send({{"type", "session.characters.reload"}, {"directory", hostile.path()}});
        std::ignore = client.next();
        ++reloads;
      }
    });
    observe(quiet, under_attack);
    stop = true;
    attacker.join();
    if (reloads == 0) state.SkipWithError("no hostile reload ended");
  }
  report_ratio(state, "attacked", under_attack, calm);
}
BENCHMARK(list_while_another_session_reloads_a_hostile_directory)
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace unmuted::bench
