// The inspector through real sockets: what authors are shown, and who is shown nothing.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "characters/character_set.hpp"
#include "conversation/prompt.hpp"
#include "net/url.hpp"
#include "probe/in_process_server.hpp"
#include "server/config.hpp"
#include "support/casts.hpp"
#include "support/raw_connection.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using probe::InProcessServer;
using test::cast_path;
using test::TemporaryFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class InspectTest : public testing::Test {
 protected:
  void start(Config config = {}) {
    config.characters = cast_path("alpha");
    config.threads = 1;
    auto started = InProcessServer::start(std::move(config));
    ASSERT_TRUE(started) << started.error().message;
    server_.emplace(std::move(*started));
  }
  Server& server() { return server_->server(); }
  std::string get(const std::string& target, const std::string& headers = "",
                  const std::string& host = "localhost:8000") {
    return test::raw_exchange(server().port(), "GET " + target + " HTTP/1.1\r\nHost: " + host +
                                                   "\r\nConnection: close\r\n" + headers + "\r\n");
  }
  static json body_of(const std::string& answer) {
    return json::parse(answer.substr(answer.find("\r\n\r\n") + 4), nullptr, false);
  }
  std::string cast_answer(const std::string& directory) {
    return get("/v1/inspect?directory=" + net::percent_encoded(directory));
  }
  json cast(const std::string& directory) {
    const std::string answer = cast_answer(directory);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
    return body_of(answer);
  }
  std::string character_answer(const std::string& directory, const std::string& name) {
    return get("/v1/inspect/character?directory=" + net::percent_encoded(directory) +
               "&name=" + net::percent_encoded(name));
  }
  json character(const std::string& directory, const std::string& name) {
    const std::string answer = character_answer(directory, name);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
    return body_of(answer);
  }

 private:
  std::optional<InProcessServer> server_;
};

std::vector<std::string> names_in(const json& cast) {
  std::vector<std::string> names;
  for (const json& one : cast.at("characters")) names.push_back(one.at("name"));
  return names;
}

std::string character_file(const std::string& name, const std::string& further = "") {
  return "return { name = '" + name +
         "', voice = { source_type = 'file', path_on_server = 'voices/x.wav' },\n" +
         "instructions = { text = 'You are " + name + ".', language = 'en' },\n" + further + "}\n";
}

const std::vector<std::string> inspector_routes = {"/inspect", "/inspect.html", "/api/inspect", "/v1/inspect",
                                                   "/v1/inspect/character?name=Anna"};

TEST_F(InspectTest, ShowsTheDefaultCast) {
  start();
  const std::string answer = get("/v1/inspect");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Cache-Control: no-store\r\n"),
                            HasSubstr("X-Content-Type-Options: nosniff\r\n")));
  const json shown = body_of(answer);
  EXPECT_EQ(shown.at("directory"), cast_path("alpha"));
  EXPECT_EQ(shown.at("is_default"), true);
  EXPECT_EQ(shown.at("total_files"), 2);
  EXPECT_EQ(shown.at("loaded_count"), 2);
  EXPECT_THAT(shown.at("errors"), IsEmpty());
  EXPECT_THAT(names_in(shown), ElementsAre("Anna", "Charles"));
  EXPECT_EQ(cast(cast_path("beta")).at("is_default"), false);
}

TEST_F(InspectTest, ShowsAllThatIsKnownOfACharacter) {
  start();
  const json shown = cast(cast_path("partly-broken"));
  EXPECT_THAT(names_in(shown), ElementsAre("Baker", "Gardener"));
  const json& baker = shown.at("characters")[0];
  EXPECT_EQ(baker.at("file"), "baker.lua");
  EXPECT_EQ(baker.at("metadata"),
            json({{"good", true}, {"comment", "One of the two that load."}, {"tags", {"test"}}}));
  EXPECT_EQ(baker.at("voice").at("path_on_server"), "voices/baker.wav");
  EXPECT_EQ(baker.at("has_system_prompt"), false);
  const json& gardener = shown.at("characters")[1];
  EXPECT_EQ(gardener.at("greeting"), "Mind the roses.");
  EXPECT_EQ(gardener.at("has_system_prompt"), true);
  EXPECT_EQ(gardener.at("has_reply"), false);
  EXPECT_EQ(gardener.at("tools"),
            json::array({{{"name", "count_plants"},
                          {"description", "How many plants there are"},
                          {"parameters", {{"type", "object"}, {"properties", json::object()}}}}}));
}

