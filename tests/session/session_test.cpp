#include "session/session.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/session_fixture.hpp"
#include "support/casts.hpp"

namespace unmuted {
namespace {

namespace asio = net::asio;
using nlohmann::json;
using test::cast_path;
using testing::ElementsAre;
using testing::HasSubstr;

/// Drives a session without sockets: what goes in is text, what comes out is JSON.
class SessionTest : public test::SessionFixture {
 protected:
  SessionTest() {
    host.default_cast.replace(*host.loader.load(cast_path("alpha")));
    open();
  }

  /// The next `count` told.
  std::vector<json> receive(std::size_t count) {
    run_until([&] { return told.size() >= count; });
    if (told.size() < count) throw std::runtime_error("the answer did not come");
    std::vector<json> taken(told.begin(),
                            told.begin() + static_cast<std::ptrdiff_t>(std::min(count, told.size())));
    told.erase(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(taken.size()));
    return taken;
  }
  /// The answer to an event, by its request_id; what comes before it is of the conversation, and dropped.
  json ask(json event) {
    const std::string id = "question " + std::to_string(++questions);
    event["event_id"] = id;
    send(event);
    while (true) {
      json answer = receive(1).at(0);
      if (answer.value("request_id", "") == id) return answer;
    }
  }
  json reload(const std::string& directory) {
    return ask({{"type", "session.characters.reload"}, {"directory", directory}});
  }
  json list() { return ask({{"type", "session.characters.list"}}); }
  json select(const json& members) { return ask({{"type", "session.update"}, {"session", members}}); }

