// The server's binary as its operator sees it: flags, exit codes, what it prints, signals.
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/casts.hpp"
#include "support/certificate.hpp"
#include "support/process.hpp"
#include "support/raw_connection.hpp"
#include "support/temporary_folder.hpp"
#include "support/tls_connection.hpp"

namespace unmuted::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ProcessResult unmuted(std::vector<std::string> arguments, const ProcessOptions& options = {}) {
  arguments.insert(arguments.begin(), binary("unmuted"));
  return run_process(arguments, options);
}

/// A server on a free port, with a default cast of ours.
class RunningServer {
 public:
  explicit RunningServer(std::vector<std::string> further = {}, const std::string& cast = cast_path("alpha"))
      : process_(arguments(std::move(further), cast)) {
    started_ = process_.wait_for("/v1/realtime");
  }
  Process* operator->() { return &process_; }
  [[nodiscard]] bool started() const { return started_; }
  /// "127.0.0.1:40123"
  [[nodiscard]] std::string address() const {
    const std::string out = process_.out();
    const std::string before = "http://";
    const std::size_t begin = out.find(before) + before.size();
    return out.substr(begin, out.find('\n', begin) - begin);
  }

 private:
  static std::vector<std::string> arguments(std::vector<std::string> further, const std::string& cast) {
    std::vector<std::string> all{binary("unmuted"), "--listen", "127.0.0.1:0", "--characters", cast};
    all.insert(all.end(), further.begin(), further.end());
    return all;
  }

  Process process_;
  bool started_ = false;
};

TEST(Unmuted, SaysWhereItListensAndWithWhat) {
  RunningServer server;
  ASSERT_TRUE(server.started()) << server->err();
  EXPECT_THAT(server->out(), HasSubstr("listens on http://127.0.0.1:"));
  EXPECT_THAT(server->out(), HasSubstr("2 of 2 from " + cast_path("alpha")));
  EXPECT_THAT(server->out(), HasSubstr("backends"));
  server->signal(SIGTERM);
  const ProcessResult end = server->finish();
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_THAT(end.err, HasSubstr("server stopped"));
}

TEST(Unmuted, ServesItsPageOrThatOfAFolder) {
  const TemporaryFolder folder;
  folder.write("index.html", "a page of ours");
  const auto page_of = [](const RunningServer& server) {
    const std::string address = server.address();
    const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
    return raw_exchange(port, "GET / HTTP/1.1\r\nHost: " + address + "\r\nConnection: close\r\n\r\n");
  };
  RunningServer usual;
  ASSERT_TRUE(usual.started()) << usual->err();
  EXPECT_THAT(page_of(usual), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("<!doctype html>")));
  RunningServer edited({"--web", folder.path()});
  ASSERT_TRUE(edited.started()) << edited->err();
  EXPECT_THAT(page_of(edited), HasSubstr("a page of ours"));
}

TEST(Unmuted, TellsWhatIsOddAboutTheDefaultCast) {
  const TemporaryFolder folder;
  for (const std::string name : {"ann", "bob"}) {
    folder.write(name + ".lua",
                 "return {name = '" + name +
                     "', voice = {source_type = 'file', path_on_server = 'v.wav'},"
                     "instructions = {text = 'Salut.', language = 'fr'}, metadata = {good = true}}");
  }
  const ProcessResult checked = unmuted({"--check", "--characters", folder.path()});
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_THAT(checked.err, HasSubstr("warning: bob.lua:1: [voice-shared]"));
  EXPECT_THAT(checked.err, HasSubstr("no character that is marked good has the language \"en\""));
  RunningServer server({}, folder.path());
  ASSERT_TRUE(server.started());
  EXPECT_THAT(server->err(), HasSubstr("[voice-shared]"));
}

TEST(Unmuted, SaysWhoMayDoWhat) {
  RunningServer usual;
  ASSERT_TRUE(usual.started()) << usual->err();
  EXPECT_THAT(usual->out(), HasSubstr("any for clients of this machine"));
  EXPECT_THAT(usual->out(), HasSubstr("http://localhost, http://localhost:3000 and its own"));
  RunningServer proxied({"--behind-proxy", "--allow-origin", "tauri://localhost", "--allow-origin", "null"});
  ASSERT_TRUE(proxied.started()) << proxied->err();
  EXPECT_THAT(proxied->out(), HasSubstr("the default cast's only"));
  EXPECT_THAT(proxied->out(), HasSubstr("tauri://localhost, null and its own"));
  RunningServer rooted({"--behind-proxy", "--character-root", cast_path("")});
  ASSERT_TRUE(rooted.started()) << rooted->err();
  EXPECT_THAT(rooted->out(), HasSubstr("what lies beneath " + cast_path("")));
}

