#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace unmuted::test {

/// Holds what a server says in OpenAI's Realtime API (GA) to the rules that its clients depend on: the fields
/// that each event must have, ids that nobody else has, all that is added being done once and in order, one
/// response.done for each response. Knows no sockets and no test framework: check() and finish() give what is
/// wrong.
class RealtimeRules {
 public:
  using json = nlohmann::json;

  /// The next event of the connection: what is wrong with it, one line each.
  std::vector<std::string> check(const json& event) {
    faults_.clear();
    type_ = event.value("type", std::string());
    const auto rule = fields().find(type_);
    if (rule == fields().end()) {
      fault("is no event of this interface");
      return faults_;
    }
    for (const std::string& path : rule->second) must_have(event, path);
    if (!is_text(event, "event_id") || !ids_.insert(event.value("event_id", "")).second)
      fault("event_id is missing, or was used before");
    if (std::exchange(first_, false) && type_ != "session.created" && type_ != "error")
      fault("comes before session.created");
    if (faults_.empty()) follow(event);
    return faults_;
  }

  /// Nothing more comes: what is missing.
  std::vector<std::string> finish() {
    faults_.clear();
    type_ = "the end";
    for (const auto& [id, response] : responses_) {
      if (!response.done) fault("response " + id + " is not done");
    }
    for (const auto& [id, item] : items_) {
      if (item.added && !item.done) fault("item " + id + " was added and is not done");
    }
    return faults_;
  }

  /// The ids of the conversation's items, in their order.
  [[nodiscard]] const std::vector<std::string>& order() const { return order_; }

 private:
  struct ItemState {
    bool added = false, done = false, deleted = false;
  };
  struct OutputState {
    std::string item, type, text, arguments;
    bool part_open = false, part_done = false, text_done = false, audio_done = false, done = false;
    std::string part_type;
  };
  struct ResponseState {
    bool done = false, aside = false;
    json metadata;
    std::vector<OutputState> output;
  };

  static const std::map<std::string, std::vector<std::string>>& fields() {
    static const std::vector<std::string> part{"response_id", "item_id", "output_index", "content_index"};
    static const auto with = [](std::vector<std::string> more) {
      more.insert(more.begin(), part.begin(), part.end());
      return more;
    };
    static const std::map<std::string, std::vector<std::string>> all{
        {"error", {"error.type", "error.code", "error.message", "error.param?", "error.event_id?"}},
        {"session.created", {"session.id", "session.object", "session.type", "session.audio"}},
        {"session.updated", {"session.id", "session.object", "session.type", "session.audio"}},
        {"conversation.item.added", {"item", "previous_item_id?"}},
        {"conversation.item.done", {"item", "previous_item_id?"}},
        {"conversation.item.retrieved", {"item"}},
        {"conversation.item.deleted", {"item_id"}},
        {"conversation.item.truncated", {"item_id", "content_index", "audio_end_ms"}},
        {"conversation.item.input_audio_transcription.delta", {"item_id", "content_index", "delta"}},
        {"conversation.item.input_audio_transcription.completed",
         {"item_id", "content_index", "transcript", "usage.type", "usage.seconds"}},
        {"conversation.item.input_audio_transcription.failed",
         {"item_id", "content_index", "error.type", "error.code", "error.message", "error.param?"}},
        {"input_audio_buffer.speech_started", {"item_id", "audio_start_ms"}},
        {"input_audio_buffer.speech_stopped", {"item_id", "audio_end_ms"}},
        {"input_audio_buffer.committed", {"item_id", "previous_item_id?"}},
        {"input_audio_buffer.cleared", {}},
        {"input_audio_buffer.timeout_triggered", {"item_id", "audio_start_ms", "audio_end_ms"}},
        {"response.created", {"response"}},
        {"response.done", {"response", "response.usage"}},
        {"response.output_item.added", {"response_id", "output_index", "item"}},
        {"response.output_item.done", {"response_id", "output_index", "item"}},
        {"response.content_part.added", with({"part.type"})},
        {"response.content_part.done", with({"part.type"})},
        {"response.output_audio.delta", with({"delta"})},
        {"response.output_audio.done", part},
        {"response.output_audio_transcript.delta", with({"delta"})},
        {"response.output_audio_transcript.done", with({"transcript"})},
        {"response.output_text.delta", with({"delta"})},
        {"response.output_text.done", with({"text"})},
        {"response.function_call_arguments.delta",
         {"response_id", "item_id", "output_index", "call_id", "delta"}},
        {"response.function_call_arguments.done",
         {"response_id", "item_id", "output_index", "call_id", "name", "arguments"}},
        {"session.characters.reloaded", {"directory", "characters"}},
        {"session.characters.listed", {"directory", "characters"}},
    };
    return all;
  }