  int questions = 0;
};

TEST_F(SessionTest, BeginsWithTheDefaultCastAndNobodyActive) {
  const json listed = list();
  EXPECT_EQ(listed["type"], "session.characters.listed");
  EXPECT_EQ(listed["directory"], cast_path("alpha"));
  EXPECT_EQ(listed["character_count"], listed["characters"].size());
  EXPECT_GT(listed["character_count"], 0);
  EXPECT_TRUE(listed["active"].is_null());
}

TEST_F(SessionTest, SelectingStartsAScriptOfItsOwn) {
  const json updated = select({{"voice", "Charles"}, {"allow_recording", true}});
  ASSERT_EQ(updated["type"], "session.updated");
  EXPECT_EQ(updated["session"]["id"], session->id());
  EXPECT_EQ(updated["session"]["character"], "Charles");
  EXPECT_EQ(updated["session"]["allow_recording"], true);
  EXPECT_THAT(host.modules->names(),
              ElementsAre(testing::StartsWith("session_" + session->id() + ".characters.")));
  EXPECT_EQ(list()["active"], "Charles");
  close();
  run_until([&] { return host.modules->size() == 0; });
  EXPECT_EQ(host.loader.budget()->used(), 0U);
}

TEST_F(SessionTest, AnAdHocCharacterHasAVoiceAndNoName) {
  const json updated = select({{"voice", "voices/mine.wav"}, {"instructions", "Be brief."}});
  EXPECT_EQ(updated["session"]["voice"], "voices/mine.wav");
  EXPECT_TRUE(updated["session"]["character"].is_null());
  EXPECT_TRUE(list()["active"].is_null());
}

TEST_F(SessionTest, AThemeWithoutATextIsAWarningAndTheVoiceIsSelected) {
  const std::string voice = list()["characters"][0]["voice"];
  send({{"type", "session.update"},
        {"event_id", "u"},
        {"session", {{"voice", voice}, {"instructions", {{"type", "domestic_robot"}, {"language", "en"}}}}}});
  const auto seen = receive(2);
  EXPECT_EQ(seen[0]["type"], "error");
  EXPECT_EQ(seen[0]["error"]["type"], "warning");
  EXPECT_EQ(seen[0]["request_id"], "u");
  EXPECT_EQ(seen[1]["type"], "session.updated");
  EXPECT_EQ(seen[1]["session"]["voice"], voice);
}

TEST_F(SessionTest, SomebodyElsewhereIsNotToldWhereTheDefaultCastLies) {
  const test::TemporaryFolder folder;
  folder.write("ann.lua", "return {");
  host.default_cast.replace(*host.loader.load(folder.path()));
  const auto message = [&] {
    const json failed = reload("default");
    EXPECT_EQ(failed["error"]["code"], "no_valid_characters");
    return failed["error"]["message"].get<std::string>();
  };
  EXPECT_THAT(message(), HasSubstr(folder.path()));
  close();
  told.clear();
  open(Peer{.local = false, .browser = true});
  EXPECT_EQ(message(), "No valid characters found in directory: default");
  EXPECT_EQ(reload("/etc")["error"]["message"], "Character directory is not allowed: /etc");
}

TEST_F(SessionTest, ARefusedReloadIsNoLoadThatTookNoTime) {
  reload("/nowhere");
  reload("relative");
  EXPECT_THAT(host.metrics.text(), HasSubstr("worker_character_load_duration_count 0"));
  reload(cast_path("alpha"));
  EXPECT_THAT(host.metrics.text(), HasSubstr("worker_character_load_duration_count 1"));
}

TEST_F(SessionTest, WhatIsNotFoundLeavesTheActiveCharacter) {
  select({{"voice", "Charles"}});
  const auto names = host.modules->names();
  const json error = select({{"voice", "Nobody"}});
  EXPECT_EQ(error["error"]["code"], "character_not_found");
  EXPECT_EQ(error["error"]["type"], "invalid_request_error");
  EXPECT_EQ(error["error"]["param"], "session.voice");
  EXPECT_EQ(list()["active"], "Charles");
  EXPECT_EQ(host.modules->names(), names);
}

TEST_F(SessionTest, AScriptThatFailsInItsPromptLeavesTheActiveCharacter) {
  const test::TemporaryFolder folder;
  const std::string rest = R"(voice = {source_type = "file", path_on_server = "v.wav"},
    instructions = {text = "x", language = "en"})";
  folder.write("bad.lua",
               "return {name = 'Bad', system_prompt = function() while true do end end, " + rest + "}");
  folder.write("good.lua", "return {name = 'Good', " + rest + "}");
  ASSERT_EQ(reload(folder.path())["type"], "session.characters.reloaded");
  select({{"voice", "Good"}});
  const json error = select({{"voice", "Bad"}});
  EXPECT_EQ(error["error"]["code"], "character_failed");
  EXPECT_THAT(error["error"]["message"].get<std::string>(), HasSubstr("'Bad' failed (script-timeout)"));
  EXPECT_EQ(list()["active"], "Good");
}

TEST_F(SessionTest, BracesInAClientsTextAreText) {
  const test::TemporaryFolder folder;
  folder.write("host.lua", R"(return {name = "Host", voice = {source_type = "file", path_on_server = "v.wav"},
    instructions = {text = "About {{topic}}.", language = "en"},
    system_prompt = function(self, ctx) return ctx.base(self.instructions.text, {topic = "rain"}) end})");
  reload(folder.path());
  EXPECT_EQ(select({{"voice", "Host"}, {"instructions", "Say {{nothing}} of {{topic}}."}})["type"],
            "session.updated");
}

TEST_F(SessionTest, AReloadReplacesTheCastAndEndsTheConversation) {
  select({{"voice", "Charles"}});
  const json reloaded = reload(cast_path("beta"));
  ASSERT_EQ(reloaded["type"], "session.characters.reloaded");
  EXPECT_EQ(reloaded["directory"], cast_path("beta"));
  EXPECT_EQ(reloaded["loaded_count"], reloaded["characters"].size());
  EXPECT_EQ(reloaded["error_count"], 0);
  const json listed = list();
  EXPECT_EQ(listed["directory"], cast_path("beta"));
  EXPECT_TRUE(listed["active"].is_null());
  run_until([&] { return host.modules->size() == 0; });
}

