// The web page through real sockets: as it was built in, and from a folder.
#include "server/web_files.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/entity_tag.hpp"
#include "probe/in_process_server.hpp"
#include "server/config.hpp"
#include "support/casts.hpp"
#include "support/raw_connection.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

using probe::InProcessServer;
using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class WebFilesTest : public testing::Test {
 protected:
  void start(const std::string& web = "", const std::string& address = "127.0.0.1") {
    Config config;
    config.characters = test::cast_path("alpha");
    config.threads = 1;
    config.address = address;
    config.web = web;
    auto started = InProcessServer::start(std::move(config));
    ASSERT_TRUE(started) << started.error().message;
    server_.emplace(std::move(*started));
  }

  std::string raw(const std::string& request) {
    return test::raw_exchange(server_->server().port(), request);
  }
  std::string ask(const std::string& method, const std::string& target, const std::string& headers = "",
                  const std::string& host = "localhost:8000") {
    return raw(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + headers +
               "\r\n");
  }
  std::string get(const std::string& target, const std::string& headers = "") {
    return ask("GET", target, headers);
  }
  static std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }
  static std::string built_in(std::string_view name) {
    const WebFile* file = built_in_web_file(name);
    return file == nullptr ? "" : *file->bytes;
  }

 private:
  std::optional<InProcessServer> server_;
};

TEST_F(WebFilesTest, ThePageIsBuiltIn) {
  start();
  ASSERT_FALSE(built_in("index.html").empty());
  for (const char* path : {"/", "/index.html", "/api", "/api/", "/api/index.html", "/?lang=fr"}) {
    const std::string answer = get(path);
    EXPECT_THAT(answer,
                AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Type: text/html; charset=utf-8\r\n")));
    EXPECT_EQ(body_of(answer), built_in("index.html")) << path;
  }
  for (const auto& [name, bytes] : built_in_files()) {
    EXPECT_EQ(web_file_name("/" + std::string(name)), name);
    EXPECT_EQ(built_in(name), bytes);
    EXPECT_EQ(body_of(get("/" + std::string(name))), bytes) << name;
  }
}

TEST_F(WebFilesTest, IsExactlyWhatTheFolderHeld) {
  const std::filesystem::path web = UNMUTED_SOURCE_DIR "/web";
  std::size_t served = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(web)) {
    const std::string name = entry.path().lexically_relative(web).string();
    if (!entry.is_regular_file() || !web_file_name("/" + name)) continue;
    ++served;
    const auto now = read_web_file(web.string(), name);
    ASSERT_TRUE(now) << name;
    EXPECT_EQ(*now->bytes, built_in(name)) << name;
  }
  EXPECT_EQ(served, built_in_files().size());
}

TEST_F(WebFilesTest, RunsNothingThatIsNotItsOwn) {
  start();
  const std::string answer = get("/");
  for (const char* header :
       {"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
        "data:; "
        "connect-src 'self' ws://localhost:8000 wss://localhost:8000; worker-src 'self'; media-src 'self' "
        "blob:; "
        "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n",
        "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n",
        "Permissions-Policy: microphone=(self), camera=(), geolocation=()\r\n",
        "Cross-Origin-Opener-Policy: same-origin\r\n", "Cache-Control: no-cache\r\n"}) {
    EXPECT_THAT(answer, HasSubstr(header));
  }
}

TEST_F(WebFilesTest, AHostHasNoSayInThePolicy) {
  start();
  for (const char* host : {"[::1]:8000", "a;script-src", "under_score", "a%20b", ""}) {
    EXPECT_THAT(ask("GET", "/", "", host), Not(HasSubstr("ws://"))) << host;
  }
  EXPECT_THAT(ask("GET", "/", "", "Talk.Example"), HasSubstr(" ws://talk.example wss://talk.example;"));
}

TEST_F(WebFilesTest, IsSentAgainOnlyWhereItHasChanged) {
  start();
  const std::string tag = built_in_web_file("index.html")->entity_tag;
  EXPECT_THAT(get("/"), HasSubstr("ETag: " + tag + "\r\n"));
  for (const std::string& known : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    for (const char* method : {"GET", "HEAD"}) {
      const std::string answer = ask(method, "/", "If-None-Match: " + known + "\r\n");
      EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 304"), HasSubstr("ETag: " + tag + "\r\n"),
                                HasSubstr("Cache-Control: no-cache\r\n"), Not(HasSubstr("Content-Length")),
                                Not(HasSubstr("Content-Type:"))))
          << known;
      EXPECT_EQ(body_of(answer), "");
    }
  }
  EXPECT_THAT(get("/", "If-None-Match: \"other\"\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/", "If-None-Match: \"other\"\r\nIf-None-Match: " + tag + "\r\n"),
              StartsWith("HTTP/1.1 304"));
}

