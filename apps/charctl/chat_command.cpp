#include "chat_command.hpp"

#include "core/utf8.hpp"

namespace unmuted::charctl {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view white = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(white);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

}  // namespace

std::optional<ChatCommand> parse_chat_command(std::string_view line) {
  line = trim(line);
  if (line.empty()) return std::nullopt;
  if (line.front() != '/') return Say{std::string(line)};
  const std::string_view name = line.substr(0, line.find_first_of(" \t"));
  const std::string rest(trim(line.substr(name.size())));
  if (name == "/reload") return Reload{rest};
  if (name == "/select" && rest.empty()) return Misunderstood{"/select wants the name of a character"};
  if (name == "/select") return Select{rest};
  if (rest.empty()) {
    if (name == "/help") return ShowHelp{};
    if (name == "/characters") return ListCharacters{};
    if (name == "/history") return ShowHistory{};
    if (name == "/quit") return Quit{};
  }
  return Misunderstood{"There is no command " + shorten(printable(line), 60) + "; /help lists them"};
}

std::string_view chat_help() {
  return "/characters     who is in the cast\n"
         "/select NAME    talk to another one, or begin anew\n"
         "/reload [DIR]   load the directory again, or another one, and begin anew\n"
         "/history        what was said so far, as the character knows it\n"
         "/quit           leave; so does Ctrl-D. Ctrl-C ends a reply\n"
         "Anything else is said to the character.\n";
}

}  // namespace unmuted::charctl
