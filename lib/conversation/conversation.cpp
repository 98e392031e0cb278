#include "conversation/conversation.hpp"

#include <algorithm>
#include <utility>

#include "conversation/words.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

using events::Ending;
using events::Failure;

TurnId after(TurnId turn) {
  return TurnId{static_cast<std::uint64_t>(turn) + 1};
}

Failure nothing_said(std::string_view reason) {
  return Failure{Failure::Kind::warning, "empty_reply",
                 "The language model said nothing that can be spoken; it gives as its reason: " +
                     shorten(printable(reason), 100)};
}

}  // namespace

Conversation::Reply::Reply(TurnId turn_id, double model_temperature)
    : turn(turn_id), temperature(model_temperature) {}

Conversation::Conversation(ConversationSetup setup)
    : setup_(std::move(setup)), history_(std::exchange(setup_.history, {})), next_turn_(setup_.first_turn) {}

// ---- The conversation ---------------------------------------------------------------------------------

Actions Conversation::start() {
  if (state_ == State::waiting_for_user && next_turn_ == setup_.first_turn && history_.empty()) start_reply();
  return take_actions();
}

Actions Conversation::end() {
  if (state_ != State::ended) {
    if (reply_) stop_reply(Ending::interrupted);
    leave();
  }
  return take_actions();
}

