// charctl with sound: into files, and through programs that stand in for aplay and arecord.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/charctl.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

using test::Process;
using test::ProcessOptions;
using test::ProcessResult;
using test::run_process;
using testing::AllOf;
using testing::Gt;
using testing::HasSubstr;
using testing::Lt;
using testing::Not;
using testing::StartsWith;

constexpr std::size_t head_bytes = 44;

std::string bytes_in(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::uint32_t number_in(const std::string& bytes, std::size_t at, int size) {
  std::uint32_t number = 0;
  for (int i = size - 1; i >= 0; --i)
    number = number << 8U | static_cast<unsigned char>(bytes.at(at + static_cast<std::size_t>(i)));
  return number;
}

/// Sound of 16 bits, 24,000 samples a second.
struct Sound {
  explicit Sound(const std::string& bytes) : seconds(static_cast<double>(bytes.size()) / 48'000) {
    double sum = 0;
    for (std::size_t at = 0; at + 2 <= bytes.size(); at += 2) {
      const double sample = static_cast<std::int16_t>(number_in(bytes, at, 2)) / 32'768.0;
      sum += sample * sample;
    }
    loudness = std::sqrt(sum / std::max<double>(static_cast<double>(bytes.size()) / 2, 1));
  }
  double seconds;
  double loudness;
};

/// The sound of a WAV file whose head says what there is.
std::string sound_of_wav(const std::string& file) {
  if (file.size() < head_bytes) {
    ADD_FAILURE() << "no WAV file";
    return {};
  }
  EXPECT_EQ(file.substr(0, 4) + file.substr(8, 8), "RIFFWAVEfmt ");
  EXPECT_EQ(number_in(file, 4, 4), file.size() - 8);
  EXPECT_EQ(number_in(file, 20, 2), 1U) << "PCM";
  EXPECT_EQ(number_in(file, 22, 2), 1U) << "mono";
  EXPECT_EQ(number_in(file, 24, 4), 24'000U);
  EXPECT_EQ(number_in(file, 34, 2), 16U) << "bits";
  EXPECT_EQ(number_in(file, 40, 4), file.size() - head_bytes);
  return file.substr(head_bytes);
}

class CharctlVoice : public testing::Test {
 protected:
  CharctlVoice() {
    character("Ann",
              "greeting = 'Good evening. My name is Ann.', reply = function() return 'Yes, indeed.' end");
    character("Mute", "");
    character(
        "Long",
        "greeting = 'This is a story that takes its time. It goes on, and on, and on. There was a house.', "
        "reply = function() return 'The end.' end");
  }

  void character(const std::string& name, const std::string& more) {
    folder.write("cast/" + name + ".lua",
                 "return {name = '" + name + "', voice = {source_type = 'file', path_on_server = 'voices/" +
                     name + ".wav'}, instructions = {text = 'Speak.', language = 'en'}, " + more + "}");
  }

  /// In place of a program on this machine.
  void program(const std::string& name, const std::string& script) const {
    folder.write("bin/" + name, "#!/bin/sh\ncd '" + folder.path() + "'\n" + script);
    std::filesystem::permissions(folder.path("bin/" + name), std::filesystem::perms::owner_all);
  }
  /// Plays into the file "played", and notes in "aplay.log" how it is called.
  void player() const { program("aplay", "echo \"$*\" >> aplay.log\nexec cat >> played\n"); }

  ProcessOptions options(std::string input = {}) const {
    ProcessOptions all;
    all.input = std::move(input);
    all.environment = {"PATH=" + folder.path("bin") + ":/usr/bin:/bin", "KYUTAI_LLM_URL="};
    return all;
  }
  ProcessResult say(std::vector<std::string> arguments, std::string input = {}) const {
    arguments.insert(arguments.begin(), {"say", cast});
    return charctl(std::move(arguments), options(std::move(input)));
  }
  ProcessResult chat(std::vector<std::string> arguments, std::string input = {}) const {
    arguments.insert(arguments.begin(), {"chat", cast});
    arguments.emplace_back("--voice");
    return charctl(std::move(arguments), options(std::move(input)));
  }
  [[nodiscard]] std::string content(const std::string& name) const { return bytes_in(folder.path(name)); }

  const test::TemporaryFolder folder;
  const std::string cast = folder.path("cast");
  const std::string wav = folder.path("out.wav");
};

// --- say --------------------------------------------------------------------------------------------------

TEST_F(CharctlVoice, SaysTheGreetingIntoAFile) {
  const auto result = say({"Ann", "-o", wav});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, StartsWith(wav + ": "));
  const Sound sound(sound_of_wav(bytes_in(wav)));
  EXPECT_THAT(sound.seconds, AllOf(Gt(1.0), Lt(5.0)));
  EXPECT_THAT(sound.loudness, AllOf(Gt(0.01), Lt(0.5)));
}

TEST_F(CharctlVoice, SaysATextToStdout) {
  ASSERT_EQ(say({"Ann", "Good **evening**.", "-o", wav}).exit_code, 0);
  const std::string file = bytes_in(wav);
  EXPECT_EQ(say({"Ann", "Good evening.", "--output", "-"}).out, file) << "marks are not spoken";
  EXPECT_EQ(say({"Ann", "-", "-o", "-"}, "Good evening.\n").out, file);
  // Into a pipe: nobody knows the length when the head is written.
  const auto piped = run_process(
      {"/bin/sh", "-c", "\"$0\" say \"$1\" Ann 'Good evening.' -o - | cat", test::binary("charctl"), cast});
  EXPECT_EQ(number_in(piped.out, 4, 4), 0xFFFFFFFF);
  EXPECT_EQ(number_in(piped.out, 40, 4), 0xFFFFFFFF);
  EXPECT_EQ(piped.out.substr(head_bytes), sound_of_wav(file));
}

TEST_F(CharctlVoice, SaysItInAnotherVoice) {
  const auto said = [&](const std::string& voice) {
    const auto result = say({"Ann", "Good evening.", "-o", "-", "--voice", voice});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return sound_of_wav(result.out);
  };
  EXPECT_NE(said("flite:slt"), said("flite:awb"));
  EXPECT_GT(Sound(said("flite:slt?rate=0.7")).seconds, Sound(said("flite:slt?rate=1.4")).seconds * 1.5);
  EXPECT_GT(Sound(said("espeak:en-gb+f3")).loudness, 0.01);
  for (const auto& [voice, why] :
       std::vector<std::pair<std::string, std::string>>{{"flite:bob", "'bob' is no speaker of flite"},
                                                        {"espeak:xx", "no language of espeak-ng"},
                                                        {"flite:slt?pitch=9000", "cannot be set"},
                                                        {"bob", "write it as flite:slt"}}) {
    const auto result = say({"Ann", "-o", wav, "--voice", voice});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, AllOf(StartsWith("charctl: --voice names no embedded voice: "), HasSubstr(why)));
  }
}

