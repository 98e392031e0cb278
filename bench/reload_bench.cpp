// What a reload costs, beside what reading the same files costs with none of our code.
#include <memory>
#include <vector>

#include <malloc.h>

#include <benchmark/benchmark.h>

#include "cast_folder.hpp"
#include "characters/character_loader.hpp"
#include "characters/character_manager.hpp"
#include "characters/character_store.hpp"
#include "samples.hpp"

namespace unmuted::bench {
namespace {

/// A loader whose store is its own: what another one knows is unknown to it.
struct Loading {
  std::shared_ptr<CharacterStore> store = std::make_shared<CharacterStore>();
  CharacterLoader loader{store, std::make_shared<MemoryBudget>(1U << 30U)};
  DirectoryPolicy policy = DirectoryPolicy::allow_any();

  CharacterSetPtr load(const CastFolder& folder) const { return *loader.load(folder.path()); }
};

CharacterSetPtr nobody() {
  return std::make_shared<CharacterSet>("", std::vector<CharacterPtr>{}, LoadReport{});
}

void check(benchmark::State& state, const tl::expected<CharacterSetPtr, ReloadFailure>& set,
           std::size_t count) {
  if (!set || (*set)->characters().size() != count) state.SkipWithError("the cast did not load");
}

void reload_known(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const CastFolder folder(count);
  const Loading loading;
  const CharacterSetPtr another_session = loading.load(folder);
  CharacterManager manager("abcdefghijkl", nobody());
  Samples reloads, floor;
  for (auto _ : state) {
    floor.time([&] { benchmark::DoNotOptimize(read_with_plain_system_calls(folder.path())); });
    reloads.time([&] { check(state, manager.reload(loading.loader, loading.policy, folder.path()), count); });
  }
  report_ratio(state, "reload", reloads, floor);
}
BENCHMARK(reload_known)->Arg(1)->Arg(20)->Arg(200)->Unit(benchmark::kMicrosecond);

void reload_unknown(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const CastFolder folder(count);
  Samples reloads, floor;
  for (auto _ : state) {
    const Loading loading;  // knows nobody
    CharacterManager manager("abcdefghijkl", nobody());
    floor.time([&] { benchmark::DoNotOptimize(read_with_plain_system_calls(folder.path())); });
    reloads.time([&] { check(state, manager.reload(loading.loader, loading.policy, folder.path()), count); });
  }
  report_ratio(state, "reload", reloads, floor);
}
BENCHMARK(reload_unknown)->Arg(1)->Arg(20)->Arg(200)->Unit(benchmark::kMicrosecond);

void reload_one_file_changed(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  CastFolder folder(count);
  const Loading loading;
  CharacterManager manager("abcdefghijkl", loading.load(folder));
  Samples reloads, floor;
  for (auto _ : state) {
    folder.change_one_file();
    floor.time([&] { benchmark::DoNotOptimize(read_with_plain_system_calls(folder.path())); });
    reloads.time([&] { check(state, manager.reload(loading.loader, loading.policy, folder.path()), count); });
  }
  report_ratio(state, "reload", reloads, floor);
}
BENCHMARK(reload_one_file_changed)->Arg(1)->Arg(20)->Arg(200)->Unit(benchmark::kMicrosecond);

std::size_t allocated_bytes() {
  return ::mallinfo2().uordblks;
}

void memory_of_a_session_that_shares_its_cast(benchmark::State& state) {
  constexpr std::size_t sessions = 1000;
  const CastFolder folder(20);
  const Loading loading;
  const CharacterSetPtr first = loading.load(folder);
  double bytes = 0;
  for (auto _ : state) {
    std::vector<std::unique_ptr<CharacterManager>> managers;
    managers.reserve(sessions);
    const std::size_t before = allocated_bytes();
    for (std::size_t i = 0; i < sessions; ++i) {
      managers.push_back(std::make_unique<CharacterManager>("abcdefghijkl", nobody()));
      managers.back()->reload(loading.loader, loading.policy, folder.path());
    }
    bytes = static_cast<double>(allocated_bytes() - before) / sessions;
  }
  state.counters["bytes_a_session"] = bytes;
}
BENCHMARK(memory_of_a_session_that_shares_its_cast)->Iterations(3)->Unit(benchmark::kMillisecond);

void memory_of_a_session_with_its_own_20_characters(benchmark::State& state) {
  constexpr std::size_t sessions = 50;
  const CastFolder folder(20);
  double bytes = 0;
  for (auto _ : state) {
    std::vector<std::unique_ptr<Loading>> stores(sessions);  // each a world of its own: nothing is shared
    for (auto& store : stores) store = std::make_unique<Loading>();
    std::vector<std::unique_ptr<CharacterManager>> managers;
    managers.reserve(sessions);
    const std::size_t before = allocated_bytes();
    for (const auto& loading : stores) {
      managers.push_back(std::make_unique<CharacterManager>("abcdefghijkl", nobody()));
      managers.back()->reload(loading->loader, loading->policy, folder.path());
    }
    bytes = static_cast<double>(allocated_bytes() - before) / sessions;
  }
  state.counters["bytes_a_session"] = bytes;
}
BENCHMARK(memory_of_a_session_with_its_own_20_characters)->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace unmuted::bench