  void fault(const std::string& what) { faults_.push_back(type_ + ": " + what); }

  static bool is_text(const json& object, const char* name) {
    return object.contains(name) && object.at(name).is_string() && object.at(name) != "";
  }

  /// "a.b"; with a question mark it may be null, and must be there.
  void must_have(const json& event, std::string path) {
    const bool may_be_null = path.ends_with('?');
    if (may_be_null) path.pop_back();
    const json* at = &event;
    std::string rest = path;
    while (!rest.empty()) {
      const std::size_t dot = rest.find('.');
      const std::string name = rest.substr(0, dot);
      rest = dot == std::string::npos ? "" : rest.substr(dot + 1);
      if (!at->is_object() || !at->contains(name)) return fault(path + " is missing");
      at = &at->at(name);
    }
    if (at->is_null() && !may_be_null) fault(path + " is null");
  }

  void follow(const json& event) {
    if (type_ == "session.created" || type_ == "session.updated") return check_session(event.at("session"));
    if (type_.starts_with("conversation.item.")) return follow_item(event);
    if (type_ == "input_audio_buffer.committed") return follow_commit(event);
    if (type_.starts_with("input_audio_buffer.speech_")) return follow_speech(event);
    if (type_.starts_with("response.")) follow_response(event);
  }

  // ---- The session

  void check_session(const json& session) {
    if (type_ == "session.created" && std::exchange(created_, true)) fault("comes twice");
    const bool transcribes = session.at("type") == "transcription";
    const json& input = session.at("audio").value("input", json());
    for (const char* name : {"format", "transcription", "turn_detection", "noise_reduction"}) {
      if (!input.contains(name)) fault(std::string("session.audio.input.") + name + " is missing");
    }
    if (faults_.empty()) check_turn_detection(input.at("turn_detection"));
    if (transcribes) return;
    for (const char* name : {"model", "output_modalities", "instructions", "tools", "tool_choice",
                             "max_output_tokens", "tracing"}) {
      if (!session.contains(name)) fault(std::string("session.") + name + " is missing");
    }
    if (!faults_.empty()) return;
    const json& modalities = session.at("output_modalities");
    if (modalities != json{"audio"} && modalities != json{"text"})
      fault("output_modalities is not one of them");
    const json& output = session.at("audio").value("output", json());
    if (!output.contains("format") || !is_text(output, "voice"))
      fault("session.audio.output lacks something");
  }

  void check_turn_detection(const json& turns) {
    if (turns.is_null()) return;
    const std::string type = turns.value("type", "");
    if (type != "server_vad" && type != "semantic_vad") fault("turn_detection is of type " + type);
    for (const char* name : {"create_response", "interrupt_response"}) {
      if (!turns.contains(name) || !turns.at(name).is_boolean())
        fault(std::string("turn_detection lacks ") + name);
    }
  }

  // ---- Items

  void check_item(const json& item) {
    if (!is_text(item, "id") || item.value("object", "") != "realtime.item" || !is_text(item, "status"))
      return fault("the item lacks id, object or status");
    const std::string type = item.value("type", "");
    if (type == "function_call") {
      for (const char* name : {"call_id", "name", "arguments"}) {
        if (!item.contains(name)) fault(std::string("the call lacks ") + name);
      }
    } else if (type == "function_call_output") {
      for (const char* name : {"call_id", "output"}) {
        if (!item.contains(name)) fault(std::string("the result lacks ") + name);
      }
    } else if (type == "message") {
      if (!item.contains("content") || !item.at("content").is_array()) return fault("content is no array");
      for (const json& one : item.at("content")) check_content(item.value("role", ""), one);
    } else {
      fault("an item of type " + type);
    }
  }