TEST_F(SessionTest, AFailedReloadChangesNothing) {
  select({{"voice", "Charles"}});
  const auto names = host.modules->names();
  for (const std::string directory : {"/nowhere/at/all", "relative", "/etc/hostname"}) {
    EXPECT_EQ(reload(directory)["type"], "error") << directory;
  }
  const json empty = reload(cast_path("empty"));
  EXPECT_EQ(empty["error"]["code"], "no_valid_characters");
  EXPECT_EQ(empty["error"]["type"], "server_error");
  EXPECT_EQ(list()["active"], "Charles");
  EXPECT_EQ(host.modules->names(), names);
}

TEST_F(SessionTest, ReportsEveryFailedCandidateOnce) {
  const json reloaded = reload(cast_path("partly-broken"));
  ASSERT_EQ(reloaded["type"], "session.characters.reloaded");
  EXPECT_EQ(reloaded["errors"].size(), reloaded["error_count"]);
  EXPECT_EQ(reloaded["total_files"].get<int>(),
            reloaded["loaded_count"].get<int>() + reloaded["error_count"].get<int>());
  EXPECT_GT(reloaded["error_count"], 0);
}

TEST_F(SessionTest, DefaultMeansTheServersPresentDirectory) {
  reload(cast_path("beta"));
  host.default_cast.replace(*host.loader.load(cast_path("same-names")));
  EXPECT_EQ(list()["directory"], cast_path("beta"));
  EXPECT_EQ(reload("default")["directory"], cast_path("same-names"));
}

TEST_F(SessionTest, AnswersInTheOrderOfArrival) {
  host.pool.shut_gate();
  for (int i = 0; i < 10; ++i) {
    const std::string directory = cast_path(i % 2 == 0 ? "alpha" : "beta");
    send({{"type", "session.characters.reload"},
          {"directory", directory},
          {"event_id", "r" + std::to_string(i)}});
  }
  send({{"type", "session.characters.list"}, {"event_id", "l"}});
  session->receive("no json");
  run_until([&] { return io.poll() == 0; });
  host.pool.wait_for_held(1);
  host.pool.open_gate();
  const auto all = receive(12);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(all[i]["type"], "session.characters.reloaded");
    EXPECT_EQ(all[i]["request_id"], "r" + std::to_string(i));
  }
  EXPECT_EQ(all[10]["request_id"], "l");
  EXPECT_EQ(all[11]["error"]["code"], "invalid_json");
}

TEST_F(SessionTest, WhatIsAskedWithoutADialectWaitsInTheSameQueue) {
  events::Configure charles;
  charles.voice = "Charles";
  send({{"type", "session.characters.list"}, {"event_id", "before"}});
  session->ask({.id = "select", .request = charles});
  session->ask({.id = "ignored", .request = events::Ignored{}});
  send({{"type", "session.characters.list"}, {"event_id", "after"}});
  EXPECT_TRUE(receive(1).at(0)["active"].is_null());
  EXPECT_EQ(receive(1).at(0)["request_id"], "select");
  run_until([&] { return !told.empty() && told.back().value("request_id", "") == "after"; });
  EXPECT_EQ(told.back()["active"], "Charles");
  session->end();
  session->ask({.id = "late", .request = events::ListCast{}});
  run_until([&] { return running == 0; });
  EXPECT_NE(told.back().value("request_id", ""), "late");
  session.reset();
}

TEST_F(SessionTest, RefusesWhatDoesNotFitInTheQueue) {
  host.pool.shut_gate();
  send({{"type", "session.characters.reload"}, {"directory", "default"}, {"event_id", "reload"}});
  run_until([&] { return io.poll() == 0; });
  for (std::size_t i = 0; i < environment.max_waiting_events; ++i)
    send({{"type", "session.characters.list"}});
  send({{"type", "session.characters.list"}, {"event_id", "one too many"}});
  const json refused = receive(1).at(0);
  EXPECT_EQ(refused["error"]["code"], "too_many_requests");
  EXPECT_EQ(refused["request_id"], "one too many");
  EXPECT_EQ(refused["error"]["event_id"], "one too many");
  host.pool.open_gate();
  const auto all = receive(1 + environment.max_waiting_events);
  EXPECT_EQ(all.front()["type"], "session.characters.reloaded");
  EXPECT_EQ(all.back()["type"], "session.characters.listed");
}

