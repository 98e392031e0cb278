#include "session/inspection.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "characters/records.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

using nlohmann::json;

constexpr std::size_t max_log_lines = 100;
constexpr std::size_t max_log_line = 300;  ///< bytes

struct Place {
  std::string directory;  ///< its real path
  bool is_default;
};

Result<Place> find_place(const SessionEnvironment& environment, const std::string& asked) {
  const std::string of_default = environment.default_cast.get()->directory();
  auto directory = environment.policy.resolve(asked.empty() ? of_default : asked, of_default);
  if (!directory) return tl::unexpected(directory.error());
  const bool is_default = *directory == of_default;
  return Place{*std::move(directory), is_default};
}

json records_of(const std::vector<Diagnostic>& diagnostics, Severity severity) {
  json records = json::array();
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity == severity) records.push_back(record_of(diagnostic));
  }
  return records;
}

}  // namespace

Result<json> inspect_cast(const SessionEnvironment& environment, const std::string& directory) {
  const auto place = find_place(environment, directory);
  if (!place) return tl::unexpected(place.error());
  const auto report = environment.loader.check(place->directory);
  if (!report) return tl::unexpected(report.error());
  json characters = json::array();
  for (const CharacterPtr& character : report->characters) characters.push_back(record_of(*character));
  return json{{"directory", place->directory},
              {"is_default", place->is_default},
              {"total_files", report->total_files},
              {"loaded_count", report->characters.size()},
              {"errors", records_of(report->diagnostics, Severity::error)},
              {"warnings", records_of(report->diagnostics, Severity::warning)},
              {"characters", std::move(characters)}};
}

Result<json> inspect_character(const SessionEnvironment& environment, const std::string& directory,
                               const std::string& name) {
  const auto place = find_place(environment, directory);
  if (!place) return tl::unexpected(place.error());
  const auto set = environment.loader.load(place->directory);
  if (!set) return tl::unexpected(set.error());
  const auto character = find_character(**set, name);
  if (!character) return tl::unexpected(character.error());

  json log = json::array();
  InstanceOptions options = script_options(environment);
  options.module_name = "inspector";
  options.log = [&log](std::string_view line) {
    if (log.size() < max_log_lines) log.push_back(shorten(printable(line), max_log_line));
  };
  const auto begun = begin_script(*character, std::move(options), first_context(environment, **character));
  json record = prompt_record(**character, begun ? begun->system_prompt : "");
  record["directory"] = place->directory;
  record["failure"] = nullptr;
  if (!begun) {
    record["system_prompt"] = record["words"] = nullptr;
    record["failure"] = record_of(begun.error());
  }
  record["log"] = std::move(log);
  return record;
}

}  // namespace unmuted
