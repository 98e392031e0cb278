#include "probe/speech.hpp"

#include <algorithm>
#include <string_view>
#include <variant>

#include "characters/embedded_voice.hpp"
#include "core/utf8.hpp"
#include "core/worker_pool.hpp"
#include "services/embedded/embedded_speech.hpp"

namespace unmuted::probe {
namespace {

using net::awaitable;

constexpr std::size_t max_said = 4'096;  ///< bytes
constexpr std::size_t max_kept = 20 * 60 * static_cast<std::size_t>(audio::sample_rate);

/// The words of `text`, each with the white space before it.
void say_all(SpeechStream& stream, std::string_view text) {
  while (!text.empty()) {
    const std::size_t word = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    const std::size_t end = std::min(text.find_first_of(" \t\r\n", word), text.size());
    stream.say(text.substr(0, end));
    text.remove_prefix(end);
  }
  stream.complete();
}

}  // namespace

struct Speech::Engine {
  WorkerPool pool{WorkerPool::Options{}};
  EmbeddedSpeech speech{pool, EmbeddedSpeech::Options{}};
};

struct Speech::Made {
  std::optional<Resolved<Sound>> result;  ///< nothing while it is being made
};

std::optional<std::string> fault_in_text(const std::string& text) {
  if (text.size() > max_said) return "the text is longer than 4 KiB";
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return "there is nothing to say";
  return std::nullopt;
}

std::optional<std::string> fault_in_voice(const std::string& voice) {
  const auto read = read_embedded_voice(voice);
  if (read) return std::nullopt;
  return "'" + shorten(printable(voice), 60) + "' names no embedded voice: " + read.error();
}

Speech::Speech(const net::asio::any_io_executor& executor) : executor_(executor), changed_(executor) {}
Speech::~Speech() = default;

awaitable<Resolved<Sound>> Speech::sound_of(std::string text, std::string voice) {
  if (const auto wrong = fault_in_text(text)) co_return environment_problem(*wrong);
  if (const auto wrong = fault_in_voice(voice)) co_return environment_problem(*wrong);
  auto& place = made_[{text, voice}];
  const bool is_new = place == nullptr;
  if (is_new) place = std::make_shared<Made>();
  const std::shared_ptr<Made> made = place;
  if (is_new) {
    auto result = co_await make(std::move(text), std::move(voice));
    samples_ += result ? (*result)->size() : 0;
    made->result = std::move(result);
    if (samples_ > max_kept) {
      made_.clear();  // those that are being made stay with who makes them
      samples_ = 0;
    }
    changed_.notify_all();
  }
  while (!made->result) co_await changed_.wait(TimePoint::max());
  co_return *made->result;
}

awaitable<Resolved<Sound>> Speech::make(std::string text, std::string voice) {
  if (!engine_) engine_ = std::make_unique<Engine>();
  VoiceChoice choice;
  choice.names["embedded"] = std::move(voice);
  choice.language = "en";
  const auto stream = engine_->speech.start(executor_, std::move(choice));
  say_all(*stream, text);
  auto samples = std::make_shared<audio::Samples>();
  while (true) {
    const SpeechEvent event = co_await stream->next();
    if (const auto* audio = std::get_if<SpeechAudio>(&event)) {
      samples->insert(samples->end(), audio->samples.begin(), audio->samples.end());
    } else if (const auto* failed = std::get_if<SpeechFailed>(&event)) {
      co_return environment_problem(failed->error);
    } else if (std::holds_alternative<SpeechEnded>(event)) {
      break;
    }
  }
  co_return Sound(std::move(samples));
}

}  // namespace unmuted::probe
