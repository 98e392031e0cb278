#include "chat_screen.hpp"

#include <iostream>

#include <nlohmann/json.hpp>

#include "core/utf8.hpp"

namespace unmuted::charctl {
namespace {

using nlohmann::json;

constexpr std::size_t max_remark_bytes = 500;

std::string text_of(const json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

std::string compact(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string tool_remark(const json& event) {
  return "[" + text_of(event, "name") + " " + compact(event["arguments"]) + " -> " +
         text_of(event, "result") + "]";
}

std::string problem_line(const json& problem) {
  std::string place = text_of(problem, "file");
  if (const int line = problem.value("line", 0); line > 0) place += ":" + std::to_string(line);
  return place + ": [" + text_of(problem, "code") + "] " + text_of(problem, "message");
}

std::string reload_summary(const json& event) {
  const auto count = [&](const char* key) { return std::to_string(event.value(key, 0)); };
  return "loaded " + count("loaded_count") + " of " + count("total_files") + " from " +
         printable(text_of(event, "directory")) + ", " + count("error_count") + " errors\n";
}

std::string cast_list(const json& event) {
  std::string list;
  const std::string active = text_of(event, "active");
  for (const json& character : event["characters"]) {
    const std::string name = text_of(character, "name");
    list += name == active ? "* " : "  ";
    list += printable(name) + " (" + printable(text_of(character, "language")) + ")";
    const std::string comment = text_of(character, "comment");
    list += (comment.empty() ? "" : ": " + printable(comment)) + "\n";
  }
  return list;
}

}  // namespace

void ChatScreen::show(const json& event) {
  const std::string type = text_of(event, "type");
  if (type == "response.text.delta") {
    word(text_of(event, "delta"));
  } else if (type == "response.audio.done") {
    end_line();
  } else if (type == "unmute.tool_called") {
    remark(tool_remark(event));
  } else if (type == "error") {
    complain(text_of(event["error"], "message"));
    for (const json& problem : event["error"].value("details", json::array()))
      complain(problem_line(problem));
  } else if (type == "session.characters.reloaded") {
    print(reload_summary(event));
    for (const json& problem : event["errors"]) complain(problem_line(problem));
    for (const json& problem : event["warnings"]) remark("warning: " + problem_line(problem));
  } else if (type == "session.characters.listed") {
    print(cast_list(event));
  }
}

void ChatScreen::show_history(const json& chat_history) {
  for (const json& message : chat_history) {
    const std::string role = text_of(message, "role");
    const std::string who = role == "user" ? "You" : role == "assistant" ? printable(speaker_) : role;
    print(who + ": " + printable(text_of(message, "content")) + "\n");
  }
}

void ChatScreen::prompt() {
  if (look_.prompt) std::cout << (look_.out_color ? "\x1b[2mYou:\x1b[0m " : "You: ") << std::flush;
}

void ChatScreen::break_off() {
  if (in_line_) std::cout << " —" << std::flush;
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

void ChatScreen::word(std::string_view text) {
  if (!in_line_) {
    std::cout << (look_.out_color ? "\x1b[1;36m" : "") << printable(speaker_) << ':'
              << (look_.out_color ? "\x1b[0m" : "");
  }
  std::cout << ' ' << printable(text) << std::flush;
  in_line_ = true;
}

void ChatScreen::end_line() {
  if (in_line_) std::cout << '\n' << std::flush;
  in_line_ = false;
}

bool ChatScreen::can_write() {
  return std::cout.good();
}

}  // namespace unmuted::charctl
