#include "conversation/conversation.hpp"

#include <algorithm>
#include <utility>

#include "conversation/words.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

using actions::Ending;
using actions::Severity;

constexpr std::size_t max_tool_name_bytes = 64;

TurnId after(TurnId turn) {
  return TurnId{static_cast<std::uint64_t>(turn) + 1};
}

/// The calls of one round as they are run and remembered: those that are run stand first.
struct ToolRound {
  std::vector<ToolCall> calls;
  std::size_t to_run = 0;
};

bool has_too_long_arguments(const ToolCall& call) {
  return call.arguments.size() > Conversation::max_arguments_bytes;
}

ToolRound tool_round(std::vector<ToolCall> calls) {
  if (calls.size() > Conversation::max_calls_kept) calls.resize(Conversation::max_calls_kept);
  for (ToolCall& call : calls) {
    call.id.clear();  // of any length, and of no use: what is sent back has ids of our own
    call.name = utf8_prefix(call.name, max_tool_name_bytes);
  }
  const auto not_run = std::stable_partition(
      calls.begin(), calls.end(), [](const ToolCall& call) { return !has_too_long_arguments(call); });
  const auto runnable = static_cast<std::size_t>(not_run - calls.begin());
  return {std::move(calls), std::min(runnable, Conversation::max_calls_run)};
}

std::string why_not_run(const ToolCall& call) {
  if (has_too_long_arguments(call)) {
    return "Not run: the arguments are longer than " + std::to_string(Conversation::max_arguments_bytes) +
           " bytes. Call it again with shorter ones.";
  }
  return "Not run: at most " + std::to_string(Conversation::max_calls_run) +
         " tools are run at a time. Call it again if it is still needed.";
}

Error nothing_said(std::string_view reason) {
  return {"empty_reply",
          "The language model said nothing that can be spoken; it gives as its reason: " +
              shorten(printable(reason), 100),
          ""};
}

}  // namespace

Conversation::Reply::Reply(TurnId turn_id, double model_temperature)
    : turn(turn_id), temperature(model_temperature) {}

Conversation::Conversation(ConversationSetup setup)
    : setup_(std::move(setup)), pace_(setup_.words_per_minute), next_turn_(setup_.first_turn) {}

// ---- The conversation ---------------------------------------------------------------------------------

Actions Conversation::start(TimePoint now) {
  const bool first_reply = next_turn_ == setup_.first_turn;
  if (begin_input(now) && first_reply && state_ == State::waiting_for_user) start_reply(now);
  return take_actions();
}

Actions Conversation::end(TimePoint now) {
  if (begin_input(now)) {
    if (reply_) stop_reply(Ending::interrupted);
    leave();
  }
  return take_actions();
}

Actions Conversation::tick(TimePoint now) {
  begin_input(now);
  return take_actions();
}

std::optional<TimePoint> Conversation::next_deadline() const {
  return pace_.next();
}

std::optional<TurnId> Conversation::turn() const {
  if (!reply_) return std::nullopt;
  return reply_->turn;
}

bool Conversation::begin_input(TimePoint now) {
  advance(now);
  return state_ != State::ended;
}

void Conversation::advance(TimePoint now) {
  const std::size_t spoken = pace_.take_until(now);
  for (std::size_t i = 0; i < spoken; ++i) hear_next_word();
  if (spoken > 0) end_reply_if_spoken();
}

void Conversation::leave() {
  end_user_speech();
  state_ = State::ended;
}

void Conversation::close(actions::CloseConnection::Why why) {
  leave();
  emit(actions::CloseConnection{why});
}

// ---- The client ---------------------------------------------------------------------------------------

Actions Conversation::user_wrote(std::string text, TimePoint now) {
  if (begin_input(now)) {
    if (reply_) stop_reply(Ending::interrupted);
    history_.add_user_message(std::move(text));
    silence_ = Duration::zero();
  }
  return take_actions();
}

Actions Conversation::reply_requested(TimePoint now) {
  if (!begin_input(now)) return take_actions();
  if (reply_) {
    emit(actions::Refused{{"response_already_active",
                           "A reply is already in progress: wait for its response.audio.done, or end it with "
                           "response.cancel.",
                           {}}});
  } else {
    end_user_speech();
    start_reply(now);
  }
  return take_actions();
}

Actions Conversation::cancel_requested(TimePoint now) {
  if (!begin_input(now)) return take_actions();
  if (reply_) {
    stop_reply(Ending::interrupted);
  } else {
    emit(actions::Refused{
        {"response_not_active", "There is no reply in progress that could be cancelled.", {}}});
  }
  return take_actions();
}

// ---- Speech in ----------------------------------------------------------------------------------------

Actions Conversation::user_speech_started(TimePoint now) {
  if (begin_input(now)) begin_user_speech();
  return take_actions();
}

