// Recordings of sessions: who allows them, what is in them, and when they go.
#include "session/recorder.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/dialogue_fixture.hpp"
#include "support/eventually.hpp"
#include "support/fake_speech.hpp"

namespace unmuted {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::character;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class RecorderTest : public test::DialogueFixture {
 protected:
  ~RecorderTest() override {
    host.pool.open_gate();
    close();
  }

  void record(RecordingLimits limits = {}) {
    auto made = Recordings::in(folder.path(), host.pool, host.log, limits);
    ASSERT_TRUE(made) << made.error().message;
    host.use(std::move(*made));
    cast.write("ann.lua",
               character("Ann", "greeting = 'Hello there.', reply = function() return 'Yes.' end"));
  }
  void allow(bool allowed, const json& more = json::object()) {
    json wanted = more;
    wanted["allow_recording"] = allowed;
    send({{"type", "session.update"}, {"session", wanted}});
  }
  void hear_of(const std::string& type, std::size_t count = 1) {
    run_until([&] { return test::count_of(told, type) >= count; });
  }
  void written() { ASSERT_TRUE(host.environment.recordings->wait_until_written(std::chrono::seconds(20))); }

  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder.path())) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  /// The lines of the recording, which there is one of.
  std::vector<json> lines() {
    written();
    EXPECT_EQ(files().size(), 1U);
    std::ifstream file(folder.path(files().at(0)), std::ios::binary);
    std::vector<json> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
    return lines;
  }
  static std::vector<std::string> summary(const std::vector<json>& lines) {
    std::vector<std::string> all;
    for (const json& line : lines)
      all.push_back(line["event_sender"].get<std::string>() + " " + line["data"]["type"].get<std::string>());
    return all;
  }

  const TemporaryFolder folder;
};