TEST_F(CharctlVoice, SaysWhyItSaysNothing) {
  const auto says_why = [&](const std::vector<std::string>& arguments, const std::string& why,
                            const std::string& input = {}) {
    const auto result = say(arguments, input);
    EXPECT_EQ(result.exit_code, 2) << why;
    EXPECT_THAT(result.err, AllOf(StartsWith("charctl: "), HasSubstr(why)));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_FALSE(std::filesystem::exists(wav));
  };
  says_why({"Mute", "-o", wav}, "Mute has no greeting; give a text");
  says_why({"Anne", "-o", wav}, "did you mean 'Ann'?");
  says_why({"Ann", "\xF0\x9F\x98\x80", "-o", wav}, "Nothing of this text can be heard");
  says_why({"Ann", "", "-o", wav}, "Nothing of this text can be heard");
  says_why({"Ann", "\xE6\x97\xA5\xE6\x9C\xAC", "-o", wav}, "cannot read this script");
  says_why({"Ann", "-", "-o", wav}, "control characters", "a\x01");
  says_why({"Ann", "-", "-o", wav}, "expected UTF-8", "a\xFF");
  says_why({"Ann", "-", "-o", wav}, "at most 32768 bytes", std::string(100'000, 'a'));
  says_why({"Ann", "-o", folder.path("no/out.wav")}, "out.wav: No such file or directory");
  says_why({"Ann", "-o", "/dev/full"}, "Cannot write /dev/full: No space left on device");
}

TEST_F(CharctlVoice, IsPlayed) {
  player();
  const auto result = say({"Ann"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err + result.out, "");
  ASSERT_EQ(say({"Ann", "-o", wav}).exit_code, 0);
  EXPECT_EQ(content("played"), sound_of_wav(bytes_in(wav)));
  EXPECT_THAT(content("aplay.log"), HasSubstr("-t raw -f S16_LE -r 24000 -c 1 "));
}

TEST_F(CharctlVoice, WithoutALoudspeakerItSaysWhatToDo) {
  ProcessOptions nothing_installed = options();
  nothing_installed.environment = {"PATH=" + folder.path("bin")};
  const auto missing = charctl({"say", cast, "Ann"}, nothing_installed);
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_EQ(
      missing.err,
      "charctl: There is no aplay on this machine; it comes with the package alsa-utils. --output FILE.wav "
      "writes a file instead\n");

  program("aplay", "echo 'ALSA lib: no cards' >&2\necho 'aplay: audio open error' >&2\nexit 1\n");
  const auto no_card = say({"Ann"});
  EXPECT_EQ(no_card.exit_code, 2);
  EXPECT_EQ(no_card.err,
            "charctl: aplay: audio open error (is there a sound card?). --output FILE.wav writes a file "
            "instead\n");
}

/// An hour of it is not made before the first second is heard.
TEST_F(CharctlVoice, ALongTextIsPlayedWhileItIsMade) {
  program("aplay", "head -c 200000 > played\n");
  std::string text;
  while (text.size() < 30'000) text += "And so it went on, and on, and on, and nobody knew for how long. ";
  const auto result = say({"Ann", "-"}, text);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("aplay takes no more sound"));
  EXPECT_EQ(content("played").size(), 200'000U);
}

bool lives(const std::string& pid) {
  return ::kill(std::stoi(pid), 0) == 0 || errno != ESRCH;
}

TEST_F(CharctlVoice, CtrlCEndsItAtOnceAndLeavesNobody) {
  program("aplay", "echo $$ > pid.new; mv pid.new pid\nsleep 1000\n");
  for (const int signal : {SIGINT, SIGTERM}) {
    std::filesystem::remove(folder.path("pid"));
    Process process({test::binary("charctl"), "say", cast, "Long"}, options());
    ASSERT_TRUE(test::eventually([&] { return std::filesystem::exists(folder.path("pid")); }));
    process.signal(signal);
    const auto result = process.finish();
    EXPECT_EQ(result.exit_code, 128 + signal);
    EXPECT_EQ(result.err, "");
    EXPECT_FALSE(lives(content("pid")));
  }
}

// --- chat -------------------------------------------------------------------------------------------------

TEST_F(CharctlVoice, AConversationIsSpokenIntoAFile) {
  const auto result = chat({"Ann", "--output", wav}, "Is that so?\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "Ann: Good evening. My name is Ann.\nAnn: Yes, indeed.\n");
  EXPECT_EQ(result.err, "");
  const Sound sound(sound_of_wav(bytes_in(wav)));
  EXPECT_THAT(sound.seconds, AllOf(Gt(1.5), Lt(8.0)));
  EXPECT_THAT(sound.loudness, AllOf(Gt(0.01), Lt(0.5)));
}

TEST_F(CharctlVoice, AConversationIsPlayedReplyByReply) {
  player();
  ASSERT_EQ(chat({"Ann"}, "Is that so?\n").exit_code, 0);
  ASSERT_EQ(chat({"Ann", "--output", wav}, "Is that so?\n").exit_code, 0);
  EXPECT_EQ(content("played"), sound_of_wav(bytes_in(wav)));
  const std::string log = content("aplay.log");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2);
}

TEST_F(CharctlVoice, AReplyThatIsCutOffIsSilentAtOnce) {
  player();
  ASSERT_EQ(say({"Long", "-o", wav}).exit_code, 0);
  Process process({test::binary("charctl"), "chat", cast, "Long", "--voice"}, options("Go on\n"));
  ASSERT_TRUE(process.wait_for("story"));
  process.signal(SIGINT);
  const auto result = process.finish();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\nLong: The end.\n"));
  EXPECT_THAT(result.out, Not(HasSubstr("house")));
  const std::string log = content("aplay.log");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2);
  EXPECT_LT(content("played").size(), std::filesystem::file_size(wav));
}

/// A terminal by `script`, to which the test types through a pipe.
TEST_F(CharctlVoice, TypingInterruptsTheCharacter) {
  if (::access("/usr/bin/script", X_OK) != 0) GTEST_SKIP() << "there is no script(1)";
  player();
  program("typed",
          "mkfifo typed; : > screen\n"
          "script -qec \"'" +
              test::binary("charctl") +
              "' chat cast Long --voice --color never\" /dev/null "
              "< typed > screen &\n"
              "exec 3> typed\n"
              "until grep -q story screen; do sleep 0.02; done; echo 'Go on' >&3\n"
              "until grep -q You screen; do sleep 0.02; done; echo /quit >&3\n"
              "wait\n");
  const auto result = run_process({folder.path("bin/typed")}, options());
  ASSERT_FALSE(result.timed_out);
  const std::string screen = content("screen");
  EXPECT_THAT(screen, HasSubstr("Long: The end."));
  EXPECT_THAT(screen, HasSubstr("\nYou: /quit"));
  EXPECT_THAT(screen, Not(HasSubstr("house")));
  const std::string log = content("aplay.log");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2);
}

TEST_F(CharctlVoice, AConversationGoesOnInWritingWhereNothingCanBePlayed) {
  program("aplay", "echo 'aplay: audio open error' >&2\nexit 1\n");
  const auto result = chat({"Ann"}, "Is that so?\n");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.out, testing::EndsWith("Ann: Yes, indeed.\n"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("is there a sound card?"));

  EXPECT_EQ(chat({"Ann", "--output", folder.path("no/out.wav")}).exit_code, 2);
}

// What the user says is recognised by what comes with the server, and it is no hard task.

TEST_F(CharctlVoice, AFileIsHeardInPlaceOfAMicrophone) {
  character("Ear",
            "vocabulary = {'where am i', 'say that again', 'the first one'}, greeting = 'Well?', reply = "
            "function(self, ctx) return 'I heard: ' .. ctx.history[#ctx.history].content .. '.' end");
  const std::string said = folder.path("said.wav");
  ASSERT_EQ(say({"Ann", "Say that again.", "-o", said}).exit_code, 0);
  const auto result = chat({"Ear", "--input", said, "--output", wav});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "Ear: Well?\nYou: say that again\nEar: I heard: say that again.\n");

  const auto none = chat({"Ear", "--input", cast + "/Ear.lua", "--output", wav});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("Ear.lua is no WAV file"));
  EXPECT_EQ(none.out, "");
}

TEST_F(CharctlVoice, AConversationDoesNotBeginWithoutAPlayer) {
  ProcessOptions nothing_installed = options();
  nothing_installed.environment = {"PATH=" + folder.path("bin")};
  const auto result = charctl({"chat", cast, "Ann", "--voice"}, nothing_installed);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("There is no aplay on this machine"));
}

TEST_F(CharctlVoice, FilesOfSoundAreOfAConversationWithAVoice) {
  for (const char* option : {"--output", "--input"}) {
    const auto result = charctl({"chat", cast, "Ann", option, wav});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("--voice"));
  }
}

}  // namespace
}  // namespace unmuted