Actions Conversation::user_word(std::string_view word, double start_time, TimePoint now) {
  const std::string_view bare = without_space(word);
  if (!begin_input(now) || bare.empty()) return take_actions();
  begin_user_speech();
  user_said_words_ = true;
  history_.add_user_word(bare);
  emit(actions::UserWord{std::string(bare), start_time});
  return take_actions();
}

Actions Conversation::user_paused(TimePoint now) {
  if (begin_input(now) && state_ == State::user_speaking) {
    end_user_speech();
    if (user_said_words_) start_reply(now);
  }
  return take_actions();
}

Actions Conversation::audio_received(Duration audio, TimePoint now) {
  if (begin_input(now) && state_ == State::waiting_for_user) {
    silence_ += std::clamp(audio, Duration::zero(), silence_limit);
    if (silence_ >= silence_limit) start_reply(now);
  }
  return take_actions();
}

void Conversation::begin_user_speech() {
  if (state_ == State::user_speaking) return;
  emit(actions::SpeechStarted{});
  if (reply_) stop_reply(Ending::interrupted_by_voice);
  state_ = State::user_speaking;
  user_said_words_ = false;
}

void Conversation::end_user_speech() {
  if (state_ != State::user_speaking) return;
  emit(actions::SpeechStopped{});
  state_ = State::waiting_for_user;
  silence_ = Duration::zero();
}

// ---- A reply: its text --------------------------------------------------------------------------------

void Conversation::start_reply(TimePoint now) {
  const bool opening = history_.empty();
  if (!opening && !history_.user_spoke_last()) history_.add_user_message(std::string(History::silence));

  const TurnId turn = std::exchange(next_turn_, after(next_turn_));
  reply_.emplace(turn, history_.bot_spoke() ? temperature : opening_temperature);
  state_ = State::bot_speaking;
  emit(actions::ReplyStarted{turn, history_.for_client()});

  if (opening && setup_.greeting) {
    add_text(*setup_.greeting, now);
    if (reply_ && reply_->text == Text::coming) finish_round({}, now);
  } else {
    ask_model();
  }
}

void Conversation::ask_model() {
  reply_->offer_tools = setup_.has_tools && reply_->round < max_rounds;
  emit(actions::AskModel{reply_->turn, reply_->round, history_.for_model(setup_.system_prompt),
                         history_.for_client(), reply_->temperature, reply_->offer_tools});
}

Actions Conversation::model_text(TurnId turn, std::string_view piece, TimePoint now) {
  if (begin_input(now) && is_current(turn) && reply_->text == Text::coming) add_text(piece, now);
  return take_actions();
}

Actions Conversation::model_began_afresh(TurnId turn, TimePoint now) {
  if (!begin_input(now) || !is_current(turn) || reply_->text != Text::coming) return take_actions();
  reply_->words = SpokenText();
  if (reply_->round_has_words) {
    history_.take_back_words(turn);
    pace_.clear();
    reply_->has_words = reply_->had_words;
    reply_->round_has_words = false;
    emit(actions::WordsTakenBack{turn});
  }
  return take_actions();
}

Actions Conversation::model_finished(TurnId turn, AnswerEnd end, TimePoint now) {
  if (begin_input(now) && is_current(turn) && reply_->text == Text::coming) {
    finish_round(std::move(end), now);
  }
  return take_actions();
}

void Conversation::add_text(std::string_view piece, TimePoint now) {
  if (add_words(reply_->words.feed(piece), now)) return;
  emit(actions::StopModel{reply_->turn});
  complete_text();
}

/// As many of them as the reply may have; false when there were more.
bool Conversation::add_words(std::vector<std::string> words, TimePoint now) {
  for (std::string& word : words) {
    if (reply_->bytes + word.size() > max_reply_bytes) return false;
    add_word(std::move(word), now);
  }
  return true;
}

void Conversation::add_word(std::string word, TimePoint now) {
  const bool bare = without_space(word).size() == word.size();
  if (bare && reply_->has_words && !reply_->round_has_words) word.insert(word.begin(), ' ');
  reply_->has_words = reply_->round_has_words = true;
  reply_->bytes += word.size();
  emit(actions::WordReady{reply_->turn, word});
  history_.add_unheard_word(reply_->turn, std::move(word));
  if (setup_.spoken_by == SpokenBy::reading_pace) {
    pace_.add_word(now);
    advance(now);
  }
}

void Conversation::finish_round(AnswerEnd end, TimePoint now) {
  reply_->close = end.close;
  const bool whole = add_words(reply_->words.finish(), now);
  if (whole && !end.calls.empty() && reply_->offer_tools) return call_tools(std::move(end.calls));
  if (!reply_->has_words && !end.reason.empty()) {
    emit(actions::Failed{nothing_said(end.reason), Severity::warning});
  }
  complete_text();
}