TEST_F(RecorderTest, WithoutPermissionNothingIsKept) {
  record();
  open();
  select("Ann");
  hear_of("response.audio.done");
  say("My secret.");
  allow(false);
  hear_of("session.updated", 2);
  close();
  written();
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RecorderTest, FromThePermissionOnEachEventIsALine) {
  record();
  open();
  allow(true, {{"voice", "Ann"}});
  hear_of("unmute.additional_outputs");
  const std::string id = session->id();
  close();
  const auto recorded = lines();
  EXPECT_THAT(summary(recorded),
              ElementsAre("client session.update", "server session.updated", "server response.created",
                          "server unmute.response.text.delta.ready", "server response.text.delta",
                          "server unmute.response.text.delta.ready", "server response.text.delta",
                          "server response.text.done", "server response.audio.done",
                          "server unmute.additional_outputs"));
  EXPECT_EQ(recorded[0]["data"]["session"], (json{{"voice", "Ann"}, {"allow_recording", true}}));
  EXPECT_EQ(recorded[1]["data"], told[0]);
  EXPECT_EQ(recorded[1]["data"]["session"]["allow_recording"], true);
  double before = 1.6e9;
  for (const json& line : recorded) {
    EXPECT_EQ(line.size(), 3U);
    EXPECT_GE(line["timestamp_wall"].get<double>(), before);
    before = line["timestamp_wall"];
  }
  EXPECT_TRUE(std::regex_match(files()[0],
                               std::regex("\\d{4}-\\d\\d-\\d\\d_\\d\\d-\\d\\d-\\d\\d_" + id + "\\.jsonl")));
  struct stat status {};
  ASSERT_EQ(::stat(folder.path(files()[0]).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(RecorderTest, ItIsWrittenWhileTheSessionGoesOn) {
  record();
  open();
  allow(true);
  run_until([&] { return files().size() == 1; });
}

TEST_F(RecorderTest, EventsOverSeveralLinesBecomeOne) {
  record();
  open();
  session->receive(
      "\xef\xbb\xbf{\"type\": \"session.update\",\r\n \"session\":\n {\"allow_recording\": true}}\n");
  session->receive("{\"type\": \"nothing that is known\"}");
  session->receive("no JSON");
  hear_of("error", 2);
  close();
  EXPECT_THAT(summary(lines()),
              ElementsAre("client session.update", "server session.updated", "server error", "server error"));
}

TEST_F(RecorderTest, TheUsersSoundIsNotInIt) {
  record();
  open();
  allow(true);
  send({{"type", "input_audio_buffer.append"}, {"audio", "T2dnUw=="}});
  hear_of("session.updated");
  close();
  for (const json& line : lines()) EXPECT_THAT(line.dump(), Not(HasSubstr("T2dnUw")));
}

TEST_F(RecorderTest, OfTheUsersSoundThereIsItsLength) {
  record();
  Recorder recorder(host.environment.recordings, events::unmute_dialect(), "one");
  recorder.client_sounded(1);  // before permission
  events::Configure allowing;
  allowing.allow_recording = true;
  recorder.client_said("{}", allowing);
  recorder.client_said("{\"audio\": \"secret\"}", events::AppendAudio{"secret"});
  recorder.client_sounded(1920);
  recorder.end();
  const auto recorded = lines();
  ASSERT_EQ(recorded.size(), 2U);
  EXPECT_EQ(recorded[1]["event_sender"], "client");
  EXPECT_EQ(recorded[1]["data"]["type"], "unmute.input_audio_buffer.append_anonymized");
  EXPECT_EQ(recorded[1]["data"]["number_of_samples"], 1920);
}

TEST_F(RecorderTest, TakingPermissionBackDeletesTheFile) {
  record();
  open();
  allow(true, {{"voice", "Ann"}});
  hear_of("response.audio.done");
  run_until([&] { return files().size() == 1; });
  allow(false);
  run_until([&] { return files().empty(); });
  hear_of("session.updated", 2);
  EXPECT_EQ(told.back()["session"]["allow_recording"], false);
  say("My secret.");
  allow(true);
  hear_of("session.updated", 3);
  close();
  EXPECT_THAT(summary(lines()), testing::Contains("client session.update"));
  EXPECT_THAT(summary(lines()), Not(testing::Contains("client conversation.item.create")));
  EXPECT_THAT(files()[0], HasSubstr("_2.jsonl"));
}

TEST_F(RecorderTest, PermissionIsTakenBackAtOnceWhateverComesOfTheRest) {
  record();
  open();
  allow(true);
  hear_of("session.updated");
  host.pool.shut_gate();
  select("Ann");  // stands at the gate, and everything behind it
  allow(false, {{"voice", "nobody"}});
  allow(true);
  allow(false);
  host.pool.open_gate();
  hear_of("session.updated", 4);
  EXPECT_EQ(test::first_of(told, "error")["error"]["code"], "character_not_found");
  for (const json& event : told) {
    if (event["type"] != "session.updated" || event == told[0]) continue;
    EXPECT_EQ(event["session"]["allow_recording"], false);
  }
  close();
  written();
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RecorderTest, AFileThatIsNotWrittenYetIsNotWrittenLater) {
  record();
  open();
  host.pool.shut_gate();
  allow(true);
  allow(false);
  close();
  host.pool.open_gate();
  written();
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RecorderTest, AWithdrawalThatThePoolTakesNoMoreDeletesTheFileAllTheSame) {
  record();
  open();
  allow(true);
  run_until([&] { return files().size() == 1; });
  written();
  host.pool.stop();
  allow(false);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RecorderTest, TheSizeHasALimitWhichTheLastLineTells) {
  record({.file = 4'000, .waiting = 1U << 20U, .all_waiting = 1U << 20U});
  open();
  allow(true);
  for (std::size_t i = 1; i <= 40; ++i) {
    send({{"type", "session.characters.list"}});
    hear_of("session.characters.listed", i);
  }
  close();
  const auto recorded = lines();
  EXPECT_LT(recorded.size(), 40U);
  EXPECT_EQ(recorded.back()["data"]["error"]["code"], "recording_full");
  EXPECT_LE(fs::file_size(folder.path(files()[0])), 4'000U);
  EXPECT_EQ(test::count_of(told, "error"), 0U);  // which is told to nobody but the file
}

TEST_F(RecorderTest, AFullFileGoesWithThePermission) {
  record({.file = 2'000, .waiting = 1U << 20U, .all_waiting = 1U << 20U});
  open();
  allow(true);
  for (std::size_t i = 1; i <= 20; ++i) {
    send({{"type", "session.characters.list"}});
    hear_of("session.characters.listed", i);
  }
  written();
  EXPECT_EQ(files().size(), 1U);
  allow(false);
  run_until([&] { return files().empty(); });
}

TEST_F(RecorderTest, ADiskThatIsTooSlowEndsTheRecordingAndNotTheSession) {
  record({.file = 1U << 20U, .waiting = 20'000, .all_waiting = 1U << 20U});
  open();
  host.pool.shut_gate();
  allow(true);
  for (std::size_t i = 1; i <= 200; ++i) {
    send({{"type", "session.characters.list"}});
    hear_of("session.characters.listed", i);
  }
  host.pool.open_gate();
  close();
  written();
  const std::string log = log_text.str();
  EXPECT_THAT(log, HasSubstr("recording_ended session="));
  EXPECT_THAT(log, HasSubstr("the disk is too slow"));
  EXPECT_EQ(log.find("recording_ended"), log.rfind("recording_ended"));
}

TEST_F(RecorderTest, AllRecordingsTogetherAreBounded) {
  record({.file = 1U << 20U, .waiting = 1U << 20U, .all_waiting = 100});
  open();
  host.pool.shut_gate();
  allow(true);
  hear_of("session.updated");
  close();
  host.pool.open_gate();
  written();
  EXPECT_THAT(log_text.str(), HasSubstr("the disk is too slow"));
}

TEST_F(RecorderTest, ADirectoryThatGoesEndsTheRecordingWithOneLine) {
  record();
  fs::remove_all(folder.path());
  open();
  allow(true);
  hear_of("session.updated");
  written();
  select("Ann");
  hear_of("response.audio.done");
  close();
  written();
  const std::string log = log_text.str();
  EXPECT_THAT(log, HasSubstr("error=No such file or directory"));
  EXPECT_EQ(log.find("recording_ended"), log.rfind("recording_ended"));
}

TEST_F(RecorderTest, WithoutADirectoryPermissionIsOnlyNoted) {
  open();
  allow(true);
  hear_of("session.updated");
  EXPECT_EQ(told[0]["session"]["allow_recording"], true);
}

TEST(Recordings, NeedADirectoryThatCanBeWrittenTo) {
  WorkerPool pool({.threads = 1});
  const TemporaryFolder folder;
  folder.write("file", "");
  for (const std::string& path : {folder.path("nowhere"), folder.path("file"), std::string()}) {
    const auto made = Recordings::in(path, pool, nullptr);
    ASSERT_FALSE(made) << path;
    EXPECT_EQ(made.error().code, "invalid_configuration");
    EXPECT_THAT(made.error().message, HasSubstr("There is no directory for recordings"));
  }
  EXPECT_TRUE(Recordings::in(folder.path(), pool, nullptr));
}

TEST(Recordings, AFileThatIsThereIsNotTouched) {
  std::ostringstream text;
  SessionHost host{{.pool = {.threads = 1},
                    .log = std::make_shared<spdlog::logger>(
                        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text))}};
  const TemporaryFolder folder;
  const auto recordings = std::move(*Recordings::in(folder.path(), host.pool, host.log));
  const auto first = recordings->begin("id", 1);
  EXPECT_TRUE(recordings->write(first, "1\n"));
  ASSERT_TRUE(recordings->wait_until_written(std::chrono::seconds(20)));
  const auto is_there = [&] { return !fs::is_empty(folder.path()); };
  EXPECT_TRUE(is_there());
  // Where somebody has put a link of the name that comes next, nothing is written through it.
  const fs::path made = fs::directory_iterator(folder.path())->path();
  const auto second = recordings->begin("id", 1);
  if (fs::exists(made)) {
    EXPECT_TRUE(recordings->write(second, "2\n"));
    ASSERT_TRUE(recordings->wait_until_written(std::chrono::seconds(20)));
    std::ifstream file(made);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(content, "1\n");
  }
  recordings->discard(first);
  ASSERT_TRUE(recordings->wait_until_written(std::chrono::seconds(20)));
  EXPECT_FALSE(fs::exists(made));
}

// --- voices that were cloned ------------------------------------------------------------------------------

TEST_F(RecorderTest, AClonedVoiceReachesTheServiceThatSpeaks) {
  record();
  auto made = std::make_unique<test::fake::FakeSpeech>();
  test::fake::FakeSpeech* const speech = made.get();
  host.use(std::move(made));
  open();
  const std::string voice = "custom:0b3c7d2e-94a1-4f60-8c2b-7d1e5a90c3f4";
  send({{"type", "session.update"}, {"session", {{"voice", voice}, {"instructions", "Be brief."}}}});
  run_until([&] { return speech->streams() == 1; });
  EXPECT_EQ(speech->stream(0).voice.path, voice);
  hear_of("response.created");
  EXPECT_EQ(test::first_of(told, "session.updated")["session"]["voice"], voice);
  EXPECT_EQ(test::first_of(told, "response.created")["response"]["voice"], voice);
  close();
  host.use(std::unique_ptr<TextToSpeech>());  // what was spoken belongs to the loop, which goes first
}

}  // namespace
}  // namespace unmuted