  void check_content(const std::string& role, const json& part) {
    static const std::map<std::string, std::set<std::string>> allowed{
        {"user", {"input_text", "input_audio"}},
        {"assistant", {"output_text", "output_audio"}},
        {"system", {"input_text"}}};
    const std::string type = part.value("type", "");
    const auto types = allowed.find(role);
    if (types == allowed.end() || !types->second.contains(type)) return fault(role + " has a part " + type);
    const bool sound = type.ends_with("_audio");
    if (!part.contains(sound ? "transcript" : "text")) fault("a part lacks its text");
  }

  void follow_item(const json& event) {
    if (type_ == "conversation.item.added") return item_added(event);
    if (type_ == "conversation.item.done") return item_done(event);
    if (type_ == "conversation.item.retrieved") return check_item(event.at("item"));
    const std::string id = event.at("item_id");
    if (!items_.contains(id)) return fault("of item " + id + ", which was never added");
    if (type_ != "conversation.item.deleted") return;
    items_[id].deleted = true;
    std::erase(order_, id);
  }

  void item_added(const json& event) {
    const json& item = event.at("item");
    check_item(item);
    const std::string id = item.value("id", "");
    if (std::exchange(items_[id].added, true)) fault("item " + id + " is added twice");
    const json& before = event.at("previous_item_id");
    if (before.is_null()) {
      order_.insert(order_.begin(), id);
      return;
    }
    const auto place = std::find(order_.begin(), order_.end(), before.get<std::string>());
    if (place == order_.end()) return fault("previous_item_id is " + before.dump() + ", which is not there");
    order_.insert(place + 1, id);
  }

  void item_done(const json& event) {
    check_item(event.at("item"));
    const std::string id = event.at("item").value("id", "");
    if (!items_[id].added) fault("item " + id + " is done before it was added");
    if (std::exchange(items_[id].done, true)) fault("item " + id + " is done twice");
    if (event.at("item").value("status", "") == "in_progress")
      fault("item " + id + " is done and in progress");
    const auto place = std::find(order_.begin(), order_.end(), id);
    const std::string before = place == order_.begin() || place == order_.end() ? "" : *(place - 1);
    const json& told = event.at("previous_item_id");
    // What it was added behind may be deleted by now.
    if (!told.is_null() && told != before && !items_[told.get<std::string>()].deleted)
      fault("previous_item_id is " + told.dump() + ", and was \"" + before + "\"");
  }

  void follow_speech(const json& event) {
    const bool starts = type_.ends_with("started");
    if (speaking_ == starts) fault("out of turn");
    if (!starts && event.at("item_id") != speech_) fault("of another item than the one that was started");
    speaking_ = starts;
    if (starts) speech_ = event.at("item_id");
  }

  void follow_commit(const json& event) {
    if (speaking_) fault("before speech_stopped");
    if (items_.contains(event.at("item_id"))) fault("of an item that is there already");
  }

  // ---- Responses

  void follow_response(const json& event) {
    if (type_ == "response.created") return response_created(event.at("response"));
    if (type_ == "response.done") return response_done(event.at("response"));
    const std::string id = event.at("response_id");
    const auto found = responses_.find(id);
    if (found == responses_.end() || found->second.done)
      return fault("of response " + id + ", which is not open");
    if (type_.starts_with("response.output_item.")) return output_item(found->second, event);
    const std::size_t index = event.at("output_index");
    if (index + 1 != found->second.output.size()) return fault("of an output that is not the last");
    OutputState& output = found->second.output[index];
    if (output.done || event.at("item_id") != output.item) return fault("of an item that is not open");
    type_.starts_with("response.function_call") ? arguments(output, event) : part(output, event);
  }

  void check_response(const json& response) {
    for (const char* name : {"id", "object", "status", "output", "output_modalities"}) {
      if (!response.contains(name) || response.at(name).is_null())
        fault(std::string("response lacks ") + name);
    }
    for (const char* name : {"status_details", "metadata", "usage", "conversation_id"}) {
      if (!response.contains(name)) fault(std::string("response lacks ") + name);
    }
  }

  void response_created(const json& response) {
    check_response(response);
    if (!faults_.empty()) return;
    for (const auto& [id, other] : responses_) {
      if (!other.done) fault("while response " + id + " goes on");
    }
    const std::string id = response.at("id");
    if (responses_.contains(id)) fault("the id was used before");
    if (response.at("status") != "in_progress") fault("status is " + response.at("status").dump());
    responses_[id] = {false, response.at("conversation_id").is_null(), response.at("metadata"), {}};
  }

