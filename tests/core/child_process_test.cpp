#include "core/child_process.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted {
namespace {

using namespace std::chrono_literals;

/// What a child writes to the other end, until that is closed.
std::string read_to_end(Pipe& pipe) {
  pipe.writing = UniqueFd();
  std::string all;
  std::array<char, 256> part{};
  pollfd waiting{pipe.reading.get(), POLLIN, 0};
  while (::poll(&waiting, 1, 30'000) > 0) {
    const ssize_t got = ::read(pipe.reading.get(), part.data(), part.size());
    if (got <= 0) break;
    all.append(part.data(), static_cast<std::size_t>(got));
  }
  return all;
}

ChildProcess shell(const std::string& script, ChildProcess::Streams streams) {
  auto child = ChildProcess::start({"sh", "-c", script}, harmless_environment(), streams);
  if (!child) throw std::runtime_error("cannot start sh");
  return std::move(*child);
}

TEST(ChildProcess, HasTheStreamsThatItIsGivenAndNoOther) {
  auto out = open_pipe();
  auto err = open_pipe();
  ASSERT_TRUE(out && err);
  ChildProcess child = shell("echo said; echo wrong >&2; cat; ls /proc/self/fd | wc -l",
                             {.out = out->writing.get(), .err = err->writing.get()});
  EXPECT_EQ(read_to_end(*out), "said\n4\n");  // the fourth is the folder that ls reads
  EXPECT_EQ(read_to_end(*err), "wrong\n");
  EXPECT_EQ(child.wait_until(Clock::now() + 30s), 0);
  EXPECT_EQ(child.wait_until(Clock::now()), 0) << "also when it is asked again";
}

TEST(ChildProcess, GetsNothingOfTheEnvironmentThatItNeedNotHave) {
  ::setenv("UNMUTED_TEST_SECRET", "secret", 1);
  auto out = open_pipe();
  ASSERT_TRUE(out);
  const ChildProcess child = shell("env", {.out = out->writing.get()});
  const std::string environment = read_to_end(*out);
  EXPECT_THAT(environment, testing::HasSubstr("PATH="));
  EXPECT_THAT(environment, testing::Not(testing::HasSubstr("secret")));
  ::unsetenv("UNMUTED_TEST_SECRET");
}

TEST(ChildProcess, TellsHowItEnded) {
  EXPECT_EQ(end_as_text(shell("exit 3", {}).wait_until(Clock::now() + 30s).value_or(0)),
            "ended with exit code 3");
  EXPECT_EQ(end_as_text(shell("kill -9 $$", {}).wait_until(Clock::now() + 30s).value_or(0)),
            "was ended by signal 9");
  const auto missing = ChildProcess::start({"unmuted-no-such-program"}, harmless_environment(), {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), ENOENT);
}

TEST(ChildProcess, IsKilledWithAllItStarted) {
  auto out = open_pipe();
  ASSERT_TRUE(out);
  {
    ChildProcess child = shell("sleep 1000 & sleep 1000", {.out = out->writing.get()});
    EXPECT_EQ(child.wait_until(Clock::now()), std::nullopt);
    child.kill();
    child.kill();
    EXPECT_EQ(end_as_text(child.wait_until(Clock::now()).value_or(0)), "was ended by signal 9");
    const ChildProcess moved = std::move(child);
  }
  EXPECT_EQ(read_to_end(*out), "") << "nobody has the other end any more";
}

}  // namespace
}  // namespace unmuted
