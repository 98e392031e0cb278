#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "characters/embedded_voice.hpp"
#include "command.hpp"
#include "conversation/spoken_text.hpp"
#include "core/utf8.hpp"
#include "core/worker_pool.hpp"
#include "events/fields.hpp"
#include "events/user_text.hpp"
#include "services/embedded/embedded_speech.hpp"
#include "sound_output.hpp"

namespace unmuted::charctl {
namespace {

namespace asio = net::asio;

struct SayArguments {
  std::string directory, name, voice, output;
  std::optional<std::string> text;
};

constexpr std::chrono::hours longest_speech{2};

std::string read_stdin() {
  std::string text(events::max_user_text + 1, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  return text;
}

Result<std::string> text_of(const SayArguments& arguments, const Character& character) {
  if (!arguments.text) {
    if (character.greeting) return *character.greeting;
    return fail("nothing_to_say",
                printable(character.name) +
                    " has no greeting; give a text, or talk to it: charctl chat DIR NAME --voice");
  }
  std::string text = *arguments.text == "-" ? read_stdin() : *arguments.text;
  events::Faults faults;
  if (!is_utf8(text)) faults.bad_text("", "expected UTF-8");
  events::check_user_text(text, "", faults);
  if (faults.empty()) return text;
  return fail("invalid_text", "The text: " + std::move(faults).to_refusal({}, "invalid_text").message);
}

Result<VoiceChoice> voice_of(const SayArguments& arguments, const Character& character) {
  VoiceChoice choice{character.voice.path_on_server, character.voice.names, character.instructions.language};
  if (arguments.voice.empty()) return choice;
  if (const auto read = read_embedded_voice(arguments.voice); !read) {
    return fail("invalid_configuration", "--voice names no embedded voice: " + read.error());
  }
  choice.names["embedded"] = arguments.voice;
  return choice;
}

/// How much has been spoken, for who waits for a file.
class Progress {
 public:
  explicit Progress(bool shown) : shown_(shown) {}

  void add(std::size_t samples) {
    const auto before = samples_ / audio::sample_rate;
    samples_ += samples;
    if (shown_ && samples_ / audio::sample_rate != before) {
      std::cerr << '\r' << samples_ / audio::sample_rate << " s" << std::flush;
    }
  }
  void end() const {
    if (shown_) std::cerr << "\r        \r";
  }

  [[nodiscard]] double seconds() const { return static_cast<double>(samples_) / audio::sample_rate; }

 private:
  bool shown_;
  std::size_t samples_ = 0;
};

/// From the first word to the last of the sound, as it is made.
net::awaitable<Result<void>> speak(SpeechStream& stream, SoundOutput& output, Progress& progress) {
  while (true) {
    SpeechEvent event = co_await stream.next();
    if (auto* failed = std::get_if<SpeechFailed>(&event)) co_return tl::unexpected(std::move(failed->error));
    if (std::holds_alternative<SpeechEnded>(event)) break;
    auto* sound = std::get_if<SpeechAudio>(&event);
    if (sound == nullptr) continue;
    progress.add(sound->samples.size());
    const Result<void> played = co_await output.play(std::move(sound->samples));
    if (!played) co_return tl::unexpected(played.error());
  }
  const Result<void> heard = co_await output.finish();
  co_return heard;
}

std::unique_ptr<SpeechStream> begin_speech(EmbeddedSpeech& speech, const asio::any_io_executor& executor,
                                           VoiceChoice voice, const std::string& text) {
  auto stream = speech.start(executor, std::move(voice));
  SpokenText words;
  for (const std::string& word : words.feed(text)) stream->say(word);
  for (const std::string& word : words.finish()) stream->say(word);
  stream->complete();
  return stream;
}

/// What came of it, as an exit code.
int say(const std::string& text, VoiceChoice voice, const std::string& output_path) {
  asio::io_context io{1};
  WorkerPool pool({.threads = 2, .yielding = false});
  EmbeddedSpeech speech(pool, {.longest_reply = longest_speech});
  const auto stream = begin_speech(speech, io.get_executor(), std::move(voice), text);
  const auto output =
      output_path.empty() ? loudspeaker(io.get_executor()) : wav_output(io.get_executor(), output_path);
  Progress progress(!output_path.empty() && ::isatty(STDERR_FILENO) == 1);

  int signal = 0;
  asio::signal_set signals(io, SIGINT, SIGTERM, SIGHUP);
  signals.async_wait([&](const boost::system::error_code& error, int number) {
    if (error) return;
    signal = number;
    stream->abort();
    output->stop();
  });
  Result<void> outcome;
  std::exception_ptr bug;
  asio::co_spawn(io, speak(*stream, *output, progress), [&](std::exception_ptr thrown, Result<void> spoken) {
    bug = std::move(thrown);
    outcome = std::move(spoken);
    signals.cancel();
    output->stop();
  });
  io.run();
  pool.stop();
  while (!pool.wait_until_idle(std::chrono::seconds(1))) {
  }
  progress.end();
  if (bug) std::rethrow_exception(bug);
  if (signal != 0) return 128 + signal;
  if (!outcome) return report(outcome.error());
  if (progress.seconds() == 0) return report({"nothing_to_say", "Nothing of this text can be heard", ""});
  if (!output_path.empty()) {
    std::cerr << (output_path == "-" ? "stdout" : printable(output_path)) << ": " << std::fixed
              << std::setprecision(1) << progress.seconds() << " s\n";
  }
  return Exit::fine;
}

int run(const SayArguments& arguments) {
  if (arguments.output == "-" && ::isatty(STDOUT_FILENO) == 1) {
    return report({"sound_failed", "Stdout is a terminal: name a file, or send it to a program", ""});
  }
  const auto set = load_set(arguments.directory);
  if (!set) return report(set.error());
  const auto character = find_character(**set, arguments.name);
  if (!character) return report(character.error());
  auto voice = voice_of(arguments, **character);
  if (!voice) return report(voice.error());
  const auto text = text_of(arguments, **character);
  if (!text) return report(text.error());
  std::signal(SIGPIPE, SIG_IGN);
  return say(*text, std::move(*voice), arguments.output);
}

}  // namespace

void add_say(CLI::App& app, Globals& globals) {
  auto arguments = std::make_shared<SayArguments>();
  CLI::App* command = app.add_subcommand("say", "Hear a character: its greeting, or a text in its voice");
  command->add_option("DIR", arguments->directory, "The directory of the cast")->required();
  command->add_option("NAME", arguments->name, "The character's name, or its voice")->required();
  command->add_option("TEXT", arguments->text,
                      "What it says, 32 KiB at the most; - reads it from stdin (default: its greeting)");
  command->add_option("-o,--output", arguments->output,
                      "A WAV file in place of the loudspeaker; - is stdout");
  command->add_option("--voice", arguments->voice,
                      "Another voice than the character's, as voice.names.embedded has it: "
                      "flite:slt?pitch=180, espeak:fr+f3");
  command->footer(
      "Examples:\n  charctl say characters Charles\n"
      "  charctl say characters Willow 'And who are you?' --voice 'flite:awb?pitch=110'\n"
      "  charctl say characters Narrator - -o chapter.wav < chapter.txt\n\n"
      "The loudspeaker is reached through aplay (package alsa-utils).");
  command->callback([arguments, &globals] { globals.exit_code = run(*arguments); });
}

}  // namespace unmuted::charctl