void Conversation::complete_text() {
  reply_->text = Text::complete;
  emit(actions::TextComplete{reply_->turn});
  end_reply_if_spoken();
}

// ---- A reply: its tools -------------------------------------------------------------------------------

void Conversation::call_tools(std::vector<ToolCall> calls) {
  const TurnId turn = reply_->turn;
  ToolRound round = tool_round(std::move(calls));
  std::vector<ToolCall> remembered = round.calls;
  for (ToolCall& call : remembered) {
    if (has_too_long_arguments(call)) call.arguments = "{}";
  }
  history_.add_tool_calls(turn, std::move(remembered));
  for (std::size_t i = round.to_run; i < round.calls.size(); ++i) {
    history_.set_tool_result(turn, i, why_not_run(round.calls[i]));
  }
  reply_->results_missing = round.to_run;
  reply_->text = Text::waiting_for_tools;
  if (round.to_run == 0) {
    next_round();
    return;
  }
  round.calls.resize(round.to_run);
  emit(actions::RunTools{turn, std::move(round.calls)});
}

Actions Conversation::tool_returned(TurnId turn, std::size_t call, std::string_view result, TimePoint now) {
  if (!begin_input(now)) return take_actions();
  std::string kept = shorten(result, max_tool_result_bytes);
  const ToolCall* called = history_.set_tool_result(turn, call, kept);
  if (called == nullptr) return take_actions();
  emit(actions::ToolCalled{turn, *called, std::move(kept)});
  if (is_current(turn) && --reply_->results_missing == 0) next_round();
  return take_actions();
}

void Conversation::next_round() {
  ++reply_->round;
  reply_->text = Text::coming;
  reply_->round_has_words = false;
  reply_->had_words = reply_->has_words;
  ask_model();
}

// ---- A reply: its speech and its end ------------------------------------------------------------------

Actions Conversation::word_spoken(TurnId turn, TimePoint now) {
  if (begin_input(now) && is_current(turn) && setup_.spoken_by == SpokenBy::speech_service) hear_next_word();
  return take_actions();
}

Actions Conversation::utterance_ended(TurnId turn, TimePoint now) {
  if (!begin_input(now) || !is_current(turn) || setup_.spoken_by != SpokenBy::speech_service) {
    return take_actions();
  }
  if (reply_->text == Text::complete) {
    while (history_.has_unheard_words()) hear_next_word();
    end_reply(Ending::finished);
  } else {
    fail_reply({"service_unavailable", "The speech-out service ended before the reply did.", {}},
               Severity::warning);
  }
  return take_actions();
}

void Conversation::hear_next_word() {
  if (std::optional<std::string> word = history_.hear_next_word()) {
    emit(actions::WordSpoken{reply_->turn, std::string(without_space(*word))});
  }
}

void Conversation::end_reply_if_spoken() {
  const bool nothing_to_speak = setup_.spoken_by == SpokenBy::reading_pace || !reply_->has_words;
  if (nothing_to_speak && reply_->text == Text::complete && !history_.has_unheard_words()) {
    end_reply(Ending::finished);
  }
}

void Conversation::stop_reply(Ending how) {
  emit(actions::StopReply{reply_->turn});
  end_reply(how);
}

void Conversation::end_reply(Ending how) {
  const Reply reply = *std::exchange(reply_, std::nullopt);
  const bool cut = reply.text != Text::complete || history_.has_unheard_words();
  std::string spoken = history_.heard(reply.turn);
  const bool farewell = how == Ending::finished && (reply.close || is_farewell(spoken));
  history_.end_reply(reply.turn, cut);
  pace_.clear();
  state_ = State::waiting_for_user;
  silence_ = Duration::zero();
  emit(actions::ReplyEnded{reply.turn, std::move(spoken), how, history_.for_client()});
  if (farewell) close(actions::CloseConnection::Why::farewell);
}

// ---- Failures -----------------------------------------------------------------------------------------

Actions Conversation::reply_failed(TurnId turn, Error error, Severity severity, TimePoint now) {
  if (begin_input(now) && is_current(turn)) fail_reply(std::move(error), severity);
  return take_actions();
}

Actions Conversation::listening_failed(Error error, Severity severity, TimePoint now) {
  if (!begin_input(now)) return take_actions();
  if (severity == Severity::fatal && reply_) {
    fail_reply(std::move(error), severity);
    return take_actions();
  }
  emit(actions::Failed{std::move(error), severity});
  end_user_speech();
  if (severity == Severity::fatal) close(actions::CloseConnection::Why::failure);
  return take_actions();
}

void Conversation::fail_reply(Error error, Severity severity) {
  emit(actions::Failed{std::move(error), severity});
  stop_reply(Ending::failed);
  if (severity == Severity::fatal) close(actions::CloseConnection::Why::failure);
}

}  // namespace unmuted
