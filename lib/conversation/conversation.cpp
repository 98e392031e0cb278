#include "conversation/conversation.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "conversation/words.hpp"
#include "core/ids.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

using events::Ending;
using events::Failure;

TurnId after(TurnId turn) {
  return TurnId{static_cast<std::uint64_t>(turn) + 1};
}

Failure nothing_said(TurnId turn, std::string_view reason) {
  Failure failure{Failure::Kind::warning, "empty_reply",
                  "The language model said nothing that can be spoken; it gives as its reason: " +
                      shorten(printable(reason), 100)};
  failure.turn = turn;
  return failure;
}

}  // namespace

Conversation::Reply::Reply(TurnId turn_id, double model_temperature, events::ReplyOptions reply_options)
    : turn(turn_id),
      temperature(model_temperature),
      options(std::move(reply_options)),
      written(options.written.value_or(false)) {}

Conversation::Conversation(ConversationSetup setup)
    : setup_(std::move(setup)),
      history_(std::exchange(setup_.history, {})),
      received_(setup_.received),
      next_turn_(setup_.first_turn) {}

// ---- The conversation ---------------------------------------------------------------------------------

Actions Conversation::start() {
  const bool fresh = state_ == State::waiting_for_user && next_turn_ == setup_.first_turn && history_.empty();
  if (fresh && setup_.settings.opens.value_or(true)) start_reply();
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
  wanted_.reset();
  while (!ended_turns_.empty()) hear_turn(std::nullopt);
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

Actions Conversation::reply_wanted(events::StartReply wanted) {
  if (state_ == State::ended) return take_actions();
  if (reply_ || wanted_) {
    refuse("response_already_active", "A reply is already in progress: wait for its end, or cancel it.");
  } else if (!ended_turns_.empty() && !wanted.aside) {
    wanted_ = std::move(wanted);
  } else if (set_aside(wanted)) {
    end_user_speech();
    start_reply(std::move(wanted));
  }
  return take_actions();
}

Actions Conversation::cancel_requested() {
  if (state_ == State::ended) return take_actions();
  if (reply_) {
    stop_reply(Ending::interrupted);
  } else {
    wanted_.reset();
    refuse("response_not_active", "There is no reply in progress that could be cancelled.");
  }
  return take_actions();
}

void Conversation::refuse(std::string code, std::string message) {
  emit(Failure{Failure::Kind::invalid_request, std::move(code), std::move(message)});
}

// ---- A reply: its text --------------------------------------------------------------------------------

void Conversation::start_reply(events::StartReply wanted) {
  // Who says what is to be said needs no greeting, and no silence to react to.
  const bool told = !wanted.options.instructions.value_or("").empty();
  events::ReplyOptions options = setup_.settings.reply;
  merge(options, std::move(wanted.options));
  const bool opening = history_.empty() && !wanted.aside;
  const bool something_new = history_.user_spoke_last() || history_.results_came_last();
  if (!opening && !something_new && !told && !wanted.aside)
    history_.add_user_message(std::string(History::silence));

  const TurnId turn = std::exchange(next_turn_, after(next_turn_));
  reply_.emplace(turn, book().bot_spoke() ? temperature : opening_temperature, std::move(options));
  state_ = State::bot_speaking;
  std::string item = new_id("item_");
  book().begin_reply(item);
  emit(events::ReplyStarted{turn, setup_.voice, history_.for_client(), std::move(item), reply_->options,
                            wanted.aside, std::move(wanted.noted)});

  if (opening && setup_.greeting && !told) {
    add_text(*setup_.greeting);
    if (reply_ && reply_->text == Text::coming) finish_round({});
  } else {
    ask_model();
  }
}

/// A client adds to what a character is, and says all of it where there is none.
std::string Conversation::system_prompt() const {
  const std::string told = reply_->options.instructions.value_or("");
  if (told.empty()) return setup_.system_prompt;
  if (setup_.stand_in) return told;
  return setup_.system_prompt + "\n\n# What is asked of you here\n" + told + "\n";
}

void Conversation::ask_model() {
  using Choice = events::ToolChoice::Kind;
  events::ReplyOptions& options = reply_->options;
  const bool any = setup_.has_tools || (options.tools && !options.tools->empty());
  const Choice choice = options.tool_choice ? options.tool_choice->kind : Choice::free;
  reply_->offer_tools = any && choice != Choice::none && reply_->round < max_rounds;
  // What had to be called has been, or the model would call it for ever.
  if (reply_->round > 1 && choice != Choice::none) options.tool_choice.reset();
  emit(actions::AskModel{reply_->turn, reply_->round, book().for_model(system_prompt()), book().for_client(),
                         reply_->temperature, reply_->offer_tools, options,
                         setup_.settings.counts_tokens.value_or(false)});
}

Actions Conversation::model_text(TurnId turn, std::string_view piece) {
  if (expects_text(turn)) add_text(piece);
  return take_actions();
}

Actions Conversation::model_began_afresh(TurnId turn) {
  if (!expects_text(turn)) return take_actions();
  if (reply_->written) {
    book().take_back_words(turn);
  } else if (reply_->words.begin_afresh()) {
    emit(actions::WordsTakenBack{turn, book().take_back_words(turn)});
  }
  return take_actions();
}

Actions Conversation::model_finished(TurnId turn, AnswerEnd end) {
  if (expects_text(turn)) finish_round(std::move(end));
  return take_actions();
}

void Conversation::add_text(std::string_view piece) {
  if (reply_->written) return write(piece);
  ReplyWords::Cut cut = reply_->words.feed(piece);
  add_words(std::move(cut.words));
  if (cut.all) return;
  emit(actions::StopModel{reply_->turn});
  complete_text();
}

void Conversation::add_words(std::vector<std::string> words) {
  for (std::string& word : words) {
    emit(actions::SayWord{{reply_->turn, word, place()}});
    book().add_unheard_word(reply_->turn, std::move(word));
  }
}

void Conversation::write(std::string_view piece) {
  const std::string_view kept = utf8_prefix(piece, max_reply_bytes - reply_->written_bytes);
  reply_->written_bytes += kept.size();
  if (!kept.empty()) {
    emit(events::TextWritten{reply_->turn, std::string(kept), place()});
    book().add_written(reply_->turn, kept);
  }
  if (kept.size() == piece.size()) return;
  emit(actions::StopModel{reply_->turn});
  reply_->reason = "length";
  complete_text();
}

events::Place Conversation::place() {
  if (std::exchange(reply_->item_begun, true)) return {};
  events::Place place{true, book().last_item()};
  book().begin_item(reply_->turn);
  return place;
}

void Conversation::finish_round(AnswerEnd end) {
  reply_->close = end.close;
  reply_->reason = end.reason;
  reply_->tokens.input += end.tokens.input;
  reply_->tokens.cached += end.tokens.cached;
  reply_->tokens.output += end.tokens.output;
  ReplyWords::Cut cut = reply_->words.finish();
  add_words(std::move(cut.words));
  if (cut.all && !end.calls.empty() && reply_->offer_tools) return call_tools(std::move(end.calls));
  const bool said = reply_->words.any() || reply_->written_bytes > 0;
  if (!said && !end.reason.empty()) emit(nothing_said(reply_->turn, end.reason));
  complete_text();
}

void Conversation::complete_text() {
  reply_->text = Text::complete;
  if (!reply_->written) emit(actions::TextComplete{reply_->turn});
  if (!reply_->words.any()) end_reply(Ending::finished);
}

// ---- A reply: its tools -------------------------------------------------------------------------------

void Conversation::call_tools(std::vector<ToolCall> calls) {
  const TurnId turn = reply_->turn;
  const auto own = std::stable_partition(calls.begin(), calls.end(),
                                         [this](const ToolCall& call) { return is_clients(call); });
  reply_->handed_out.assign(std::make_move_iterator(calls.begin()), std::make_move_iterator(own));
  calls.erase(calls.begin(), own);
  if (calls.empty()) return complete_text();
  ToolRound round = tool_round(std::move(calls));
  book().add_tool_calls(turn, std::move(round.remembered));
  for (std::size_t i = 0; i < round.not_run.size(); ++i) {
    book().set_tool_result(turn, round.run.size() + i, std::move(round.not_run[i]));
  }
  reply_->results_missing = round.run.size();
  if (round.run.empty()) return next_round();
  reply_->text = Text::waiting_for_tools;
  emit(actions::RunTools{turn, std::move(round.run)});
}

Actions Conversation::tool_returned(TurnId turn, std::size_t call, std::string_view result) {
  if (state_ == State::ended) return take_actions();
  std::string kept = shorten(result, max_tool_result_bytes);
  const ToolCall* called = book().set_tool_result(turn, call, kept);
  if (called == nullptr) return take_actions();
  emit(events::ToolCalled{turn, called->name, called->arguments, std::move(kept)});
  if (is_current(turn) && --reply_->results_missing == 0) next_round();
  return take_actions();
}

void Conversation::next_round() {
  if (!reply_->handed_out.empty()) return complete_text();
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
    while (book().has_unheard_words()) hear_next_word();
    end_reply(Ending::finished);
  } else {
    fail_reply({Failure::Kind::warning, "service_unavailable",
                "The speech-out service ended before the reply did."});
  }
  return take_actions();
}

