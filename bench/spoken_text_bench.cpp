// What it costs to make a word for the voice of what a model says.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "conversation/spoken_text.hpp"

namespace unmuted::bench {
namespace {

// As most replies are: sentences, and a word here and there that is emphasised.
constexpr std::string_view english =
    "Well, that's a good question! The old lighthouse stands on the cliffs about two kilometres north of the "
    "village, and people say that its lamp has been burning for more than a hundred years. Nobody knows who "
    "lights it, though; the keeper's house has been empty since the winter of 1953. If you'd like to see it "
    "for "
    "yourself, take the path behind the church, keep to the left at the broken fence, and mind the wind. It "
    "is "
    "*really* strong up there. Would you rather go in the morning, or shall we wait until the evening? ";
constexpr std::string_view french =
    "C\u2019est une très bonne question\u00A0! Le vieux phare se dresse sur la falaise, à deux kilomètres "
    "environ "
    "au nord du village, et l\u2019on raconte que sa lampe brûle depuis plus d\u2019un siècle. Personne ne "
    "sait qui "
    "l\u2019allume\u00A0: la maison du gardien est vide depuis l\u2019hiver 1953. Préférez-vous y aller le "
    "matin, "
    "ou attendre le soir\u2026 ";
constexpr std::string_view markdown =
    "## The way there\n\n1. **Take the path** behind the church\n2. Keep to the *left* at the "
    "`broken_fence`\n\n"
    "| Time | Wind |\n|---|---|\n| morning | weak |\n| evening | strong |\n\nSee [the "
    "map](https://example.org/m). 🙂\n\n";

/// About as long as a language model's tokens are: a space and the beginning of a word.
std::vector<std::string> tokens(std::string_view text) {
  std::vector<std::string> result;
  for (std::size_t at = 0; at < text.size(); at += result.back().size()) {
    const std::size_t next = std::min(text.find(' ', at + 1), text.size());
    result.emplace_back(text.substr(at, std::min<std::size_t>(next - at, 6)));
  }
  return result;
}

void spoken_text(benchmark::State& state, std::string_view reply) {
  const std::vector<std::string> pieces = tokens(reply);
  std::size_t words = 0;
  SpokenText text;
  for (auto _ : state) {
    for (const std::string& piece : pieces) {
      const auto complete = text.feed(piece);
      words += complete.size();
      benchmark::DoNotOptimize(complete.data());
    }
  }
  state.counters["per_word"] = benchmark::Counter(static_cast<double>(words),
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(spoken_text, english, english);
BENCHMARK_CAPTURE(spoken_text, french, french);
BENCHMARK_CAPTURE(spoken_text, markdown, markdown);

}  // namespace
}  // namespace unmuted::bench
