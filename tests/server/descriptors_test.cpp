#include "server/descriptors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/config.hpp"

namespace unmuted {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(Descriptors, AServerNeedsThemForItsSessionsAndTheirModel) {
  Config config;
  config.max_sessions = 1'000;
  const std::size_t scripted = descriptors_needed(config);
  EXPECT_GE(scripted, 1'000 + config.spare_connections);
  config.llm_url = "http://127.0.0.1:8080";
  EXPECT_EQ(descriptors_needed(config), scripted + 1'000);
  config.max_sessions = 2'000;
  EXPECT_EQ(descriptors_needed(config), scripted + 3'000);
}

TEST(Descriptors, AShortageIsSaidWithWhatToDo) {
  Config config;
  EXPECT_FALSE(descriptor_shortage(config, descriptors_needed(config)));
  const std::size_t limit = descriptors_needed(config) - 4'000;
  const std::string text = descriptor_shortage(config, limit).value_or("");
  EXPECT_THAT(text, HasSubstr("may have " + std::to_string(limit) + " files"));
  EXPECT_THAT(text, HasSubstr("10000 sessions"));
  EXPECT_THAT(text, HasSubstr("LimitNOFILE="));
  EXPECT_THAT(text, EndsWith("--max-sessions 6000"));
  config.max_sessions = 6'000;
  EXPECT_FALSE(descriptor_shortage(config, limit));
}

TEST(Descriptors, NoNumberOfSessionsIsAdvisedWhereNoneFits) {
  EXPECT_THAT(descriptor_shortage(Config(), 100).value_or(""), Not(HasSubstr("--max-sessions")));
}

}  // namespace
}  // namespace unmuted
