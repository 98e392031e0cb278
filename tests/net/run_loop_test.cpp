#include "net/run_loop.hpp"

#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted::net {
namespace {

TEST(RunLoop, AHandlerThatThrowsEndsNothingElse) {
  asio::io_context io{1};
  std::vector<std::string> seen;
  asio::post(io, [&] { seen.emplace_back("before"); });
  asio::post(io, [] { throw std::runtime_error("a bug"); });
  asio::post(io, [&] { seen.emplace_back("between"); });
  asio::post(io, [] { throw std::bad_alloc(); });
  asio::post(io, [] { throw 7; });
  asio::post(io, [&] { seen.emplace_back("after"); });
  run_loop(io, [&](const std::exception* bug) { seen.emplace_back(bug == nullptr ? "?" : bug->what()); });
  EXPECT_THAT(seen, testing::ElementsAre("before", "a bug", "between", "std::bad_alloc", "?", "after"));
}

}  // namespace
}  // namespace unmuted::net
