#include "events/realtime/objects.hpp"

#include <nlohmann/json.hpp>

#include "audio/pcm.hpp"
#include "core/json.hpp"
#include "events/realtime/noted.hpp"

namespace unmuted::events::realtime {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

const json* noted_value(const Settings& settings, std::string_view name) {
  const auto found = settings.noted.find(name);
  return found == settings.noted.end() ? nullptr : &found->second;
}

/// What the client set there; else what is.
template <class T>
void noted_field(JsonWriter& w, std::string_view field, const Settings& settings, std::string_view name,
                 const T& otherwise) {
  w.key(field);
  if (const json* value = noted_value(settings, name)) {
    w.tree(*value);
  } else {
    w.value(otherwise);
  }
}

void write_transcription(JsonWriter& w, const Settings& settings) {
  w.key("transcription");
  if (!tells_transcripts(settings)) return w.value(nullptr);
  w.begin_object();
  noted_field(w, "model", settings, noted::transcription_model, default_model);
  noted_field(w, "language", settings, noted::transcription_language, nullptr);
  noted_field(w, "prompt", settings, noted::transcription_prompt, nullptr);
  w.end_object();
}

std::string_view word_of(TurnRules::Eagerness eagerness) {
  switch (eagerness) {
    case TurnRules::Eagerness::automatic:
      return "auto";
    case TurnRules::Eagerness::low:
      return "low";
    case TurnRules::Eagerness::medium:
      return "medium";
    case TurnRules::Eagerness::high:
      return "high";
  }
  return "auto";
}

void write_turn_detection(JsonWriter& w, const Settings& settings) {
  const TurnRules& rules = settings.turns;
  const TurnRules::By by = rules.by.value_or(TurnRules::By::silence);
  w.key("turn_detection");
  if (by == TurnRules::By::client) return w.value(nullptr);
  w.begin_object();
  if (by == TurnRules::By::meaning) {
    w.field("type", "semantic_vad");
    w.field("eagerness", word_of(rules.eagerness.value_or(TurnRules::Eagerness::automatic)));
  } else {
    w.field("type", "server_vad");
    noted_field(w, "threshold", settings, noted::threshold, 0.5);
    noted_field(w, "prefix_padding_ms", settings, noted::prefix_padding, 300);
    w.field("silence_duration_ms", rules.silence.value_or(milliseconds(500)).count());
    w.key("idle_timeout_ms");
    const milliseconds idle = rules.idle.value_or(milliseconds(0));
    if (idle.count() == 0) {
      w.value(nullptr);
    } else {
      w.value(idle.count());
    }
  }
  w.field("create_response", rules.replies.value_or(true));
  w.field("interrupt_response", rules.interrupts.value_or(true));
  w.end_object();
}

void write_input(JsonWriter& w, const Settings& settings) {
  w.key("input");
  w.begin_object();
  w.key("format");
  write_format(w, settings, noted::input_format);
  write_transcription(w, settings);
  noted_field(w, "noise_reduction", settings, noted::noise_reduction, nullptr);
  write_turn_detection(w, settings);
  w.end_object();
}

void write_tools(JsonWriter& w, const std::vector<ClientTool>& tools) {
  w.array("tools", tools, [&](const ClientTool& tool) {
    w.begin_object();
    w.field("type", "function");
    w.field("name", tool.name);
    w.field("description", tool.description);
    w.key("parameters");
    const auto parameters = read_json(tool.parameters.empty() ? "{}" : tool.parameters);
    w.tree(parameters ? *parameters : json::object());
    w.end_object();
  });
}

void write_tool_choice(JsonWriter& w, const ToolChoice& choice) {
  w.key("tool_choice");
  switch (choice.kind) {
    case ToolChoice::Kind::free:
      return w.value("auto");
    case ToolChoice::Kind::none:
      return w.value("none");
    case ToolChoice::Kind::required:
      return w.value("required");
    case ToolChoice::Kind::named:
      break;
  }
  w.begin_object();
  w.field("type", "function");
  w.field("name", choice.name);
  w.end_object();
}

std::string_view word_of(ItemStatus status) {
  switch (status) {
    case ItemStatus::in_progress:
      return "in_progress";
    case ItemStatus::completed:
      return "completed";
    case ItemStatus::incomplete:
      return "incomplete";
  }
  return "completed";
}

void write_part(JsonWriter& w, const Item& item, bool untold) {
  const bool bot = item.role == Item::Role::assistant;
  w.begin_object();
  if (item.spoken) {
    w.field("type", bot ? "output_audio" : "input_audio");
    w.key("transcript");
    if (untold) {
      w.value(nullptr);
    } else {
      w.value(item.text);
    }
  } else {
    w.field("type", bot ? "output_text" : "input_text");
    w.field("text", item.text);
  }
  w.end_object();
}

void write_message(JsonWriter& w, const Item& item, bool untold) {
  w.field("role", item.role == Item::Role::assistant ? "assistant"
                  : item.role == Item::Role::system  ? "system"
                                                     : "user");
  w.key("content");
  w.begin_array();
  write_part(w, item, untold);
  w.end_array();
}

}  // namespace