TEST_F(SessionTest, AServerThatIsTooBusySaysSoAndChangesNothing) {
  host.pool.stop();  // from here on it takes no work
  const json failed = reload(cast_path("beta"));
  EXPECT_EQ(failed["error"]["code"], "service_at_capacity");
  EXPECT_EQ(failed["error"]["type"], "server_error");
  EXPECT_EQ(select({{"voice", "Charles"}})["error"]["code"], "service_at_capacity");
  const json listed = list();
  EXPECT_EQ(listed["directory"], cast_path("alpha"));
  EXPECT_TRUE(listed["active"].is_null());
}

TEST_F(SessionTest, ADirectoryThatTakesTooLongIsGivenUp) {
  environment.load_patience = std::chrono::milliseconds(1);
  host.pool.shut_gate();
  const json failed = reload(cast_path("beta"));
  EXPECT_EQ(failed["error"]["code"], "character_reload_failed");
  EXPECT_THAT(failed["error"]["message"].get<std::string>(), HasSubstr("took too long"));
  host.pool.open_gate();
  environment.load_patience = std::chrono::hours(1);
  EXPECT_EQ(list()["directory"], cast_path("alpha"));
  EXPECT_EQ(reload(cast_path("beta"))["type"], "session.characters.reloaded");
}

TEST_F(SessionTest, AudioIsDroppedInSilenceAndNeverWaits) {
  host.pool.shut_gate();
  send({{"type", "session.characters.reload"}, {"directory", "default"}});
  for (int i = 0; i < 1000; ++i) send({{"type", "input_audio_buffer.append"}, {"audio", "AAAA"}});
  host.pool.open_gate();
  EXPECT_EQ(receive(1)[0]["type"], "session.characters.reloaded");
  EXPECT_EQ(list()["type"], "session.characters.listed");
}

TEST_F(SessionTest, AFloodIsReadMoreSlowlyAndToldSo) {
  const std::string audio =
      R"({"type":"input_audio_buffer.append","audio":")" + std::string(1U << 20U, 'A') + "\"}";
  bool wanted = false;
  const auto wants = [&](const std::exception_ptr&) { wanted = true; };
  for (int i = 0; i < 5; ++i) session->receive(audio);
  const json warning = receive(1).at(0);
  EXPECT_EQ(warning["error"]["code"], "input_too_fast");
  EXPECT_EQ(warning["error"]["type"], "warning");
  asio::co_spawn(io, session->input_wanted(), wants);
  io.restart();
  io.poll();
  EXPECT_FALSE(wanted);
  session->end();  // nobody waits for the end of the pause then
  io.restart();
  io.poll();
  EXPECT_TRUE(wanted);
  run_until([&] { return running == 0; });
  session.reset();
  EXPECT_TRUE(told.empty());
}

TEST_F(SessionTest, AnAnswerThatIsTooMuchForAllHoldsUpOnlyUntilItIsSent) {
  const test::TemporaryFolder folder;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "n" + std::to_string(i);
    folder.write(name + ".lua", "return {name = '" + name + "', metadata = {comment = '" +
                                    std::string(300, 'c') +
                                    "'}, voice = {source_type = 'file', path_on_server = 'v" + name +
                                    "'}, instructions = {text = 'x', language = 'en'}}");
  }
  close();
  environment.unread_events = std::make_shared<MemoryBudget>(0);  // nothing beyond what each has for free
  open();
  reload(folder.path());
  for (int i = 0; i < 3; ++i) {
    const json listed = list();
    EXPECT_GT(listed.dump().size(), Outbox::free_bytes);
  }
}

TEST_F(SessionTest, ABinaryFrameIsAnErrorAndNothingMore) {
  session->receive_binary("abc");
  EXPECT_EQ(receive(1)[0]["error"]["code"], "binary_frame");
  EXPECT_EQ(list()["type"], "session.characters.listed");
}