TEST_F(WebFilesTest, TakesTheMethodsOfARoute) {
  start();
  const std::string head = ask("HEAD", "/");
  EXPECT_THAT(head,
              AllOf(StartsWith("HTTP/1.1 200"),
                    HasSubstr("Content-Length: " + std::to_string(built_in("index.html").size()) + "\r\n")));
  EXPECT_EQ(body_of(head), "");
  EXPECT_THAT(ask("OPTIONS", "/index.html"),
              AllOf(StartsWith("HTTP/1.1 204"), HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"),
                    Not(HasSubstr("Content-Length"))));
  EXPECT_THAT(ask("DELETE", "/index.html"),
              AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD, OPTIONS\r\n")));
  EXPECT_THAT(get("/nothing.css"), AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("Not found: /nothing.css")));
}

TEST_F(WebFilesTest, OfAFolderEachRequestSeesWhatIsThereNow) {
  const TemporaryFolder folder;
  folder.write("index.html", "one");
  start(folder.path());
  EXPECT_EQ(body_of(get("/")), "one");
  folder.write("index.html", "two");
  const std::string answer = get("/", "If-None-Match: " + net::entity_tag("one") + "\r\n");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("ETag: " + net::entity_tag("two") + "\r\n"),
                            HasSubstr("Content-Security-Policy: default-src 'none'")));
  EXPECT_EQ(body_of(answer), "two");
  EXPECT_THAT(get("/", "If-None-Match: " + net::entity_tag("two") + "\r\n"), StartsWith("HTTP/1.1 304"));

  EXPECT_THAT(get("/js/new.js"), StartsWith("HTTP/1.1 404"));
  folder.write("js/new.js", "new");
  EXPECT_THAT(get("/js/new.js"), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Type: text/javascript"),
                                       testing::EndsWith("new")));
  folder.remove("index.html");
  EXPECT_THAT(get("/"), StartsWith("HTTP/1.1 404"));
}

TEST_F(WebFilesTest, NoPathLeavesTheFolder) {
  const TemporaryFolder outside;
  outside.write("secret.html", "secret");
  outside.write("page/index.html", "page");
  outside.write("page/js/inside.js", "inside");
  outside.write("page/.hidden.html", "secret");
  outside.write("page/.git/config.html", "secret");
  outside.write("page/notes.txt", "secret");
  std::filesystem::create_symlink("../secret.html", outside.path("page/out.html"));
  std::filesystem::create_symlink("..", outside.path("page/up"));
  std::filesystem::create_symlink(outside.path("secret.html"), outside.path("page/absolute.html"));
  std::filesystem::create_symlink("js/inside.js", outside.path("page/in.js"));
  start(outside.path("page"));
  EXPECT_EQ(body_of(get("/in.js")), "inside");
  EXPECT_EQ(body_of(get("/js/../index.html")), "page");
  for (const char* path :
       {"/../secret.html", "/%2e%2e/secret.html", "/..%2fsecret.html", "/%2E%2E%2Fsecret.html",
        "/js/../../secret.html", "/..%5csecret.html", "/secret.html%00", "/%00/../secret.html",
        "/js/%2e%2e/%2e%2e/secret.html", "//secret.html", "/out.html", "/up/secret.html", "/absolute.html",
        "/.hidden.html", "/.git/config.html", "/notes.txt", "/api/../secret.html", "/js", "/js/"}) {
    const std::string answer = get(path);
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 404"), Not(testing::EndsWith("secret")))) << path;
  }
  for (const char* target : {"/..\\secret.html", "secret.html", "../secret.html"}) {
    EXPECT_THAT(get(target), AllOf(StartsWith("HTTP/1.1 4"), Not(testing::EndsWith("secret")))) << target;
  }
}

TEST_F(WebFilesTest, WhatCannotBeServedOfAFolderIsSaid) {
  const TemporaryFolder folder;
  folder.write("index.html", "");
  folder.write("large.js", std::string(max_web_file + 1, 'x'));
  folder.write("fits.js", std::string(max_web_file, 'x'));
  std::filesystem::create_directory(folder.path("folder.js"));
  ASSERT_EQ(::mkfifo(folder.path("fifo.js").c_str(), 0600), 0);
  start(folder.path());
  EXPECT_THAT(get("/"), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Length: 0\r\n")));
  EXPECT_THAT(get("/large.js"),
              AllOf(StartsWith("HTTP/1.1 500"), HasSubstr("large.js: it has more than 4 MiB")));
  EXPECT_EQ(body_of(get("/fits.js")).size(), max_web_file);
  EXPECT_THAT(get("/folder.js"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(get("/fifo.js"), StartsWith("HTTP/1.1 404"));
}

TEST_F(WebFilesTest, AFolderWithoutAPageIsAnErrorAtTheStart) {
  const TemporaryFolder folder;
  for (const std::string& path : {folder.path(), folder.path("missing")}) {
    Config config;
    config.characters = test::cast_path("alpha");
    config.web = path;
    const auto started = InProcessServer::start(std::move(config));
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, "invalid_configuration");
    EXPECT_THAT(started.error().message, StartsWith("--web: there is no index.html to be read in " + path));
  }
}

}  // namespace
}  // namespace unmuted