TEST(Unmuted, SaysWhereVoicesAndRecordingsAreKept) {
  const TemporaryFolder folder;
  RunningServer server({"--voice-cloning", "http://127.0.0.1:9", "--redis", "redis://:sesame@127.0.0.1:9/2",
                        "--recordings-dir", folder.path()});
  ASSERT_TRUE(server.started()) << server->err();
  EXPECT_THAT(server->out(), HasSubstr("voice cloning http://127.0.0.1:9, kept in redis://127.0.0.1:9/2"));
  EXPECT_THAT(server->out(), HasSubstr("in " + folder.path() + ", of sessions whose users allow it"));
  EXPECT_THAT(server->out(), testing::Not(HasSubstr("sesame")));
}

TEST(Unmuted, ChecksWhereVoicesAndRecordingsAreKept) {
  const TemporaryFolder folder;
  struct Case {
    std::vector<std::string> arguments;
    std::string words;
  };
  for (const auto& [arguments, words] :
       {Case{{"--voice-cloning", "localhost:8092"}, "--voice-cloning: "},
        Case{{"--redis", "localhost:6379"}, "--redis: Neither redis:// nor rediss://"},
        Case{{"--recordings-dir", folder.path("nowhere")}, "There is no directory for recordings"}}) {
    std::vector<std::string> all{"--check", "--characters", cast_path("alpha")};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const ProcessResult checked = unmuted(all);
    EXPECT_EQ(checked.exit_code, 2) << words;
    EXPECT_THAT(checked.err, HasSubstr(words));
  }
  ProcessOptions options;
  options.environment = {"KYUTAI_RECORDINGS_DIR=" + folder.path(), "KYUTAI_REDIS_URL=rediss://host",
                         "KYUTAI_VOICE_CLONING_URL=https://example.org"};
  const ProcessResult fine = unmuted({"--check", "--characters", cast_path("alpha")}, options);
  EXPECT_EQ(fine.exit_code, 0) << fine.err;
}

TEST(Unmuted, MayBeToldOfItsProxyByTheEnvironment) {
  ProcessOptions options;
  options.environment = {"UNMUTED_BEHIND_PROXY=1"};
  Process process({binary("unmuted"), "--listen", "127.0.0.1:0", "--characters", cast_path("alpha")},
                  options);
  ASSERT_TRUE(process.wait_for("/v1/realtime")) << process.err();
  EXPECT_THAT(process.out(), HasSubstr("the default cast's only"));
}

TEST(Unmuted, EndsInOrderAtSigint) {
  RunningServer server;
  ASSERT_TRUE(server.started());
  server->signal(SIGINT);
  EXPECT_EQ(server->finish().exit_code, 0);
}

// --- ends that are held up ----------------------------------------------------------------------------

/// The writing end of a pipe that nobody reads and that is full: whoever writes to it waits for ever.
class FullPipe {
 public:
  FullPipe() {
    EXPECT_EQ(::pipe(ends_.data()), 0);
    ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    const std::string filling(4096, 'x');
    while (::write(ends_[1], filling.data(), filling.size()) > 0) {
    }
    ::fcntl(ends_[1], F_SETFL, 0);
  }
  ~FullPipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  FullPipe(const FullPipe&) = delete;
  FullPipe& operator=(const FullPipe&) = delete;
  [[nodiscard]] std::string number() const { return std::to_string(ends_[1]); }

 private:
  std::array<int, 2> ends_{-1, -1};
};

/// The server's command line with `redirection` of the shell.
std::vector<std::string> redirected(const std::string& redirection, const std::string& cast) {
  return {"/bin/sh",         "-c",          "exec \"$0\" \"$@\" " + redirection,
          binary("unmuted"), "--log-level", "debug",
          "--listen",        "127.0.0.1:0", "--characters",
          cast_path(cast)};
}

TEST(Unmuted, ALogThatIsHeldUpDoesNotKeepItAlive) {
  const FullPipe nobody_reads;
  Process server(redirected("2>&" + nobody_reads.number(), "alpha"));
  ASSERT_TRUE(server.wait_for("/v1/realtime"));
  server.signal(SIGHUP);
  server.signal(SIGTERM);
  const ProcessResult end = server.finish();
  EXPECT_FALSE(end.timed_out);
  EXPECT_EQ(end.exit_code, 0);
}