TEST_F(InspectTest, SaysWhatIsWrongAndWhere) {
  start();
  const json shown = cast(cast_path("partly-broken"));
  EXPECT_EQ(shown.at("total_files"), 8);
  EXPECT_EQ(shown.at("loaded_count"), 2);
  std::vector<std::string> found;
  for (const json& error : shown.at("errors")) {
    found.push_back(error.at("file").get<std::string>() + ":" + error.at("line").dump() + " " +
                    error.at("code").get<std::string>());
    EXPECT_EQ(error.at("severity"), "error");
    EXPECT_NE(error.at("message"), "");
    EXPECT_TRUE(error.contains("column") && error.contains("help"));
  }
  EXPECT_THAT(found, testing::Contains("broken-syntax.lua:4 syntax-error"));
  EXPECT_THAT(found, testing::Contains("nameless.lua:2 missing-field"));
  EXPECT_THAT(found, testing::Contains(testing::MatchesRegex("endless.lua:[0-9]+ script-timeout")));
  EXPECT_EQ(found.size(), 6U);
}

TEST_F(InspectTest, ShowsThePromptAsAConversationWouldHaveIt) {
  start();
  const json anna = character(cast_path("alpha"), "Anna");
  const CharacterPtr loaded = server().default_cast()->find("Anna");
  ASSERT_NE(loaded, nullptr);
  EXPECT_EQ(anna.at("system_prompt"),
            standard_prompt(loaded->instructions.text, loaded->instructions.language));
  EXPECT_GT(anna.at("words"), 10);
  EXPECT_EQ(anna.at("failure"), nullptr);
  const json gardener = character(cast_path("partly-broken"), "Gardener");
  EXPECT_EQ(gardener.at("character"), "Gardener");
  EXPECT_EQ(gardener.at("greeting"), "Mind the roses.");
  EXPECT_THAT(gardener.at("system_prompt").get<std::string>(),
              AllOf(HasSubstr("You know these plants:"), Not(HasSubstr("{{plants}}"))));
}

TEST_F(InspectTest, ReadsTheDiskEachTimeAndChangesNobodysCast) {
  const TemporaryFolder folder;
  folder.write("ada.lua", character_file("Ada"));
  start();
  const CharacterSetPtr before = server().default_cast();
  EXPECT_THAT(names_in(cast(folder.path())), ElementsAre("Ada"));
  folder.write("ada.lua", character_file("Eve", "greeting = 'Hello.'"));
  EXPECT_THAT(names_in(cast(folder.path())), ElementsAre("Eve"));
  EXPECT_EQ(character(folder.path(), "Eve").at("greeting"), "Hello.");
  EXPECT_THAT(character_answer(folder.path(), "Ada"), StartsWith("HTTP/1.1 404"));
  folder.remove("ada.lua");
  EXPECT_THAT(names_in(cast(folder.path())), IsEmpty());
  EXPECT_EQ(server().default_cast(), before);
  EXPECT_EQ(server().modules().size(), 0U);
}

TEST_F(InspectTest, AScriptThatFailsIsDiagnosed) {
  const TemporaryFolder folder;
  folder.write("loops.lua", character_file("Loops", "system_prompt = function() while true do end end"));
  folder.write(
      "raises.lua",
      character_file("Raises", "system_prompt = function(self, ctx) ctx.log('so far') error('no way') end"));
  start();
  const json loops = character(folder.path(), "Loops");
  EXPECT_EQ(loops.at("failure").at("code"), "script-timeout");
  EXPECT_EQ(loops.at("failure").at("file"), "loops.lua");
  EXPECT_EQ(loops.at("system_prompt"), nullptr);
  EXPECT_EQ(loops.at("words"), nullptr);
  const json raises = character(folder.path(), "Raises");
  EXPECT_EQ(raises.at("failure").at("code"), "prompt-error");
  EXPECT_EQ(raises.at("failure").at("line"), 3);
  EXPECT_THAT(raises.at("failure").at("message").get<std::string>(), HasSubstr("no way"));
  EXPECT_EQ(raises.at("log"), json::array({"so far"}));
}

