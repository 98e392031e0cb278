#include "session/output.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "events/unmute/dialect.hpp"
#include "session/host.hpp"

namespace unmuted {
namespace {

/// The types of the next events, as a web page gets them.
std::vector<std::string> types_of_next(net::asio::io_context& io, Output& output, int count) {
  std::vector<std::string> types;
  const auto take = [&]() -> net::awaitable<void> {
    for (int i = 0; i < count; ++i) {
      const Outbox::Frame frame = co_await output.next_frame();
      types.push_back(nlohmann::json::parse(std::get<std::string>(frame)).at("type"));
    }
  };
  net::asio::co_spawn(io, take(), [](const std::exception_ptr& bug) {
    if (bug) std::rethrow_exception(bug);
  });
  io.run();
  return types;
}

TEST(Output, WordsThatWaitForAPageHoldUpNoSound) {
  SessionHost host{SessionHost::Options{}};
  net::asio::io_context io;
  Output output(io.get_executor(), host.environment, {.local = true, .browser = true},
                events::unmute_dialect());
  constexpr int words = 200;
  for (int i = 0; i < words; ++i) output.tell(events::WordReady{TurnId{1}, " word"});
  output.tell(events::AudioSpoken{TurnId{1}, audio::Samples(audio::frame_samples)});
  const auto types = types_of_next(io, output, words + 1);
  const auto sound = std::find(types.begin(), types.end(), "response.audio.delta");
  // How many words go first depends on the machine; not all of them do.
  EXPECT_LT(sound - types.begin(), words);
  EXPECT_EQ(std::count(types.begin(), types.end(), "response.audio.delta"), 1);
}

}  // namespace
}  // namespace unmuted