void Conversation::hear_next_word() {
  if (std::optional<std::string> word = book().hear_next_word(std::exchange(word_ahead_, {}))) {
    emit(events::WordSpoken{reply_->turn, std::string(without_space(*word))});
  }
}

void Conversation::stop_reply(Ending how) {
  emit(actions::StopReply{reply_->turn});
  end_reply(how);
}

void Conversation::end_reply(Ending how) {
  const bool cut = reply_->text != Text::complete || book().has_unheard_words();
  std::string spoken = book().heard(reply_->turn);
  const bool hangs_up = setup_.settings.hangs_up.value_or(true);
  const bool farewell = how == Ending::finished && (reply_->close || (hangs_up && is_farewell(spoken)));
  book().end_reply(reply_->turn, cut);
  if (how == Ending::finished) hand_out_calls();
  const Reply reply = *std::exchange(reply_, std::nullopt);
  aside_.reset();
  state_ = State::waiting_for_user;
  silence_ = Duration::zero();
  emit(events::ReplyEnded{reply.turn, std::move(spoken), how, history_.for_client(), reply.tokens,
                          reply.reason});
  if (farewell) close(actions::CloseConnection::Why::farewell);
}

// ---- Failures -----------------------------------------------------------------------------------------

Actions Conversation::reply_failed(TurnId turn, Failure failure) {
  if (is_current(turn)) fail_reply(std::move(failure));
  return take_actions();
}

void Conversation::fail_reply(Failure failure) {
  failure.turn = reply_->turn;
  const bool fatal = failure.kind == Failure::Kind::fatal;
  emit(std::move(failure));
  stop_reply(Ending::failed);
  if (fatal) close(actions::CloseConnection::Why::failure);
}

}  // namespace unmuted
