#include "usage_error.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "characters/field_path.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list.append(list.empty() ? "" : ", ").append(name);
  return list;
}

std::string unknown(std::string_view kind, std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  const std::string_view nearest = nearest_name(word, names);
  std::string message = "unknown " + std::string(kind) + " '" + shorten(printable(word), 60) + "'";
  if (!nearest.empty()) message.append("; did you mean '").append(nearest).append("'?");
  return message;
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

std::string list_of_commands(const CLI::App& app) {
  return " (there are: " + joined(commands_of(app)) + ")";
}

void add_options_of(const CLI::App& app, std::vector<std::string>& names) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

}  // namespace

std::string usage_error(const CLI::App& app, const CLI::Error& error) {
  const std::vector<std::string> left = app.remaining(true);
  const bool has_commands = !commands_of(app).empty();
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  // An option of a command that is not known says nothing: the command comes first.
  const bool no_command = has_commands && chosen.empty() && !left.empty() && !is_option(left.front());
  if (no_command) return unknown("command", left.front(), commands_of(app)) + list_of_commands(app);
  if (const auto option = std::find_if(left.begin(), left.end(), is_option); option != left.end()) {
    std::vector<std::string> names;
    add_options_of(app, names);
    for (const CLI::App* command : chosen) add_options_of(*command, names);
    return unknown("option", option->substr(0, option->find('=')), names);
  }
  if (!has_commands || !chosen.empty()) return error.what();
  return "which command?" + list_of_commands(app);
}

}  // namespace unmuted
