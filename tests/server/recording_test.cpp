// Recordings of sessions on real sockets, to the end of the server.
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "support/casts.hpp"
#include "support/eventually.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

namespace fs = std::filesystem;
using probe::Client;
using probe::InProcessServer;
using probe::Json;
using testing::HasSubstr;

class RecordingTest : public testing::Test {
 protected:
  Result<InProcessServer> start(const std::string& directory) {
    Config config;
    config.characters = test::cast_path("alpha");
    config.threads = 2;
    config.recordings_dir = directory;
    return InProcessServer::start(std::move(config));
  }
  static void allow(Client& client, bool allowed) {
    EXPECT_TRUE(client.send({{"type", "session.update"}, {"session", {{"allow_recording", allowed}}}}));
    EXPECT_TRUE(client.expect("{type: session.updated}"));
  }
  [[nodiscard]] std::vector<Json> last_lines() const {
    std::vector<Json> lines;
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      std::ifstream file(entry.path());
      std::string last;
      for (std::string line; std::getline(file, line);) last = line;
      lines.push_back(Json::parse(last));
    }
    return lines;
  }

  const test::TemporaryFolder folder;
};

TEST_F(RecordingTest, WhatSessionsLeftIsWrittenBeforeTheServerEnds) {
  auto harness = start(folder.path());
  ASSERT_TRUE(harness) << harness.error().message;
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::move(*Client::connect(harness->websocket_url())));
    allow(clients.back(), true);
  }
  allow(clients.back(), false);
  for (Client& client : clients) EXPECT_TRUE(client.send({{"type", "session.characters.list"}}));
  for (Client& client : clients) EXPECT_TRUE(client.expect("{type: session.characters.listed}"));
  harness->server().drain(std::chrono::milliseconds(0));
  const auto lines = last_lines();
  ASSERT_EQ(lines.size(), 2U);
  for (const Json& line : lines) EXPECT_EQ(line["data"]["type"], "session.characters.listed");
}

TEST_F(RecordingTest, WithoutItsDirectoryTheServerDoesNotStart) {
  const auto harness = start(folder.path("nowhere"));
  ASSERT_FALSE(harness);
  EXPECT_EQ(harness.error().code, "invalid_configuration");
  EXPECT_THAT(harness.error().message, HasSubstr("There is no directory for recordings"));
}

}  // namespace
}  // namespace unmuted
