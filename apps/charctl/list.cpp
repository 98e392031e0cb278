#include <algorithm>
#include <array>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "characters/records.hpp"
#include "command.hpp"
#include "core/unicode.hpp"
#include "core/utf8.hpp"

namespace unmuted::charctl {
namespace {

struct ListArguments {
  std::string directory;
  std::string format = "text";
};

using Row = std::array<std::string, 6>;

Row row_of(const Character& character) {
  return {character.name,
          character.instructions.language,
          character.voice.path_on_server,
          std::to_string(character.tools.size()),
          character.origin.file_name,
          shorten(printable(character.comment.value_or("")), 60)};
}

void print_table(const CharacterSet& set) {
  std::vector<Row> rows{{"NAME", "LANGUAGE", "VOICE", "TOOLS", "FILE", "COMMENT"}};
  for (const auto& character : set.characters()) rows.push_back(row_of(*character));
  std::array<std::size_t, 6> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], cells_of(row[i]));
  }
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line.append(row[i]).append(widths[i] + 2 - cells_of(row[i]), ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::cout << line << '\n';
  }
}

int run(const ListArguments& arguments) {
  const auto set = load_set(arguments.directory);
  if (!set) return report(set.error());
  if (arguments.format == "json") {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& character : (*set)->characters()) list.push_back(record_of(*character));
    print_json(list);
  } else {
    print_table(**set);
  }
  return (*set)->characters().empty() ? Exit::findings : Exit::fine;
}

}  // namespace

void add_list(CLI::App& app, Globals& globals) {
  auto arguments = std::make_shared<ListArguments>();
  CLI::App* command = app.add_subcommand("list", "List the characters of a directory");
  command->add_option("DIR", arguments->directory, "The directory of the cast")->required();
  add_format(*command, arguments->format);
  command->footer("Example:\n  charctl list characters");
  command->callback([arguments, &globals] { globals.exit_code = run(*arguments); });
}

}  // namespace unmuted::charctl
