// session.update, and the session objects of other places.
#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "core/json.hpp"
#include "events/realtime/noted.hpp"
#include "events/realtime/read.hpp"
#include "events/realtime/values.hpp"

namespace unmuted::events::realtime {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using By = TurnRules::By;
using Eagerness = TurnRules::Eagerness;

/// Keeps the field to be told back, null included.
void note(Settings& settings, Fields& fields, const char* name, std::string_view as) {
  const auto field = fields.object().find(name);
  if (field == fields.object().end()) return;
  if (const std::size_t size = written_size(*field); size > max_noted) {
    fields.faults().add(fields.path_of(name), bytes_over(size, max_noted));
    return;
  }
  settings.noted.insert_or_assign(std::string(as), std::move(*field));
}

json format_named(std::string_view type) {
  json format{{"type", type}};
  if (type == "audio/pcm") format["rate"] = audio::sample_rate;
  return format;
}

/// The beta named formats by a word.
void note_format(Settings& settings, Fields& fields, const char* name, std::string_view as) {
  json* field = fields.optional(name);
  if (field == nullptr) return;
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> words{
      {{"pcm16", "audio/pcm"}, {"g711_ulaw", "audio/pcmu"}, {"g711_alaw", "audio/pcma"}}};
  for (const auto& [word, type] : words) {
    if (*field == word) *field = format_named(type);
  }
  if (!sound_form_of(*field)) {
    fields.faults().expected(fields.path_of(name),
                             "{\"type\": \"audio/pcm\", \"rate\": 24000}, \"audio/pcmu\" or \"audio/pcma\"",
                             *field);
    return;
  }
  settings.noted.insert_or_assign(std::string(as), format_named(field->at("type").get<std::string>()));
}

void read_transcription(Settings& settings, Fields& fields, const char* name) {
  if (!is_there(fields, name)) return;
  auto transcription = optional_object(fields, name);
  settings.noted.insert_or_assign(std::string(noted::transcribes), transcription.has_value());
  if (!transcription) return;
  if (auto language = optional_text(*transcription, "language", 32); language && !language->empty())
    settings.language = language;
  note(settings, *transcription, "model", noted::transcription_model);
  note(settings, *transcription, "prompt", noted::transcription_prompt);
  if (settings.language)
    settings.noted.insert_or_assign(std::string(noted::transcription_language), *settings.language);
}

void read_turn_detection(Settings& settings, Fields& fields, const char* name) {
  if (!is_there(fields, name)) return;
  TurnRules& rules = settings.turns;
  auto turns = optional_object(fields, name);
  if (!turns) {
    rules.by = By::client;
    return;
  }
  static constexpr std::array<std::pair<std::string_view, By>, 2> kinds{
      {{"server_vad", By::silence}, {"semantic_vad", By::meaning}}};
  static constexpr std::array<std::pair<std::string_view, Eagerness>, 4> eagernesses{
      {{"auto", Eagerness::automatic},
       {"low", Eagerness::low},
       {"medium", Eagerness::medium},
       {"high", Eagerness::high}}};
  rules.by = optional_word(*turns, "type", kinds);
  rules.eagerness = optional_word(*turns, "eagerness", eagernesses);
  if (const auto silence = optional_int(*turns, "silence_duration_ms", 0, 60'000))
    rules.silence = milliseconds(*silence);
  rules.replies = turns->optional_bool("create_response");
  rules.interrupts = turns->optional_bool("interrupt_response");
  if (const auto idle = optional_int(*turns, "idle_timeout_ms", 0, 600'000)) {
    rules.idle = milliseconds(*idle);
  } else if (is_there(*turns, "idle_timeout_ms")) {
    rules.idle = milliseconds(0);
  }
  const json* threshold = turns->optional("threshold");
  if (threshold != nullptr && !threshold->is_number())
    turns->faults().expected(turns->path_of("threshold"), "a number", *threshold);
  note(settings, *turns, "threshold", noted::threshold);
  optional_int(*turns, "prefix_padding_ms", 0, 60'000);
  note(settings, *turns, "prefix_padding_ms", noted::prefix_padding);
}

void read_input(Settings& settings, Fields& input) {
  note_format(settings, input, "format", noted::input_format);
  read_transcription(settings, input, "transcription");
  read_turn_detection(settings, input, "turn_detection");
  note(settings, input, "noise_reduction", noted::noise_reduction);
}

std::optional<std::string> read_voice(Fields& fields) {
  json* voice = fields.optional("voice");
  if (voice == nullptr) return std::nullopt;
  if (voice->is_object()) {  // {"id": …}: a voice of the client's own
    Fields object(*voice, fields.path_of("voice"), fields.faults());
    return required_text(object, "id", max_id);
  }
  std::optional<std::string> name = optional_text(fields, "voice", max_id);
  if (name && name->empty()) return std::nullopt;
  return name;
}

/// Where the beta had them.
void read_beta(Configure& wanted, Fields& session) {
  note_format(wanted.settings, session, "input_audio_format", noted::input_format);
  note_format(wanted.settings, session, "output_audio_format", noted::output_format);
  read_transcription(wanted.settings, session, "input_audio_transcription");
  read_turn_detection(wanted.settings, session, "turn_detection");
  note(wanted.settings, session, "input_audio_noise_reduction", noted::noise_reduction);
  note(wanted.settings, session, "speed", noted::speed);
  if (auto voice = read_voice(session)) wanted.voice = std::move(voice);
}

}  // namespace

std::optional<audio::SoundForm> sound_form_of(const json& format) {
  if (!format.is_object() || !format.contains("type")) return std::nullopt;
  const json& type = format.at("type");
  const auto rate = format.find("rate");
  const bool telephone = type == "audio/pcmu" || type == "audio/pcma";
  if (rate != format.end() && !rate->is_null() && *rate != (telephone ? 8'000 : audio::sample_rate))
    return std::nullopt;
  if (type == "audio/pcm") return audio::SoundForm::pcm16;
  if (type == "audio/pcmu") return audio::SoundForm::mu_law;
  if (type == "audio/pcma") return audio::SoundForm::a_law;
  return std::nullopt;
}

Configure plain_session() {
  Configure wanted;
  wanted.stand_in = true;
  wanted.settings.opens = false;
  wanted.settings.hangs_up = false;
  wanted.settings.counts_tokens = true;
  wanted.settings.turns.idle = milliseconds(0);
  return wanted;
}

Configure read_session(Fields& session, bool transcribes) {
  Configure wanted;
  wanted.stand_in = true;
  if (session.optional("type") != nullptr && session.must_be_one_of("type", {"realtime", "transcription"})) {
    transcribes = *session.optional("type") == "transcription";
    note(wanted.settings, session, "type", noted::type);
  }
  wanted.settings.reply = read_reply_options(session);
  read_beta(wanted, session);
  if (auto audio = optional_object(session, "audio")) {
    if (auto input = optional_object(*audio, "input")) read_input(wanted.settings, *input);
    if (auto output = optional_object(*audio, "output")) {
      note_format(wanted.settings, *output, "format", noted::output_format);
      note(wanted.settings, *output, "speed", noted::speed);
      if (auto voice = read_voice(*output)) wanted.voice = std::move(voice);
    }
  }
  if (auto model = optional_text(session, "model", max_id); model && !model->empty())
    wanted.name = std::move(model);
  wanted.allow_recording = session.optional_bool("allow_recording");
  note(wanted.settings, session, "include", noted::include);
  note(wanted.settings, session, "prompt", noted::prompt);
  note(wanted.settings, session, "tracing", noted::tracing);
  note(wanted.settings, session, "truncation", noted::truncation);
  if (transcribes) wanted.settings.turns.replies = false;
  return wanted;
}

}  // namespace unmuted::events::realtime
