// The conversation's state machine: whatever happens in whatever order, it never contradicts itself, and
// never asks a model what a strict one refuses. Each byte is a throw of the dice.

#include "conversation/conversation.hpp"

#include "conversation/world.hpp"
#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::size_t at = 0;
  const auto byte = [&]() -> std::size_t { return at < size ? data[at++] : 0; };
  unmuted::World world([&](std::size_t n) {
    const std::size_t low = byte();
    return (n <= 256 ? low : low + 256 * byte()) % n;
  });
  world.begin();
  for (int events = 0; at < size && events < 100; ++events) world.go_on();
  world.end();
  return 0;
}