  void response_done(const json& response) {
    check_response(response);
    if (!faults_.empty()) return;
    const auto found = responses_.find(response.at("id").get<std::string>());
    if (found == responses_.end() || found->second.done) return fault("of a response that is not open");
    ResponseState& state = found->second;
    state.done = true;
    if (response.at("metadata") != state.metadata) fault("metadata is not that of response.created");
    if (response.at("output").size() != state.output.size()) fault("output has not the items that were told");
    for (const OutputState& output : state.output) {
      if (!output.done) fault("item " + output.item + " is not done");
    }
    const std::string status = response.at("status");
    const json& details = response.at("status_details");
    if (status == "completed" ? !details.is_null() : details.value("type", "") != status)
      fault("status_details do not fit the status " + status);
    for (const char* name :
         {"total_tokens", "input_tokens", "output_tokens", "input_token_details", "output_token_details"}) {
      if (!response.at("usage").contains(name)) fault(std::string("usage lacks ") + name);
    }
  }

  void output_item(ResponseState& response, const json& event) {
    const json& item = event.at("item");
    check_item(item);
    if (!faults_.empty()) return;
    const std::size_t index = event.at("output_index");
    if (type_.ends_with(".added")) {
      if (index != response.output.size()) fault("output_index is not the next");
      if (!response.output.empty() && !response.output.back().done) fault("while an item is open");
      if (item.at("status") != "in_progress") fault("status is not in_progress");
      if (item.at("type") == "message" && !item.at("content").empty()) fault("content is not empty");
      OutputState state;
      state.item = item.at("id");
      state.type = item.at("type");
      response.output.push_back(std::move(state));
      return;
    }
    if (index + 1 != response.output.size()) return fault("of an output that is not the last");
    OutputState& output = response.output[index];
    if (std::exchange(output.done, true)) fault("comes twice");
    if (item.at("id") != output.item) fault("of another item");
    if (item.at("status") == "in_progress") fault("status is in_progress");
    if (output.part_open && !output.part_done) fault("while its part is open");
    if (output.type == "function_call" && item.at("arguments") != output.arguments)
      fault("arguments are others");
  }

  void arguments(OutputState& output, const json& event) {
    if (type_.ends_with(".delta")) {
      output.arguments += event.at("delta").get<std::string>();
    } else if (event.at("arguments") != output.arguments) {
      fault("arguments are not those of the deltas");
    }
  }

  void part(OutputState& output, const json& event) {
    if (type_ == "response.content_part.added") {
      if (std::exchange(output.part_open, true)) fault("a second part");
      output.part_type = event.at("part").at("type");
      if (output.part_type != "audio" && output.part_type != "text")
        fault("part.type is " + output.part_type);
      return;
    }
    if (!output.part_open || output.part_done) return fault("without an open part");
    const bool text = output.part_type == "text";
    if (text != type_.starts_with("response.output_text.") && type_ != "response.content_part.done")
      return fault("in a part of " + output.part_type);
    if (type_ == "response.output_audio.delta" && output.audio_done) fault("after output_audio.done");
    if (type_ == "response.output_audio.done" && std::exchange(output.audio_done, true)) fault("comes twice");
    if (type_ == "response.output_audio_transcript.delta" || type_ == "response.output_text.delta") {
      if (output.text_done) fault("after its done");
      output.text += event.at("delta").get<std::string>();
    }
    if (type_ == "response.output_audio_transcript.done" || type_ == "response.output_text.done") {
      if (!text && !output.audio_done) fault("before output_audio.done");
      if (std::exchange(output.text_done, true)) fault("comes twice");
      if (event.at(text ? "text" : "transcript") != output.text) fault("the text is not that of the deltas");
    }
    if (type_ != "response.content_part.done") return;
    output.part_done = true;
    if (!output.text_done || (!text && !output.audio_done)) fault("before its parts are done");
    if (event.at("part").at(text ? "text" : "transcript") != output.text) fault("the part has another text");
  }

  std::vector<std::string> faults_;
  std::string type_;
  bool first_ = true, created_ = false, speaking_ = false;
  std::string speech_;
  std::set<std::string> ids_;
  std::map<std::string, ItemState> items_;
  std::vector<std::string> order_;
  std::map<std::string, ResponseState> responses_;
};

}  // namespace unmuted::test