std::optional<TurnId> Conversation::turn() const {
  if (!reply_) return std::nullopt;
  return reply_->turn;
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

Actions Conversation::user_wrote(std::string text) {
  if (state_ != State::ended) {
    if (reply_) stop_reply(Ending::interrupted);
    history_.add_user_message(std::move(text));
    silence_ = Duration::zero();
  }
  return take_actions();
}

Actions Conversation::reply_requested() {
  if (state_ == State::ended) return take_actions();
  if (reply_) {
    refuse("response_already_active", "A reply is already in progress: wait for its end, or cancel it.");
  } else {
    end_user_speech();
    start_reply();
  }
  return take_actions();
}

Actions Conversation::cancel_requested() {
  if (state_ == State::ended) return take_actions();
  if (reply_) {
    stop_reply(Ending::interrupted);
  } else {
    refuse("response_not_active", "There is no reply in progress that could be cancelled.");
  }
  return take_actions();
}

void Conversation::refuse(std::string code, std::string message) {
  emit(Failure{Failure::Kind::invalid_request, std::move(code), std::move(message)});
}

// ---- Speech in ----------------------------------------------------------------------------------------

Actions Conversation::user_speech_started() {
  if (state_ != State::ended) begin_user_speech();
  return take_actions();
}

Actions Conversation::user_word(std::string_view word, double start_time) {
  const std::string_view bare = without_space(word);
  if (state_ == State::ended || bare.empty()) return take_actions();
  begin_user_speech();
  user_said_words_ = true;
  history_.add_user_word(bare);
  emit(events::UserWord{std::string(bare), start_time});
  return take_actions();
}

Actions Conversation::user_paused() {
  if (state_ == State::user_speaking) {
    end_user_speech();
    if (user_said_words_) start_reply();
  }
  return take_actions();
}

Actions Conversation::audio_received(Duration audio) {
  if (state_ == State::waiting_for_user) {
    silence_ += std::clamp(audio, Duration::zero(), silence_limit);
    if (silence_ >= silence_limit) start_reply();
  }
  return take_actions();
}

void Conversation::begin_user_speech() {
  if (state_ == State::user_speaking) return;
  emit(events::UserSpeechStarted{});
  if (reply_) stop_reply(Ending::interrupted_by_voice);
  state_ = State::user_speaking;
  user_said_words_ = false;
}

void Conversation::end_user_speech() {
  if (state_ != State::user_speaking) return;
  emit(events::UserSpeechStopped{});
  state_ = State::waiting_for_user;
  silence_ = Duration::zero();
}

// ---- A reply: its text --------------------------------------------------------------------------------

void Conversation::start_reply() {
  const bool opening = history_.empty();
  if (!opening && !history_.user_spoke_last()) history_.add_user_message(std::string(History::silence));

  const TurnId turn = std::exchange(next_turn_, after(next_turn_));
  reply_.emplace(turn, history_.bot_spoke() ? temperature : opening_temperature);
  state_ = State::bot_speaking;
  emit(events::ReplyStarted{turn, setup_.voice, history_.for_client()});

  if (opening && setup_.greeting) {
    add_text(*setup_.greeting);
    if (reply_ && reply_->text == Text::coming) finish_round({});
  } else {
    ask_model();
  }
}

void Conversation::ask_model() {
  reply_->offer_tools = setup_.has_tools && reply_->round < max_rounds;
  emit(actions::AskModel{reply_->turn, reply_->round, history_.for_model(setup_.system_prompt),
                         history_.for_client(), reply_->temperature, reply_->offer_tools});
}

Actions Conversation::model_text(TurnId turn, std::string_view piece) {
  if (expects_text(turn)) add_text(piece);
  return take_actions();
}

Actions Conversation::model_began_afresh(TurnId turn) {
  if (expects_text(turn) && reply_->words.begin_afresh()) {
    emit(actions::WordsTakenBack{turn, history_.take_back_words(turn)});
  }
  return take_actions();
}

Actions Conversation::model_finished(TurnId turn, AnswerEnd end) {
  if (expects_text(turn)) finish_round(std::move(end));
  return take_actions();
}

void Conversation::add_text(std::string_view piece) {
  ReplyWords::Cut cut = reply_->words.feed(piece);
  add_words(std::move(cut.words));
  if (cut.all) return;
  emit(actions::StopModel{reply_->turn});
  complete_text();
}

void Conversation::add_words(std::vector<std::string> words) {
  for (std::string& word : words) {
    emit(actions::SayWord{{reply_->turn, word}});
    history_.add_unheard_word(reply_->turn, std::move(word));
  }
}

void Conversation::finish_round(AnswerEnd end) {
  reply_->close = end.close;
  ReplyWords::Cut cut = reply_->words.finish();
  add_words(std::move(cut.words));
  if (cut.all && !end.calls.empty() && reply_->offer_tools) return call_tools(std::move(end.calls));
  if (!reply_->words.any() && !end.reason.empty()) emit(nothing_said(end.reason));
  complete_text();
}

void Conversation::complete_text() {
  reply_->text = Text::complete;
  emit(actions::TextComplete{reply_->turn});
  if (!reply_->words.any()) end_reply(Ending::finished);
}

// ---- A reply: its tools -------------------------------------------------------------------------------

void Conversation::call_tools(std::vector<ToolCall> calls) {
  const TurnId turn = reply_->turn;
  ToolRound round = tool_round(std::move(calls));
  history_.add_tool_calls(turn, std::move(round.remembered));
  for (std::size_t i = 0; i < round.not_run.size(); ++i) {
    history_.set_tool_result(turn, round.run.size() + i, std::move(round.not_run[i]));
  }
  reply_->results_missing = round.run.size();
  if (round.run.empty()) return next_round();
  reply_->text = Text::waiting_for_tools;
  emit(actions::RunTools{turn, std::move(round.run)});
}

Actions Conversation::tool_returned(TurnId turn, std::size_t call, std::string_view result) {
  if (state_ == State::ended) return take_actions();
  std::string kept = shorten(result, max_tool_result_bytes);
  const ToolCall* called = history_.set_tool_result(turn, call, kept);
  if (called == nullptr) return take_actions();
  emit(events::ToolCalled{turn, called->name, called->arguments, std::move(kept)});
  if (is_current(turn) && --reply_->results_missing == 0) next_round();
  return take_actions();
}

void Conversation::next_round() {
  ++reply_->round;
  reply_->text = Text::coming;
  reply_->words.begin_round();
  ask_model();
}

// ---- A reply: its speech and its end ------------------------------------------------------------------

Actions Conversation::word_spoken(TurnId turn) {
  if (is_current(turn)) hear_next_word();
  return take_actions();
}

Actions Conversation::utterance_ended(TurnId turn) {
  if (!is_current(turn)) return take_actions();
  if (reply_->text == Text::complete) {
    while (history_.has_unheard_words()) hear_next_word();
    end_reply(Ending::finished);
  } else {
    fail_reply({Failure::Kind::warning, "service_unavailable",
                "The speech-out service ended before the reply did."});
  }
  return take_actions();
}

void Conversation::hear_next_word() {
  if (std::optional<std::string> word = history_.hear_next_word()) {
    emit(events::WordSpoken{reply_->turn, std::string(without_space(*word))});
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
  state_ = State::waiting_for_user;
  silence_ = Duration::zero();
  emit(events::ReplyEnded{reply.turn, std::move(spoken), how, history_.for_client()});
  if (farewell) close(actions::CloseConnection::Why::farewell);
}

// ---- Failures -----------------------------------------------------------------------------------------

Actions Conversation::reply_failed(TurnId turn, Failure failure) {
  if (is_current(turn)) fail_reply(std::move(failure));
  return take_actions();
}

Actions Conversation::listening_failed(Failure failure) {
  if (state_ == State::ended) return take_actions();
  const bool fatal = failure.kind == Failure::Kind::fatal;
  if (fatal && reply_) {
    fail_reply(std::move(failure));
    return take_actions();
  }
  emit(std::move(failure));
  end_user_speech();
  if (fatal) close(actions::CloseConnection::Why::failure);
  return take_actions();
}

void Conversation::fail_reply(Failure failure) {
  const bool fatal = failure.kind == Failure::Kind::fatal;
  emit(std::move(failure));
  stop_reply(Ending::failed);
  if (fatal) close(actions::CloseConnection::Why::failure);
}

}  // namespace unmuted
