#include "command.hpp"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "characters/directory_policy.hpp"
#include "conversation/prompt.hpp"
#include "core/utf8.hpp"

namespace unmuted::charctl {

bool Globals::use_color(int descriptor) const {
  if (color != "auto") return color == "always";
  const char* no_color = std::getenv("NO_COLOR");
  return (no_color == nullptr || *no_color == '\0') && ::isatty(descriptor) == 1;
}

void add_format(CLI::App& command, std::string& format) {
  command.add_option("--format", format, "How to print: text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

CharacterLoader make_loader() {
  return {std::make_shared<CharacterStore>(), std::make_shared<MemoryBudget>(1U << 30U)};
}

Result<std::string> real_directory(const std::string& typed) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(typed, error);
  if (error) return fail("invalid_directory_format", "Invalid directory format: " + printable(typed));
  return DirectoryPolicy::allow_any().resolve(absolute.string());
}

Result<CharacterSetPtr> load_set(const std::string& typed) {
  const auto directory = real_directory(typed);
  if (!directory) return tl::unexpected(directory.error());
  auto set = make_loader().load(*directory);
  if (set && !(*set)->report().errors.empty()) {
    std::cerr << "charctl: " << (*set)->report().errors.size() << " of " << (*set)->report().total_files
              << " files do not load; `charctl check " << printable(typed) << "` tells why\n";
  }
  return set;
}

InstanceOptions instance_options(const CharacterLoader& loader, std::uint64_t seed) {
  InstanceOptions options;
  options.module_name = "charctl";
  options.seed = seed;
  options.limits = loader.script_limits();
  options.budget = loader.budget();
  options.base_prompt = standard_prompt;
  options.log = [](std::string_view line) { std::cerr << "log: " << printable(line) << '\n'; };
  return options;
}

int report(const Error& error) {
  std::cerr << "charctl: " << error.message << '\n';
  return usage;
}

void print_json(const nlohmann::json& value) {
  std::cout << value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

}  // namespace unmuted::charctl