TEST_F(SessionTest, EndingDuringAReloadLeavesNothingBehind) {
  const std::size_t living = host.store->size();
  host.pool.shut_gate();
  send({{"type", "session.characters.reload"}, {"directory", cast_path("beta")}});
  run_until([&] { return io.poll() == 0; });
  host.pool.wait_for_held(1);
  close();  // returns although the job is held
  EXPECT_TRUE(told.empty());
  host.pool.open_gate();
  run_until([&] { return host.store->size() == living; });
  EXPECT_EQ(host.modules->size(), 0U);
  EXPECT_THAT(host.metrics.text(), Not(HasSubstr("session_id=")));
}

TEST_F(SessionTest, EndingWhileACharacterStartsKillsItsScript) {
  const test::TemporaryFolder folder;
  folder.write("slow.lua", R"(return {name = "Slow", voice = {source_type = "file", path_on_server = "v"},
    instructions = {text = "x", language = "en"}, system_prompt = function() while true do end end})");
  reload(folder.path());
  send({{"type", "session.update"}, {"session", {{"voice", "Slow"}}}});
  run_until([&] { return io.poll() == 0; });
  close();
  run_until([&] { return host.modules->size() == 0; });
}

TEST_F(SessionTest, WhatAScriptLogsStandsInTheLogWithTheSessionsId) {
  const test::TemporaryFolder folder;
  folder.write("chatty.lua", R"(return {name = "Chatty", voice = {source_type = "file", path_on_server = "v"},
    instructions = {text = "x", language = "en"},
    system_prompt = function(self, ctx) for i = 1, 50 do ctx.log("line\n" .. i) end return "p" end})");
  reload(folder.path());
  select({{"voice", "Chatty"}});
  host.log->flush();
  EXPECT_THAT(log_text.str(), HasSubstr("session " + session->id() + " script line\\n1"));
  EXPECT_THAT(log_text.str(), HasSubstr("line\\n10"));
  EXPECT_THAT(log_text.str(), Not(HasSubstr("line\\n11")));
}

TEST_F(SessionTest, CountsItsCharactersWhileItLives) {
  const std::string series = "session_character_count{session_id=\"" + session->id() + "\"}";
  EXPECT_THAT(host.metrics.text(), HasSubstr(series));
  reload(cast_path("beta"));
  EXPECT_THAT(host.metrics.text(),
              HasSubstr("character_load_per_session_total{session_id=\"" + session->id() + "\"}"));
  close();
  EXPECT_THAT(host.metrics.text(), Not(HasSubstr("session_id=")));
}

TEST_F(SessionTest, AReplyUnderWayIsNoIdleness) {
  close();
  const test::TemporaryFolder cast;
  cast.write("slow.lua",
             "return {name = 'Slow', metadata = {good = true}, greeting = 'One two three.',"
             " voice = {source_type = 'file', path_on_server = 'v.wav'},"
             " instructions = {text = 'Speak slowly.', language = 'en'}}");
  environment.words_per_minute = 200;                        // a word in 300 ms
  environment.idle_timeout = std::chrono::milliseconds(50);  // far less
  open();
  bool idle = false;
  ++running;
  asio::co_spawn(io, session->watch_idle(), [&](const std::exception_ptr&) {
    idle = true;
    --running;
  });
  send({{"type", "session.characters.reload"}, {"directory", cast.path()}});
  send({{"type", "session.update"}, {"session", {{"voice", "Slow"}}}});
  run_until([&] { return idle; });
  const auto said = [&](const std::string& type) {
    return std::any_of(told.begin(), told.end(), [&](const json& a) { return a["type"] == type; });
  };
  EXPECT_TRUE(said("response.created"));
  EXPECT_TRUE(said("response.audio.done"));
}

TEST_F(SessionTest, NobodyIsIdleWhereThereIsNoLimit) {
  bool returned = false;
  ++running;
  asio::co_spawn(io, session->watch_idle(), [&](const std::exception_ptr&) {
    returned = true;
    --running;
  });
  list();
  EXPECT_FALSE(returned);
  close();
  EXPECT_TRUE(returned);
}

}  // namespace
}  // namespace unmuted