TEST(Unmuted, AGreetingThatIsHeldUpDoesNotKeepItAlive) {
  const FullPipe nobody_reads;
  Process server(redirected(">&" + nobody_reads.number(), "partly-broken"));
  ASSERT_TRUE(server.wait_for("warning: broken-syntax.lua"));  // which is said before the greeting
  server.signal(SIGTERM);
  const ProcessResult end = server.finish();
  EXPECT_FALSE(end.timed_out);
  EXPECT_EQ(end.exit_code, 0);
}

TEST(Unmuted, TheSecondSignalEndsItAtOnce) {
  RunningServer server({"--drain-timeout", "3600"});
  ASSERT_TRUE(server.started());
  const std::string address = server.address();
  RawConnection mute(static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
  mute.send(
      "GET /v1/realtime HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
  ASSERT_THAT(mute.until("\r\n\r\n"), StartsWith("HTTP/1.1 101"));
  server->signal(SIGTERM);
  ASSERT_TRUE(server->wait_for("server draining signal=SIGTERM sessions=1"));
  server->signal(SIGINT);
  const ProcessResult end = server->finish();
  EXPECT_FALSE(end.timed_out);
  EXPECT_EQ(end.exit_code, 128 + SIGINT);
}

TEST(Unmuted, ReadsTheDefaultCastAgainAtSighup) {
  const TemporaryFolder folder;
  std::filesystem::copy(cast_path("alpha"), folder.path(), std::filesystem::copy_options::recursive);
  RunningServer server({}, folder.path());
  ASSERT_TRUE(server.started());
  folder.remove("charles.lua");
  server->signal(SIGHUP);
  EXPECT_TRUE(server->wait_for("default_reloaded directory=" + folder.path() + " characters=1 errors=0"));
  std::filesystem::remove_all(folder.path());
  server->signal(SIGHUP);
  EXPECT_TRUE(server->wait_for("default_reload_failed"));
  server->signal(SIGTERM);
  EXPECT_EQ(server->finish().exit_code, 0);
}

TEST(Unmuted, SpeaksTlsAndReadsItsCertificateAgainAtSighup) {
  const CertificateFiles files(make_certificate("localhost", "first"));
  RunningServer server({"--tls-cert", files.certificate(), "--tls-key", files.key()});
  ASSERT_TRUE(server.started()) << server->err();
  EXPECT_THAT(server->out(), HasSubstr("listens on https://127.0.0.1:"));
  EXPECT_THAT(server->out(), HasSubstr("sessions    wss://127.0.0.1:"));
  EXPECT_THAT(server->out(), HasSubstr("certificate " + files.certificate() + ", valid until 20"));
  const std::string out = server->out();
  const std::size_t begin = out.find("127.0.0.1:") + 10;
  const auto port = static_cast<std::uint16_t>(std::stoi(out.substr(begin)));
  EXPECT_EQ(TlsConnection(port).server_name(), "first");

  files.write(make_certificate("localhost", "second"));
  server->signal(SIGHUP);
  EXPECT_TRUE(server->wait_for("certificate_reloaded file=" + files.certificate()));
  EXPECT_EQ(TlsConnection(port).server_name(), "second");
  files.write_key("none");
  server->signal(SIGHUP);
  EXPECT_TRUE(server->wait_for("certificate_reload_failed error=--tls-key " + files.key()));
  EXPECT_EQ(TlsConnection(port).server_name(), "second");
  server->signal(SIGTERM);
  EXPECT_EQ(server->finish().exit_code, 0);
}

TEST(Unmuted, ACertificateAndItsKeyGoTogether) {
  const CertificateFiles files;
  const std::string cast = cast_path("alpha");
  const auto check = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"--check", "--characters", cast});
    return unmuted(flags);
  };
  EXPECT_EQ(check({"--tls-cert", files.certificate(), "--tls-key", files.key()}).exit_code, 0);
  const ProcessResult alone = check({"--tls-cert", files.certificate()});
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.err, HasSubstr("--tls-cert needs --tls-key"));
  EXPECT_THAT(check({"--tls-key", files.key()}).err, HasSubstr("--tls-key needs --tls-cert"));
  const ProcessResult nowhere = check({"--tls-cert", "/nowhere.pem", "--tls-key", files.key()});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("--tls-cert /nowhere.pem: No such file or directory"));

  files.write(make_certificate("localhost", "of yesterday", -std::chrono::hours(1)));
  const ProcessResult expired = check({"--tls-cert", files.certificate(), "--tls-key", files.key()});
  EXPECT_EQ(expired.exit_code, 0);
  EXPECT_THAT(expired.err, HasSubstr("warning: the certificate in " + files.certificate() + " has expired"));
}

