#include "chat_screen.hpp"

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <span>
#include <variant>

#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "core/overloaded.hpp"
#include "core/utf8.hpp"

namespace unmuted::charctl {
namespace {

constexpr std::size_t max_remark_bytes = 500;
const std::string user = "You";

std::string tool_remark(const events::ToolCalled& call) {
  return "[" + call.name + " " + write_json(events::readable_arguments(call)) + " -> " + call.result + "]";
}

std::string problem_line(const events::FileProblem& problem) {
  std::string place = problem.file;
  if (problem.line > 0) place += ":" + std::to_string(problem.line);
  return place + ": [" + problem.code + "] " + events::sent_message(problem);
}

std::string load_summary(const events::CastLoaded& cast) {
  const std::size_t loaded = cast.characters.size(), failed = cast.errors.size();
  return "loaded " + std::to_string(loaded) + " of " + std::to_string(loaded + failed) + " from " +
         printable(cast.directory) + ", " + std::to_string(failed) + " errors\n";
}

std::string cast_list(const events::CastListed& cast) {
  std::string list;
  for (const events::CharacterSummary& character : cast.characters) {
    list += character.name == cast.active ? "* " : "  ";
    list += printable(character.name) + " (" + printable(character.language) + ")";
    const std::string comment = character.comment.value_or("");
    list += (comment.empty() ? "" : ": " + printable(comment)) + "\n";
  }
  return list;
}

}  // namespace

void ChatScreen::show(const events::Notice& notice) {
  const Overloaded shows{
      [&](const events::WordSpoken& spoken) { word(speaker_, spoken.text); },
      [&](const events::UserWord& heard) { word(user, heard.text); },
      [&](const events::ReplyEnded&) { end_line(); },
      [&](const events::ToolCalled& call) { remark(tool_remark(call)); },
      [&](const events::Failure& failure) { show_failure(failure); },
      [&](const events::CastLoaded& cast) { show_load(cast); },
      [&](const events::CastListed& cast) { print(cast_list(cast)); },
      [](const auto&) {},
  };
  std::visit(shows, notice);
}

void ChatScreen::show_failure(const events::Failure& failure) {
  complain(failure.message);
  if (!failure.problems) return;
  for (const events::FileProblem& problem : *failure.problems) complain(problem_line(problem));
}

void ChatScreen::show_load(const events::CastLoaded& cast) {
  print(load_summary(cast));
  for (const events::FileProblem& problem : cast.errors) complain(problem_line(problem));
  const std::span warnings(cast.warnings.data(), std::min(cast.warnings.size(), events::max_warnings));
  for (const events::FileProblem& problem : warnings) remark("warning: " + problem_line(problem));
}

void ChatScreen::show_history(const std::vector<events::Message>& history) {
  for (const events::Message& message : history) {
    const std::string who = message.role == "user"        ? "You"
                            : message.role == "assistant" ? printable(speaker_)
                                                          : message.role;
    print(who + ": " + printable(message.content) + "\n");
  }
}

void ChatScreen::prompt() {
  end_line();
  if (look_.prompt) std::cout << (look_.out_color ? "\x1b[2mYou:\x1b[0m " : "You: ") << std::flush;
  prompted_ = look_.prompt;
}

void ChatScreen::typed() {
  in_line_of_.reset();
  prompted_ = false;
}

void ChatScreen::break_off() {
  if (in_line_of_) std::cout << " —" << std::flush;
}

void ChatScreen::print(std::string_view text) {
  end_line();
  std::cout << text << std::flush;
}

void ChatScreen::remark(std::string_view text) {
  end_line();
  std::cerr << (look_.err_color ? "\x1b[2m" : "") << shorten(printable(text), max_remark_bytes)
            << (look_.err_color ? "\x1b[0m" : "") << '\n';
}

void ChatScreen::complain(std::string_view text) {
  end_line();
  std::cerr << (look_.err_color ? "\x1b[1;31m" : "") << "charctl: " << (look_.err_color ? "\x1b[0m" : "")
            << printable(text) << '\n';
}

void ChatScreen::word(const std::string& who, std::string_view text) {
  if (prompted_ && who == user) {
    prompted_ = false;
    in_line_of_ = who;  // what is heard of the user stands where it would have been typed
  } else {
    if (in_line_of_ != who) begin_words(who);
    std::cout << ' ';
  }
  std::cout << printable(text) << std::flush;
}

void ChatScreen::begin_words(const std::string& who) {
  end_line();
  const char* color = who == user ? "\x1b[2m" : "\x1b[1;36m";
  std::cout << (look_.out_color ? color : "") << printable(who) << ':' << (look_.out_color ? "\x1b[0m" : "");
  in_line_of_ = who;
}

void ChatScreen::end_line() {
  if (in_line_of_ || prompted_) std::cout << '\n' << std::flush;
  in_line_of_.reset();
  prompted_ = false;
}

bool ChatScreen::can_write() {
  return std::cout.good();
}

}  // namespace unmuted::charctl
