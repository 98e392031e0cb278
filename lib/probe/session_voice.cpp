// What sessions say and hear.
#include <filesystem>
#include <functional>
#include <utility>

#include "probe/hearing.hpp"
#include "probe/session_play.hpp"
#include "probe/sound_files.hpp"
#include "probe/voice_measures.hpp"

namespace unmuted::probe {
namespace {

using net::awaitable;

std::size_t samples_of(Milliseconds time) {
  return static_cast<std::size_t>(time.count()) * audio::sample_rate / 1'000;
}

Resolved<std::string> path_of(const AudioFile& file, const Scope& scope) {
  auto path = scope.text(file.path);
  if (!path) return path;
  const auto beside = scope.text("${SCENARIO_DIR}");
  if (!beside) return beside;
  return (std::filesystem::path(*beside) / *path).string();
}

/// "a[3]" as a part of a file's name.
std::string as_file_name(std::string id) {
  std::erase(id, ']');
  for (char& sign : id) sign = sign == '[' ? '-' : sign;
  return id;
}

}  // namespace

/// A connection that hears, and can speak once it is open.
void SessionPlay::prepare_connection(Member& member) {
  const auto executor = world_.io().get_executor();
  member.connection = std::make_shared<Connection>(executor);
  member.microphone =
      std::make_shared<Microphone>(executor, member.connection, member.voice, member.spec->microphone);
  const auto hearing = std::make_shared<Hearing>(member.voice, member.spec->decoder_rules);
  member.connection->on_event([hearing](const Event& event) { hearing->take(event.json, event.arrived); });
}

awaitable<Outcome> SessionPlay::act(Turn& turn, const Speak& speak) {
  if (!turn.member.connection) co_return not_open();
  auto utterance = co_await prepare(turn, speak);
  if (!utterance) co_return tl::unexpected(std::move(utterance.error()));
  co_return co_await utter(turn, *utterance);
}

awaitable<Outcome> SessionPlay::act(Turn& turn, const SendAfter& after) {
  if (!turn.member.connection) co_return not_open();
  std::shared_ptr<Utterance> utterance;  // made before, so that the delay is nothing else's
  if (const auto* speak = std::get_if<Speak>(&after.then)) {
    auto prepared = co_await prepare(turn, *speak);
    if (!prepared) co_return tl::unexpected(std::move(prepared.error()));
    utterance = *prepared;
  }
  const auto event = co_await await_event(turn, after.event);
  if (!event) co_return tl::unexpected(event.error());
  co_await stop_.pause_until(event->arrived + after.delay);
  if (utterance) co_return co_await utter(turn, utterance);
  if (!turn.step.label.empty()) passed(turn.member)[turn.step.label] = Clock::now();
  co_return co_await act(turn, std::get<Send>(after.then));
}

/// What is said, as sound.
awaitable<Resolved<std::shared_ptr<Utterance>>> SessionPlay::prepare(Turn& turn, const Speak& speak) {
  if (const auto* spoken = std::get_if<SpokenText>(&speak.what)) {
    const auto text = turn.scope.text(spoken->text);
    if (!text) co_return tl::unexpected(text.error());
    const auto voice = turn.scope.text(spoken->voice);
    if (!voice) co_return tl::unexpected(voice.error());
    auto sound = co_await world_.speech().sound_of(*text, *voice);
    if (!sound) co_return tl::unexpected(std::move(sound.error()));
    co_return std::make_shared<Utterance>(std::move(*sound), samples_of(speak.then_silence), *text);
  }
  const auto path = path_of(std::get<AudioFile>(speak.what), turn.scope);
  if (!path) co_return tl::unexpected(path.error());
  const auto samples = std::make_shared<audio::Samples>();
  std::function<Outcome()> work = [samples, path = *path]() -> Outcome {
    auto read = read_sound(path);
    if (!read) return tl::unexpected(std::move(read.error()));
    *samples = std::move(*read);
    return {};
  };
  auto done = co_await world_.beside(std::move(work));
  if (!done) co_return tl::unexpected(std::move(done.error()));
  co_return std::make_shared<Utterance>(samples, samples_of(speak.then_silence), "");
}

awaitable<Outcome> SessionPlay::utter(Turn& turn, std::shared_ptr<Utterance> utterance) {
  const auto microphone = turn.member.microphone;
  if (!microphone) co_return not_open();
  auto said = co_await microphone->say(utterance);
  if (!said) co_return co_await not_sent(turn, said.error());
  if (!turn.step.label.empty() && utterance->ended()) {
    passed(turn.member)[turn.step.label] = *utterance->ended();
  }
  co_return Outcome();
}

Outcome SessionPlay::check_voice(const Member& member) {
  if (member.voice->faults.empty()) return {};
  return problem("browsers cannot play what it hears: " + member.voice->faults.front());
}

Outcome SessionPlay::check_voices() const {
  for (const auto& [name, members] : members_) {
    for (const Member& member : members) {
      auto checked = check_voice(member);
      if (!checked) return problem("session " + member.id + ": " + checked.error().message);
    }
  }
  return {};
}

Outcome SessionPlay::save_voices(const std::string& directory, const std::string& prefix) const {
  for (const auto& [name, members] : members_) {
    for (const Member& member : members) {
      const audio::Samples sound = played(*member.voice);
      if (sound.empty()) continue;
      const auto file = std::filesystem::path(directory) / (prefix + "." + as_file_name(member.id) + ".wav");
      if (auto written = write_sound(file.string(), sound); !written) return written;
    }
  }
  return {};
}

}  // namespace unmuted::probe