TEST_F(InspectTest, ADirectoryThatCannotBeHadIsSaid) {
  start();
  EXPECT_THAT(cast_answer("/nowhere"),
              AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("Character directory not found: /nowhere")));
  EXPECT_THAT(cast_answer("relative"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(cast_answer(std::string("/a\0b", 4)), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(get("/v1/inspect?directory=%zz"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(get("/v1/inspect/character"), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("name: ")));
  EXPECT_THAT(character_answer(cast_path("alpha"), "Ann"),
              AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("did you mean 'Anna'?")));
}

TEST_F(InspectTest, KeepsToTheDirectoriesThatSessionsMayLoad) {
  const TemporaryFolder elsewhere;
  Config config;
  config.character_roots = {cast_path("beta")};
  start(std::move(config));
  EXPECT_THAT(names_in(cast(cast_path("beta"))), ElementsAre("Boris", "Charles"));
  EXPECT_THAT(names_in(cast("")), ElementsAre("Anna", "Charles"));
  EXPECT_THAT(cast_answer(elsewhere.path()), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(character_answer(elsewhere.path("nowhere"), "Ada"), StartsWith("HTTP/1.1 403"));
}

TEST_F(InspectTest, HasAPage) {
  start();
  for (const char* path : {"/inspect", "/inspect?directory=x", "/api/inspect", "/inspect.html"}) {
    EXPECT_THAT(get(path), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("js/inspect.js"),
                                 HasSubstr("Content-Security-Policy: default-src 'none'")));
  }
  EXPECT_THAT(get("/inspect/?a=b"),
              AllOf(StartsWith("HTTP/1.1 308"), HasSubstr("Location: ../inspect?a=b\r\n")));
  EXPECT_THAT(get("/api/inspect/"), AllOf(StartsWith("HTTP/1.1 308"), HasSubstr("Location: ../inspect\r\n")));
}

TEST_F(InspectTest, IsThereUnderNamesOfThisMachineOnly) {
  start();
  for (const std::string& route : inspector_routes) {
    for (const char* host : {"localhost", "LocalHost:8000", "127.0.0.1:8000", "127.1.2.3", "[::1]:8000"}) {
      EXPECT_THAT(get(route, "", host), StartsWith("HTTP/1.1 200")) << route << " " << host;
    }
    for (const char* host : {"rebound.example:8000", "localhost.example", "192.0.2.1:8000"}) {
      EXPECT_THAT(get(route, "", host), StartsWith("HTTP/1.1 403")) << route << " " << host;
    }
  }
}

TEST_F(InspectTest, NoPageOfAnotherHostSeesIt) {
  Config config;
  config.allowed_origins = {"https://play.example", "*"};
  start(std::move(config));
  for (const std::string& route : inspector_routes) {
    for (const char* origin : {"https://play.example", "null", "http://rebound.example:8000"}) {
      EXPECT_THAT(get(route, "Origin: " + std::string(origin) + "\r\n"), StartsWith("HTTP/1.1 403"))
          << origin;
    }
    EXPECT_THAT(get(route, "Origin: http://localhost:8000\r\n"), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_THAT(get("/v1/inspect", "Sec-Fetch-Site: cross-site\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(get("/v1/inspect", "Sec-Fetch-Site: same-origin\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(InspectTest, NothingThatWasForwardedSeesIt) {
  start();
  for (const std::string& route : inspector_routes) {
    for (const char* header :
         {"X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7", "Via: 1.1 cache"}) {
      EXPECT_THAT(get(route, header + std::string("\r\n")), StartsWith("HTTP/1.1 403"))
          << route << " " << header;
    }
  }
}

TEST_F(InspectTest, IsOffWhereOthersReachTheServer) {
  Config behind_proxy;
  behind_proxy.behind_proxy = true;
  start(behind_proxy);
  EXPECT_FALSE(server().has_inspector());
  for (const std::string& route : inspector_routes) {
    EXPECT_THAT(get(route), AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("The inspector is off"))) << route;
  }
  Config for_others;  // which is judged alike
  for (const char* address : {"0.0.0.0", "::", "192.0.2.1"}) {
    for_others.address = address;
    EXPECT_FALSE(Server(for_others).has_inspector()) << address;
  }
}

}  // namespace
}  // namespace unmuted