TEST(Unmuted, StartsWithBrokenCharactersAndWarns) {
  RunningServer server({}, cast_path("partly-broken"));
  ASSERT_TRUE(server.started());
  EXPECT_THAT(server->out(), HasSubstr("2 of 8 from"));
  EXPECT_THAT(server->err(), HasSubstr("warning: broken-syntax.lua:4: [syntax-error]"));
}

TEST(Unmuted, StartsWithoutAnyCharacterAndSaysSo) {
  RunningServer server({}, cast_path("empty"));
  ASSERT_TRUE(server.started());
  EXPECT_THAT(server->out(), HasSubstr("0 of 0 from"));
  EXPECT_THAT(server->out(), HasSubstr("the default cast is empty"));
}

TEST(Unmuted, AnAddressInUseIsOneClearLine) {
  RunningServer server;
  ASSERT_TRUE(server.started());
  const ProcessResult second = unmuted({"--listen", server.address(), "--characters", cast_path("alpha")});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_EQ(second.err, "unmuted: " + server.address() +
                            " is in use: stop what listens there, or choose another port with --listen\n");
}

TEST(Unmuted, AMissingDefaultDirectoryIsOneClearLine) {
  const ProcessResult result = unmuted({"--listen", "127.0.0.1:0", "--characters", "/nowhere/at/all"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err, "unmuted: Character directory not found: /nowhere/at/all\n");
}

TEST(Unmuted, RefusesABadConfiguration) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--listen", "nonsense"}, "--listen"},
      {{"--listen", "127.0.0.1:99999"}, "--listen"},
      {{"--listen", "example.org:8000"}, "--listen"},
      {{"--listen", "0.0.0.0:0"}, "--no-auth"},
      {{"--threads", "many"}, "--threads"},
      {{"--threads", "1000"}, "--threads"},
      {{"--max-sessions", "0"}, "--max-sessions"},
      {{"--max-per-address", "-1"}, "--max-per-address"},
      {{"--idle-timeout", "-1"}, "--idle-timeout"},
      {{"--log-level", "loud"}, "--log-level"},
      {{"--ping-interval", "-1"}, "--ping-interval"},
      {{"--script-memory-total", "1"}, "--script-memory-total"},
      {{"--llm", "nowhere"}, "--llm"},
      {{"--llm", "ftp://localhost"}, "--llm"},
      {{"--llm-extra", "[]"}, "--llm-extra"},
      {{"--llm-extra", "{oops}"}, "--llm-extra"},
      {{"--llm-extra", "{\"stream\": false}"}, "\"stream\""},
      {{"--llm-patience", "0"}, "--llm-patience"},
      {{"--character-root", "/nowhere"}, "--character-root"},
      {{"--web", "/nowhere"},
       "--web: there is no index.html to be read in /nowhere (No such file or directory)\n"},
      {{"--web", UNMUTED_SOURCE_DIR "/docs"}, "--web: there is no index.html"},
      {{"--check", "--web", "/nowhere"}, "--web"},
      {{"--allow-origin", "example.org"}, "--allow-origin"},
      {{"--allow-origin", "https://example.org/play"}, "write https://example.org\n"},
      {{"--allow-origin", "https://me:secret@example.org"}, "write https://example.org\n"},
      {{"--allow-origin", "https://*.example.org"}, "stands alone"},
      {{"--no-such-flag"}, "--no-such-flag"},
      {{"--config", "/nowhere.toml"}, "/nowhere.toml"},
  };
  for (const auto& [arguments, named] : cases) {
    const ProcessResult result = unmuted(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments.front() << " " << arguments.back();
    EXPECT_THAT(result.err, HasSubstr(named));
    EXPECT_EQ(result.out, "");
  }
}

