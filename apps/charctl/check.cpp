#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "characters/formats/formats.hpp"
#include "characters/records.hpp"
#include "command.hpp"
#include "core/utf8.hpp"

namespace unmuted::charctl {
namespace {

namespace fs = std::filesystem;

struct CheckArguments {
  std::vector<std::string> paths{"."};
  std::string stdin_filename = "stdin.lua";
  std::string fail_on = "error";
  std::string format = "text";
};

/// What was found in all paths; files are named as a reader can open them.
struct Findings {
  std::vector<std::pair<Diagnostic, std::string>> diagnostics;  ///< each with the source of its file
  std::size_t files = 0, loaded = 0;

  void add(CheckReport report, const fs::path& folder) {
    files += report.total_files;
    loaded += report.characters.size();
    for (Diagnostic& diagnostic : report.diagnostics) {
      const auto source = report.sources.find(diagnostic.file);
      diagnostic.file = printable((folder / diagnostic.file).lexically_normal().string());
      diagnostics.emplace_back(std::move(diagnostic), source == report.sources.end() ? "" : source->second);
    }
  }

  [[nodiscard]] std::size_t count(Severity severity) const {
    return static_cast<std::size_t>(std::count_if(
        diagnostics.begin(), diagnostics.end(), [&](const auto& d) { return d.first.severity == severity; }));
  }
};

/// At most one byte past what a file of that name may have: the loader says that it is too large.
std::string read_stdin(const std::string& name) {
  std::string text(formats::format_of(name).max_bytes + 1, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  return text;
}

/// One file, or `source` in its place, with the resources of its folder.
Result<CheckReport> check_file(const fs::path& path, std::optional<std::string> source) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const auto directory = real_directory(folder.string());
  if (!directory) return tl::unexpected(directory.error());
  return make_loader().check_file(*directory, path.filename().string(), std::move(source));
}

Result<void> check_path(const std::string& typed, const CheckArguments& arguments, Findings& findings) {
  const bool is_stdin = typed == "-";
  const fs::path path = is_stdin ? arguments.stdin_filename : typed;
  std::error_code error;
  const bool is_folder = !is_stdin && fs::is_directory(path, error);
  if (!is_stdin && !is_folder && !fs::exists(fs::symlink_status(path, error))) {
    return fail("directory_not_found", "There is no such file or directory: " + printable(typed));
  }
  Result<CheckReport> report;
  if (is_folder) {
    const auto directory = real_directory(typed);
    if (!directory) return tl::unexpected(directory.error());
    report = make_loader().check(*directory);
  } else {
    report = check_file(path, is_stdin ? std::optional(read_stdin(path.filename().string())) : std::nullopt);
  }
  if (!report) return tl::unexpected(report.error());
  findings.add(*std::move(report), is_folder ? path : path.parent_path());
  return {};
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

void print(const Findings& findings, const CheckArguments& arguments, bool color) {
  const std::size_t errors = findings.count(Severity::error), warnings = findings.count(Severity::warning);
  if (arguments.format == "json") {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& [diagnostic, source] : findings.diagnostics) list.push_back(record_of(diagnostic));
    print_json({{"files", findings.files},
                {"loaded", findings.loaded},
                {"errors", errors},
                {"warnings", warnings},
                {"diagnostics", list}});
    return;
  }
  for (const auto& [diagnostic, source] : findings.diagnostics) {
    print_text(diagnostic, source, color);
    std::cout << '\n';
  }
  std::cout << counted(findings.files, "file") << ", " << findings.loaded << " fine; "
            << counted(errors, "error") << ", " << counted(warnings, "warning") << '\n';
}

/// How character files are called: "*.lua".
std::string patterns() {
  std::string list;
  for (const formats::Format& format : formats::all())
    list.append(list.empty() ? "*" : ", *").append(format.extension);
  return list;
}

/// A file that its author may take for a character, such as "anna.lua.txt"; empty when there is none.
std::string nearly_a_character(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    std::error_code error;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (name.front() != '.' && entry->path().extension() == ".txt" && entry->is_regular_file(error))
        return "; '" + shorten(printable(name), 100) + "' would be one if its name ended in .lua";
    }
  }
  return {};
}

int run(const CheckArguments& arguments, bool color) {
  Findings findings;
  for (const std::string& path : arguments.paths) {
    if (const auto checked = check_path(path, arguments, findings); !checked) return report(checked.error());
  }
  print(findings, arguments, color);
  if (findings.files == 0) {
    std::cerr << "charctl: there is no character file (" << patterns() << ") here"
              << nearly_a_character(arguments.paths) << '\n';
    return Exit::findings;
  }
  const bool failed = findings.count(Severity::error) > 0 ||
                      (arguments.fail_on == "warning" && !findings.diagnostics.empty());
  return failed ? Exit::findings : Exit::fine;
}

}  // namespace

void add_check(CLI::App& app, Globals& globals) {
  auto arguments = std::make_shared<CheckArguments>();
  CLI::App* command = app.add_subcommand("check", "Say everything that is wrong with directories or files");
  command->add_option("PATH", arguments->paths, "Directories or files; - is a file on stdin (default: .)");
  command->add_option("--stdin-filename", arguments->stdin_filename,
                      "The name of what comes on stdin; resources are those beside it");
  command->add_option("--fail-on", arguments->fail_on, "What makes the exit code 1: error or warning")
      ->check(CLI::IsMember({"error", "warning"}))
      ->capture_default_str();
  add_format(*command, arguments->format);
  command->footer(
      "Examples:\n  charctl check characters\n  charctl check --fail-on warning characters/charles.lua\n"
      "  charctl check - --stdin-filename characters/charles.lua < draft.lua");
  command->callback([arguments, &globals] { globals.exit_code = run(*arguments, globals.use_color()); });
}

}  // namespace unmuted::charctl
