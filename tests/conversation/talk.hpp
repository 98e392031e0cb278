#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "describe.hpp"
#include "spoken_conversation.hpp"

namespace unmuted {

inline constexpr TimePoint now{std::chrono::seconds(100)};

/// A conversation, and who speaks in it.
struct TalkSetup : ConversationSetup {
  unsigned words_per_minute = 0;
  bool voiced = false;  ///< the test says what has been spoken
};

inline TalkSetup at_once() {
  TalkSetup setup;
  setup.system_prompt = "Be kind.";
  return setup;
}
inline TalkSetup greeting(std::string text) {
  TalkSetup setup = at_once();
  setup.greeting = std::move(text);
  return setup;
}
inline TalkSetup with_tools() {
  TalkSetup setup = at_once();
  setup.has_tools = true;
  return setup;
}
inline TalkSetup paced(unsigned words_per_minute) {
  TalkSetup setup = at_once();
  setup.words_per_minute = words_per_minute;
  return setup;
}
inline TalkSetup voiced() {
  TalkSetup setup = at_once();
  setup.voiced = true;
  return setup;
}

inline std::unique_ptr<TestSpeaker> speaker_of(const TalkSetup& setup) {
  if (setup.voiced) return std::make_unique<TestSpeaker>();
  return std::make_unique<SilentTestSpeaker>(setup.words_per_minute);
}

inline events::Failure llm_down(events::Failure::Kind kind) {
  return {kind, "service_unavailable", "The language model does not answer."};
}

inline std::vector<ToolCall> calls(std::size_t count) {
  std::vector<ToolCall> made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back({"c" + std::to_string(i), "t" + std::to_string(i), "{}"});
  return made;
}

/// A conversation, and what it answers as lines.
class Talk {
 public:
  explicit Talk(const TalkSetup& setup) : conversation(setup, speaker_of(setup)) {}

  using Lines = std::vector<std::string>;

  Lines start(TimePoint at = now) { return describe(conversation.start(at)); }
  Lines end(TimePoint at = now) { return describe(conversation.end(at)); }
  Lines tick(TimePoint at) { return describe(conversation.tick(at)); }
  Lines wrote(std::string text, TimePoint at = now) {
    return describe(conversation.user_wrote(std::move(text), at));
  }
  Lines request(TimePoint at = now) { return describe(conversation.reply_requested(at)); }
  Lines cancel(TimePoint at = now) { return describe(conversation.cancel_requested(at)); }
  Lines speech() { return describe(conversation.user_speech_started(now)); }
  Lines word(std::string_view word) { return describe(conversation.user_word(word, 1.5, now)); }
  Lines pause() { return describe(conversation.user_paused(now)); }
  Lines audio(Duration audio) { return describe(conversation.audio_received(audio, now)); }
  Lines text(TurnId turn, std::string_view piece, TimePoint at = now) {
    return describe(conversation.model_text(turn, piece, at));
  }
  Lines finished(TurnId turn, std::vector<ToolCall> calls = {}, TimePoint at = now) {
    return describe(conversation.model_finished(turn, {.calls = std::move(calls)}, at));
  }
  Lines closes(TurnId turn) { return describe(conversation.model_finished(turn, {.close = true}, now)); }
  Lines returned(TurnId turn, std::size_t call, std::string_view result) {
    return describe(conversation.tool_returned(turn, call, result, now));
  }
  Lines spoken(TurnId turn) { return describe(conversation.word_spoken(turn, now)); }
  Lines utterance_ended(TurnId turn) { return describe(conversation.utterance_ended(turn, now)); }
  Lines failed(TurnId turn, events::Failure::Kind kind = events::Failure::Kind::warning) {
    return describe(conversation.reply_failed(turn, llm_down(kind), now));
  }
  Lines listening_failed(events::Failure::Kind kind = events::Failure::Kind::warning) {
    return describe(conversation.listening_failed({kind, "service_unavailable", "Speech-in is gone."}, now));
  }

  /// A whole reply, spoken at once.
  void reply(TurnId turn, std::string_view words) {
    text(turn, words);
    finished(turn);
  }

  Lines chat() const { return describe(conversation.history().for_client()); }
  Conversation::State state() const { return conversation.state(); }

  SpokenConversation conversation;
};

}  // namespace unmuted
