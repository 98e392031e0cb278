#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "characters/records.hpp"
#include "command.hpp"

namespace unmuted::charctl {
namespace {

struct ShowArguments {
  std::string directory, name;
  std::string format = "text";
};

/// One line a value, under the path that an author would write; what is not given is left out.
void print_fields(const nlohmann::json& value, const std::string& path) {
  if (value.is_null()) return;
  if (value.is_string()) {
    std::cout << path << ": " << value.get_ref<const std::string&>() << '\n';
  } else if (value.is_primitive() || value.empty()) {
    std::cout << path << ": " << value.dump() << '\n';
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      print_fields(value[i], path + "[" + std::to_string(i + 1) + "]");
  } else {
    for (const auto& [key, member] : value.items())
      print_fields(member, path.empty() ? key : path + "." + key);
  }
}

int run(const ShowArguments& arguments) {
  const auto set = load_set(arguments.directory);
  if (!set) return report(set.error());
  const auto character = find_character(**set, arguments.name);
  if (!character) return report(character.error());
  if (arguments.format == "json")
    print_json(record_of(**character));
  else
    print_fields(record_of(**character), "");
  return Exit::fine;
}

}  // namespace

void add_show(CLI::App& app, Globals& globals) {
  auto arguments = std::make_shared<ShowArguments>();
  CLI::App* command = app.add_subcommand("show", "Show all that the server knows of one character");
  command->add_option("DIR", arguments->directory, "The directory of the cast")->required();
  command->add_option("NAME", arguments->name, "The character's name, or its voice")->required();
  add_format(*command, arguments->format);
  command->footer("Example:\n  charctl show characters 'Quiz show' --format json");
  command->callback([arguments, &globals] { globals.exit_code = run(*arguments); });
}

}  // namespace unmuted::charctl