std::string_view voice_of(const Configured& session) {
  if (session.character) return *session.character;
  return session.voice && !session.voice->empty() ? std::string_view(*session.voice) : "default";
}

bool is_transcription(const Settings& settings) {
  const json* type = noted_value(settings, noted::type);
  return type != nullptr && *type == "transcription";
}

bool tells_transcripts(const Settings& settings) {
  const json* told = noted_value(settings, noted::transcribes);
  return told == nullptr || *told != false;
}

void write_format(JsonWriter& w, const Settings& settings, std::string_view noted_name) {
  if (const json* format = noted_value(settings, noted_name)) return w.tree(*format);
  w.begin_object();
  w.field("type", "audio/pcm");
  w.field("rate", audio::sample_rate);
  w.end_object();
}

void write_max_tokens(JsonWriter& w, const ReplyOptions& options) {
  w.key("max_output_tokens");
  const int most = options.max_tokens.value_or(0);
  if (most == 0) {
    w.value("inf");
  } else {
    w.value(most);
  }
}

void write_session(JsonWriter& w, const SessionNames& names, const Configured& session) {
  const Settings& settings = session.settings;
  const bool transcribes = is_transcription(settings);
  w.begin_object();
  w.field("type", transcribes ? "transcription" : "realtime");
  w.field("object", transcribes ? "realtime.transcription_session" : "realtime.session");
  w.field("id", names.id);
  if (!transcribes) {
    const ReplyOptions& reply = settings.reply;
    w.field("model", names.model);
    w.key("output_modalities");
    w.begin_array();
    w.value(reply.written.value_or(false) ? "text" : "audio");
    w.end_array();
    w.field("instructions", reply.instructions.value_or(""));
    write_tools(w, reply.tools.value_or(std::vector<ClientTool>()));
    write_tool_choice(w, reply.tool_choice.value_or(ToolChoice{}));
    write_max_tokens(w, reply);
    noted_field(w, "tracing", settings, noted::tracing, nullptr);
    noted_field(w, "truncation", settings, noted::truncation, "auto");
    noted_field(w, "prompt", settings, noted::prompt, nullptr);
  }
  noted_field(w, "include", settings, noted::include, nullptr);
  w.key("audio");
  w.begin_object();
  write_input(w, settings);
  if (!transcribes) {
    w.key("output");
    w.begin_object();
    w.key("format");
    write_format(w, settings, noted::output_format);
    w.field("voice", voice_of(session));
    noted_field(w, "speed", settings, noted::speed, 1);
    w.end_object();
  }
  w.end_object();
  w.end_object();
}

void write_item(JsonWriter& w, const Item& item, ItemStatus status, bool untold) {
  w.begin_object();
  w.field("id", item.id);
  w.field("object", "realtime.item");
  switch (item.kind) {
    case Item::Kind::message:
      w.field("type", "message");
      w.field("status", word_of(status));
      write_message(w, item, untold);
      break;
    case Item::Kind::call:
      w.field("type", "function_call");
      w.field("status", word_of(status));
      w.field("call_id", item.call_id);
      w.field("name", item.name);
      w.field("arguments", item.arguments);
      break;
    case Item::Kind::result:
      w.field("type", "function_call_output");
      w.field("status", word_of(status));
      w.field("call_id", item.call_id);
      w.field("output", item.text);
      break;
  }
  w.end_object();
}

void write_begun_message(JsonWriter& w, std::string_view id) {
  w.begin_object();
  w.field("id", id);
  w.field("object", "realtime.item");
  w.field("type", "message");
  w.field("status", "in_progress");
  w.field("role", "assistant");
  w.key("content");
  w.begin_array();
  w.end_array();
  w.end_object();
}

/// A language model counts text; who speaks counts nothing.
void write_usage(JsonWriter& w, const TokenCount& tokens) {
  w.begin_object();
  w.field("total_tokens", tokens.input + tokens.output);
  w.field("input_tokens", tokens.input);
  w.field("output_tokens", tokens.output);
  w.key("input_token_details");
  w.begin_object();
  w.field("text_tokens", tokens.input);
  w.field("audio_tokens", 0);
  w.field("image_tokens", 0);
  w.field("cached_tokens", tokens.cached);
  w.key("cached_tokens_details");
  w.begin_object();
  w.field("text_tokens", tokens.cached);
  w.field("audio_tokens", 0);
  w.field("image_tokens", 0);
  w.end_object();
  w.end_object();
  w.key("output_token_details");
  w.begin_object();
  w.field("text_tokens", tokens.output);
  w.field("audio_tokens", 0);
  w.end_object();
  w.end_object();
}

}  // namespace unmuted::events::realtime