TEST(Unmuted, TakesFlagsFromTheEnvironmentAndFromAFile) {
  ProcessOptions options;
  options.environment = {"UNMUTED_CHARACTERS=/nowhere/of/the/environment"};
  EXPECT_THAT(unmuted({"--check"}, options).err, HasSubstr("/nowhere/of/the/environment"));

  const TemporaryFolder folder;
  const std::string file = folder.path("unmuted.toml");
  folder.write("unmuted.toml", "characters = \"/nowhere/of/the/file\"\n");
  EXPECT_THAT(unmuted({"--config", file, "--check"}).err, HasSubstr("/nowhere/of/the/file"));
  folder.write("unmuted.toml", "colour = \"blue\"\n");
  const ProcessResult unknown = unmuted({"--config", file, "--check"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("colour"));
}

TEST(Unmuted, NamesTheFlagThatItDoesNotKnow) {
  const ProcessResult result = unmuted({"--lisen", "127.0.0.1:0"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("unmuted: unknown option '--lisen'; did you mean '--listen'?"));
}

TEST(Unmuted, ChecksTheConfigurationAndTheDefaultCast) {
  const ProcessResult fine = unmuted({"--check", "--characters", cast_path("alpha")});
  EXPECT_EQ(fine.exit_code, 0);
  EXPECT_THAT(fine.out, HasSubstr("2 of 2 characters load"));
  EXPECT_EQ(unmuted({"--check", "--characters", cast_path("partly-broken")}).exit_code, 1);
  EXPECT_EQ(unmuted({"--check", "--characters", "/nowhere"}).exit_code, 2);
}

TEST(Unmuted, SaysWhatOfItsSpeechWillNotWork) {
  const std::string cast = cast_path("alpha");
  EXPECT_THAT(unmuted({"--check", "--characters", cast}).err, Not(HasSubstr("warning")));
  const ProcessResult deaf = unmuted({"--check", "--characters", cast, "--stt-model", "/nowhere/of/a/model"});
  EXPECT_THAT(deaf.err, HasSubstr("warning: nobody is heard: "));
  EXPECT_THAT(deaf.err, HasSubstr("/nowhere/of/a/model/en-us/mdef"));
  ProcessOptions without_programs;
  without_programs.environment = {"PATH=/nowhere"};
  EXPECT_THAT(unmuted({"--check", "--characters", cast}, without_programs).err,
              HasSubstr("warning: only English is spoken: "));
  const ProcessResult idle =
      unmuted({"--check", "--characters", cast, "--tts", "off", "--stt", "off", "--tts-model", "kokoro",
               "--tts-voice", "af_sky", "--stt-model", "small"});
  for (const char* flag : {"--tts-model", "--tts-voice", "--stt-model"}) {
    EXPECT_THAT(idle.err, HasSubstr("warning: " + std::string(flag) + " has no effect"));
  }
}

TEST(Unmuted, ChecksAConfigurationThatIsMeantForAnotherMachine) {
  const ProcessResult checked =
      unmuted({"--check", "--characters", cast_path("alpha"), "--listen", "192.0.2.1:8000", "--no-auth"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
}

TEST(Unmuted, SaysWhenItMayHaveTooFewDescriptors) {
  const ProcessResult result = run_process(
      {"/bin/sh", "-c", "ulimit -n 2000; exec \"$0\" --check --characters \"$1\" --max-sessions 5000",
       binary("unmuted"), cast_path("alpha")});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("may have 2000 files and connections open, and 5000 sessions"));
}

TEST(Unmuted, OutputThatGoesNowhereIsNoSuccess) {
  for (const std::string tool : {"unmuted", "charctl", "wsprobe"}) {
    const ProcessResult result =
        run_process({"/bin/sh", "-c", "exec \"$0\" --help > /dev/full", binary(tool)});
    EXPECT_EQ(result.exit_code, 2) << tool;
    EXPECT_THAT(result.err, HasSubstr(tool + ": cannot write to standard output"));
  }
}

TEST(Unmuted, ServesWithoutStandardStreams) {
  const ProcessResult result =
      run_process({"/bin/sh", "-c", "exec \"$0\" --check --characters \"$1\" <&- 2>&-", binary("unmuted"),
                   cast_path("alpha")});
  EXPECT_EQ(result.exit_code, 0);
}

TEST(Unmuted, LogsAsJsonWhenAsked) {
  RunningServer server({"--log-format", "json"});
  ASSERT_TRUE(server.started());
  server->signal(SIGTERM);
  const ProcessResult end = server->finish();
  EXPECT_THAT(end.err, StartsWith(R"({"time":")"));
  EXPECT_THAT(end.err, HasSubstr(R"("level":"info","message":"server stopped"})"));
}

TEST(Unmuted, HasHelpAndAVersion) {
  const ProcessResult help = unmuted({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("Examples:"));
  EXPECT_THAT(help.out, HasSubstr("--character-root"));
  EXPECT_EQ(unmuted({"--version"}).exit_code, 0);
}

}  // namespace
}  // namespace unmuted::test
