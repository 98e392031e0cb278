#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/unique_fd.hpp"
#include "core/utf8.hpp"
#include "probe/pattern_reader.hpp"
#include "probe/scenario.hpp"
#include "probe/step_reader.hpp"
#include "probe/yaml.hpp"

namespace unmuted::probe {
namespace {

constexpr std::size_t max_file = 1U << 20U;
constexpr std::size_t max_variables = 16U << 20U;  ///< bytes of all that are made by repeating
constexpr std::size_t max_sessions = 10'000;
constexpr std::size_t any_number = 1'000'000'000;

bool read_switch(const YAML::Node& node, const std::string& what) {
  const std::string text = to_text(node);
  if (text != "on" && text != "off") fault(node, what + " is on or off");
  return text == "on";
}

SessionSpec read_session(const YAML::Node& node) {
  SessionSpec spec;
  Mapping mapping(node, "a session");
  if (const auto count = mapping.take("count")) {
    spec.count = to_count(*count, max_sessions);
    spec.group = true;
  }
  if (const auto subprotocol = mapping.take("subprotocol"))
    spec.subprotocol = to_line(*subprotocol, "'subprotocol'");
  if (const auto headers = mapping.take("headers")) spec.headers = to_headers(*headers);
  if (const auto origin = mapping.take("origin"))
    spec.headers.emplace_back("Origin", to_line(*origin, "'origin'"));
  if (const auto value = mapping.take("microphone")) spec.microphone = read_switch(*value, "'microphone'");
  if (const auto value = mapping.take("decoder_rules"))
    spec.decoder_rules = read_switch(*value, "'decoder_rules'");
  mapping.finish();
  return spec;
}

std::map<std::string, SessionSpec> read_sessions(const YAML::Node& node) {
  if (!node.IsMap()) fault(node, "'sessions' must be a mapping, as in {a: {}, b: {}}");
  std::map<std::string, SessionSpec> sessions;
  std::size_t total = 0;
  for (const auto& entry : node) {
    const std::string& name = entry.first.Scalar();
    if (!is_name(name)) fault(entry.first, "'" + name + "' cannot name a session");
    check_session_name(entry.first);
    const SessionSpec& spec = sessions.emplace(name, read_session(entry.second)).first->second;
    total += spec.count;
    if (total > max_sessions) fault(entry.second, "more than 10000 sessions");
  }
  return sessions;
}

/// `room` is what all such texts of the file may yet have together, for each can be long.
Json read_variable(const YAML::Node& node, std::size_t& room) {
  if (!node.IsMap()) return to_json(node);
  Mapping mapping(node, "a variable is a value or {repeat: TEXT, times: N}; it");
  const std::string text = to_text(mapping.need("repeat"));
  const std::size_t times = to_count(mapping.need("times"), max_variables);
  mapping.finish();
  if (text.size() * times > room) fault(node, "the repeated texts would be longer than 16 MiB together");
  room -= text.size() * times;
  std::string whole;
  for (std::size_t i = 0; i < times; ++i) whole += text;
  return whole;
}

std::map<std::string, Json> read_variables(const YAML::Node& node) {
  if (!node.IsMap()) fault(node, "'variables' must be a mapping");
  std::map<std::string, Json> variables;
  std::size_t room = max_variables;
  for (const auto& entry : node) {
    if (!is_name(entry.first.Scalar()))
      fault(entry.first, "'" + entry.first.Scalar() + "' cannot name a variable");
    variables.emplace(entry.first.Scalar(), read_variable(entry.second, room));
  }
  return variables;
}

std::vector<std::string> read_texts(const YAML::Node& node) {
  if (!node.IsSequence()) fault(node, "a list of texts must stand here");
  std::vector<std::string> texts;
  for (const YAML::Node& child : node) texts.push_back(to_text(child));
  return texts;
}

ServerSpec read_server(const YAML::Node& node) {
  ServerSpec server;
  server.place = place_of(node);
  Mapping mapping(node, "'server'");
  if (const auto value = mapping.take("characters")) server.characters = to_text(*value);
  if (const auto value = mapping.take("roots")) server.roots = read_texts(*value);
  if (const auto value = mapping.take("origins")) server.origins = read_texts(*value);
  if (const auto value = mapping.take("max_sessions")) server.max_sessions = to_count(*value, any_number);
  if (const auto value = mapping.take("threads")) server.threads = to_count(*value, 1024);
  if (const auto value = mapping.take("ping_interval")) server.ping_interval = to_duration(*value);
  if (const auto value = mapping.take("llm")) server.llm = to_text(*value);
  if (const auto value = mapping.take("llm_model")) server.llm_model = to_text(*value);
  if (const auto value = mapping.take("llm_patience")) server.llm_patience = to_duration(*value);
  if (const auto value = mapping.take("llm_idle_timeout")) server.llm_idle_timeout = to_duration(*value);
  if (const auto value = mapping.take("pace")) server.pace = to_count(*value, 1'000'000);
  if (const auto value = mapping.take("tts")) server.tts = to_text(*value);
  if (const auto value = mapping.take("stt")) server.stt = to_text(*value);
  if (const auto value = mapping.take("audio_lead")) server.audio_lead = to_duration(*value);
  mapping.finish();
  return server;
}

Scenario read_scenario(std::string_view text) {
  Mapping mapping(load_yaml(text), "the scenario");
  Scenario scenario;
  scenario.name = to_text(mapping.need("name"));
  if (const auto node = mapping.take("variables")) scenario.variables = read_variables(*node);
  if (const auto node = mapping.take("sessions")) scenario.sessions = read_sessions(*node);
  if (const auto node = mapping.take("server")) scenario.server = read_server(*node);
  const StepReader steps(scenario.sessions, text);
  if (const auto node = mapping.take("setup")) {
    scenario.setup = steps.read_list(*node);
    const bool only_files = std::all_of(scenario.setup.begin(), scenario.setup.end(), [](const Step& step) {
      return std::holds_alternative<FileStep>(step.what);
    });
    if (!only_files) {
      fault(*node, "'setup' runs before the server: only write, copy and remove may stand in it");
    }
  }
  const YAML::Node steps_node = mapping.need("steps");
  scenario.steps = steps.read_list(steps_node);
  mapping.finish();
  if (!checks_something(scenario)) {
    fault(steps_node,
          "the steps check nothing, so nothing could ever fail: open a session and expect an answer, ask by "
          "http, or "
          "assert something");
  }
  return scenario;
}

/// The one place where what the readers throw becomes a value.
template <class Read>
auto reading(const std::string& file, const Read& read) -> Result<decltype(read())> {
  const auto invalid = [&](Place place, const std::string& message) {
    return fail("invalid_scenario", message,
                file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column));
  };
  try {
    return read();
  } catch (const YamlFault& error) {
    return invalid(error.place, error.message);
  } catch (const YAML::Exception& error) {
    return invalid({error.mark.line + 1, error.mark.column + 1}, error.msg);
  }
}

/// Nothing when it cannot be read: errno says why.
std::optional<std::string> read_at_most(const UniqueFd& file, std::size_t limit) {
  std::string text(limit, '\0');
  std::size_t size = 0;
  while (size < limit) {
    const ssize_t count = ::read(file.get(), text.data() + size, limit - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

std::string cause_of(const std::string& file, int error) {
  const bool is_pattern = error == ENOENT && file.find_first_of("*?[") != std::string::npos;
  return std::strerror(error) + std::string(is_pattern ? "; no file matches the pattern" : "");
}

}  // namespace

Result<Scenario> parse_scenario(std::string_view text, std::string file) {
  if (text.size() > max_file) return fail("file_too_large", file + " is larger than 1 MiB");
  auto scenario = reading(file, [&] { return read_scenario(text); });
  if (scenario) scenario->file = std::move(file);
  return scenario;
}

Result<Scenario> load_scenario(const std::string& file) {
  const auto unreadable = [&](const std::string& why) {
    return fail("file_failed", "cannot read the scenario " + printable(file) + ": " + why);
  };
  // Without waiting: a FIFO has no end, or nobody at the other one.
  const UniqueFd in(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat about {};
  if (!in || ::fstat(in.get(), &about) != 0) return unreadable(cause_of(file, errno));
  if (S_ISDIR(about.st_mode))
    return unreadable("it is a directory; name the files in it, as in " + printable(file) + "/*.yaml");
  if (!S_ISREG(about.st_mode)) return unreadable("it is no regular file; write what it would say into one");
  auto text = read_at_most(in, max_file + 1);
  if (!text) return unreadable(std::strerror(errno));
  return parse_scenario(*text, file);
}

Result<Pattern> parse_pattern(std::string_view yaml) {
  return reading("pattern", [&] { return read_pattern(load_yaml(yaml)); });
}

}  // namespace unmuted::probe
