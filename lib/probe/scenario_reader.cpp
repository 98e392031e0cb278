#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <optional>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base64.hpp"
#include "core/unique_fd.hpp"
#include "core/utf8.hpp"
#include "probe/assertion.hpp"
#include "probe/regular_expression.hpp"
#include "probe/scenario.hpp"
#include "probe/yaml.hpp"

namespace unmuted::probe {
namespace {

constexpr std::size_t max_file = 1U << 20U;
constexpr std::size_t max_variables = 16U << 20U;  ///< bytes of all that are made by repeating
constexpr std::size_t max_source = 300;            ///< bytes of a line that a report shows
constexpr std::size_t max_sessions = 10'000;
constexpr std::size_t max_times = 1'000'000;
constexpr std::size_t any_number = 1'000'000'000;

// ---- patterns

constexpr std::array<std::string_view, 8> types = {"string", "number", "integer", "boolean",
                                                   "array",  "object", "null",    "absent"};

bool is_matcher_name(const std::string& key) {
  static const std::set<std::string> names = {"contains", "matches", "set",  "length",
                                              "lt",       "gt",      "type", "not"};
  return names.contains(key);
}

JsonPath read_path(const YAML::Node& node) {
  auto path = JsonPath::parse(to_text(node));
  if (!path) fault(node, path.error().message);
  return *path;
}

std::vector<Field> read_fields(const YAML::Node& node);
std::vector<Matcher> read_matchers(const YAML::Node& node);

std::string read_type(const YAML::Node& node) {
  const std::string type = node.IsNull() ? "null" : to_text(node);
  if (std::find(types.begin(), types.end(), type) == types.end()) {
    fault(node, "'" + type +
                    "' is no type: string, number, integer, boolean, array, object, null or absent. To "
                    "match a field that is called type, join the path with dots, as in error.type");
  }
  return type;
}

std::string read_regex(const YAML::Node& node) {
  std::string expression = to_text(node);
  if (expression.find("${") != std::string::npos) return expression;
  if (const auto checked = check_expression(expression); !checked) {
    fault(node, "'" + shorten(expression, 100) +
                    "' is no regular expression: " + shorten(checked.error().message, 200));
  }
  return expression;
}

Json read_bound(const YAML::Node& node) {
  Json bound = to_json(node);
  if (!bound.is_number() && !bound.is_string()) fault(node, "a number must stand here");
  return bound;
}

Matcher read_matcher(const std::string& name, const YAML::Node& node) {
  using Kind = Matcher::Kind;
  if (name == "contains" && node.IsMap()) return {Kind::contains_element, nullptr, {}, read_fields(node)};
  if (name == "contains") return {Kind::contains, to_json(node), {}, {}};
  if (name == "matches") return {Kind::matches, read_regex(node), {}, {}};
  if (name == "lt") return {Kind::less, read_bound(node), {}, {}};
  if (name == "gt") return {Kind::greater, read_bound(node), {}, {}};
  if (name == "type") return {Kind::type, read_type(node), {}, {}};
  if (name == "length") return {Kind::length, nullptr, read_matchers(node), {}};
  if (name == "not") return {Kind::negation, nullptr, read_matchers(node), {}};
  if (!node.IsSequence()) fault(node, "'set' needs a list");
  return {Kind::set, to_json(node), {}, {}};
}

std::vector<Matcher> read_matchers(const YAML::Node& node) {
  if (!node.IsMap()) return {{Matcher::Kind::equals, to_json(node), {}, {}}};
  std::vector<Matcher> matchers;
  for (const auto& entry : node) {
    const std::string& name = entry.first.Scalar();
    if (!is_matcher_name(name)) {
      fault(entry.first, "'" + name +
                             "' is no matcher: contains, matches, set, length, lt, gt, type, not. To match a "
                             "field of an object, join the path with dots, as in error.code");
    }
    matchers.push_back(read_matcher(name, entry.second));
  }
  if (matchers.empty()) fault(node, "a matcher must stand here");
  return matchers;
}

std::vector<Field> read_fields(const YAML::Node& node) {
  if (!node.IsMap()) fault(node, "what is expected must be a mapping of paths to values");
  std::vector<Field> fields;
  for (const auto& entry : node) fields.push_back({read_path(entry.first), read_matchers(entry.second)});
  return fields;
}

Pattern read_pattern(const YAML::Node& node) {
  return {read_fields(node)};
}

// ---- steps

/// What stands in one line of a request must not begin another.
void check_line(const YAML::Node& node, const std::string& what) {
  if (!ends_line(node.Scalar())) return;
  fault(node, what +
                  " has a line break or a NUL in it, which would end its line of the request: leave out \\r, "
                  "\\n and \\0. After '|' or '>' a text ends with a line break; '|-' and '>-' leave it out");
}

std::string read_line(const YAML::Node& node, const std::string& what) {
  std::string text = to_text(node);
  check_line(node, what);
  return text;
}

class StepReader {
 public:
  StepReader(const std::map<std::string, SessionSpec>& sessions, const std::vector<std::string>& lines)
      : sessions_(sessions), lines_(lines) {}

  std::vector<Step> read_list(const YAML::Node& node) const {
    if (!node.IsSequence()) fault(node, "a list of steps must stand here");
    std::vector<Step> steps;
    for (const YAML::Node& child : node) steps.push_back(read(child));
    return steps;
  }

 private:
  Step read(const YAML::Node& node) const {
    Step step;
    step.place = place_of(node);
    step.source = line_of(step.place);
    if (node.IsScalar() && node.Scalar() == "reload_default") {
      step.what = ReloadDefault{};
      return step;
    }
    if (!node.IsMap() || node.size() == 0) fault(node, "a step must be a mapping, as in '- a: open'");
    read_into(step, node);
    return step;
  }

  void read_into(Step& step, const YAML::Node& node) const {
    Mapping mapping(node, "the step");
    for (const auto& entry : node) {
      const std::string& key = entry.first.Scalar();
      if (key == "within") continue;
      if (const auto session = sessions_.find(key); session != sessions_.end()) {
        read_session_step(step, key, entry.second);
      } else if (!read_other_step(step, key, entry.second)) {
        fault(entry.first, "'" + key +
                               "' is neither a session nor a step: parallel, repeat, sleep, scrape, assert, "
                               "http, pool, server_holds, reload_default, write, copy, remove");
      }
      mapping.take(key);
      break;
    }
    if (const auto within = mapping.take("within")) step.within = to_duration(*within);
    mapping.finish();
  }

  bool read_other_step(Step& step, const std::string& key, const YAML::Node& node) const {
    using Read = void (StepReader::*)(Step&, const YAML::Node&) const;
    static const std::map<std::string, Read> readers = {
        {"parallel", &StepReader::read_parallel}, {"repeat", &StepReader::read_repeat},
        {"sleep", &StepReader::read_sleep},       {"scrape", &StepReader::read_scrape},
        {"assert", &StepReader::read_assert},     {"http", &StepReader::read_http},
        {"pool", &StepReader::read_pool},         {"server_holds", &StepReader::read_server_holds},
        {"write", &StepReader::read_write},       {"reload_default", &StepReader::read_reload_default},
        {"copy", &StepReader::read_copy},         {"remove", &StepReader::read_remove}};
    const auto found = readers.find(key);
    if (found == readers.end()) return false;
    (this->*found->second)(step, node);
    return true;
  }

  // -- steps of a session

  void read_session_step(Step& step, const std::string& session, const YAML::Node& node) const {
    if (node.IsScalar()) {
      step.what = SessionStep{session, read_bare_action(node)};
      return;
    }
    Mapping mapping(node, "a step of session '" + session + "'");
    step.what = SessionStep{session, read_action(mapping, node)};
    if (const auto within = mapping.take("within")) step.within = to_duration(*within);
    const Action& action = std::get<SessionStep>(step.what).action;
    if (std::holds_alternative<Expect>(action) || std::holds_alternative<Next>(action)) {
      if (const auto label = mapping.take("label")) step.label = read_name(*label);
      if (const auto capture = mapping.take("capture")) step.capture = read_capture(*capture);
    }
    mapping.finish();
  }

  static Action read_bare_action(const YAML::Node& node) {
    const std::string action = node.Scalar();
    if (action == "open") return Open{};
    if (action == "close") return Close{};
    if (action == "vanish") return Vanish{};
    if (action == "closed") return ExpectClosed{};
    if (action == "refused") return Refused{};
    fault(node, "'" + action + "' is no action that stands alone: open, refused, close, vanish, closed");
  }

  static Action read_action(Mapping& mapping, const YAML::Node& node) {
    if (const auto value = mapping.take("send")) return Send{read_event(*value)};
    if (const auto value = mapping.take("expect")) return Expect{read_pattern(*value)};
    if (const auto value = mapping.take("next")) return Next{read_pattern(*value)};
    if (const auto value = mapping.take("absent")) return Absent{read_pattern(*value)};
    if (const auto value = mapping.take("send_raw")) return read_send_raw(*value);
    if (const auto value = mapping.take("closed")) return read_closed(*value);
    if (const auto value = mapping.take("close")) return read_close(*value);
    if (const auto value = mapping.take("open")) return Open{read_pattern(*value)};
    if (const auto value = mapping.take("refused")) return Refused{read_pattern(*value)};
    mapping.finish();
    fault(node,
          "what shall the session do? open, refused, send, send_raw, expect, next, absent, close, closed, "
          "vanish");
  }

  static Json read_event(const YAML::Node& node) {
    if (!node.IsMap()) fault(node, "'send' needs a mapping, the event; send_raw sends anything");
    return to_json(node);
  }

  static SendRaw read_send_raw(const YAML::Node& node) {
    if (node.IsScalar()) return {node.Scalar(), false};
    Mapping mapping(node, "'send_raw'");
    const YAML::Node encoded = mapping.need("base64");
    mapping.finish();
    const auto bytes = base64_decode(to_text(encoded));
    if (!bytes) fault(encoded, "this is not base64");
    return {std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()), true};
  }

  static Close read_close(const YAML::Node& node) {
    Mapping mapping(node, "'close'");
    Close close;
    if (const auto code = mapping.take("code"))
      close.code = static_cast<std::uint16_t>(to_count(*code, 4999));
    if (const auto reason = mapping.take("reason")) close.reason = to_text(*reason);
    mapping.finish();
    return close;
  }

  static ExpectClosed read_closed(const YAML::Node& node) {
    if (!node.IsScalar()) return {read_pattern(node)};
    return {{{Field{*JsonPath::parse("code"), read_matchers(node)}}}};
  }

  static std::string read_name(const YAML::Node& node) {
    std::string name = to_text(node);
    if (!is_name(name))
      fault(node, "'" + name + "' is no name: a letter, then letters, digits and _, 64 at the most");
    return name;
  }

  static std::map<std::string, JsonPath> read_capture(const YAML::Node& node) {
    if (!node.IsMap()) fault(node, "'capture' maps variables to paths, as in {n: character_count}");
    std::map<std::string, JsonPath> capture;
    for (const auto& entry : node) capture.emplace(read_name(entry.first), read_path(entry.second));
    return capture;
  }

  // -- all other steps

  void read_parallel(Step& step, const YAML::Node& node) const {
    if (!node.IsSequence()) fault(node, "'parallel' needs a list of lists of steps");
    Parallel parallel;
    for (const YAML::Node& branch : node) parallel.branches.push_back(read_list(branch));
    step.what = std::move(parallel);
  }

  void read_repeat(Step& step, const YAML::Node& node) const {
    Mapping mapping(node, "'repeat'");
    Repeat repeat{to_count(mapping.need("times"), max_times), read_list(mapping.need("steps"))};
    mapping.finish();
    step.what = std::move(repeat);
  }

  void read_sleep(Step& step, const YAML::Node& node) const { step.what = Sleep{to_duration(node)}; }

  void read_scrape(Step& step, const YAML::Node& node) const {
    if (node.IsScalar()) {
      step.what = Scrape{read_name(node)};
      return;
    }
    Mapping mapping(node, "'scrape'");
    Scrape scrape{read_name(mapping.need("into"))};
    if (const auto path = mapping.take("path")) scrape.path = read_line(*path, "'path'");
    mapping.finish();
    step.what = std::move(scrape);
  }

  void read_assert(Step& step, const YAML::Node& node) const {
    if (!node.IsSequence()) fault(node, "'assert' needs a list of comparisons");
    Assert assert_step;
    for (const YAML::Node& child : node) {
      const std::string text = to_text(child);
      const auto parsed = parse_assertion(text);
      if (!parsed && text.find("${") == std::string::npos) fault(child, parsed.error().message);
      assert_step.assertions.push_back(text);
    }
    step.what = std::move(assert_step);
  }

  void read_http(Step& step, const YAML::Node& node) const {
    Mapping mapping(node, "'http'");
    HttpStep http;
    http.path = read_line(mapping.need("path"), "'path'");
    if (const auto method = mapping.take("method")) http.method = read_line(*method, "'method'");
    if (const auto headers = mapping.take("headers")) http.headers = read_headers(*headers);
    if (const auto body = mapping.take("body")) http.body = to_text(*body);
    if (const auto json = mapping.take("json")) {
      http.body = to_json(*json).dump();
      http.headers.emplace_back("Content-Type", "application/json");
    }
    if (const auto expect = mapping.take("expect")) http.response = read_pattern(*expect);
    if (const auto capture = mapping.take("capture")) step.capture = read_capture(*capture);
    mapping.finish();
    step.what = std::move(http);
  }

  void read_pool(Step& step, const YAML::Node& node) const {
    if (node.IsScalar() && node.Scalar() == "hold") {
      step.what = HoldPool{};
    } else if (node.IsScalar() && node.Scalar() == "release") {
      step.what = ReleasePool{};
    } else {
      Mapping mapping(node, "'pool' is hold, release or {wait_held: N}; it");
      step.what = WaitHeld{to_count(mapping.need("wait_held"), max_times)};
      mapping.finish();
    }
  }

  void read_server_holds(Step& step, const YAML::Node& node) const {
    Mapping mapping(node, "'server_holds'");
    ServerHolds holds;
    if (const auto count = mapping.take("sessions")) holds.sessions = to_count(*count, max_times);
    if (const auto count = mapping.take("modules")) holds.modules = to_count(*count, max_times);
    if (const auto count = mapping.take("characters")) holds.characters = to_count(*count, max_times);
    mapping.finish();
    step.what = holds;
  }

  void read_reload_default(Step& step, const YAML::Node& node) const {
    step.what = ReloadDefault{read_pattern(node)};
  }

  void read_write(Step& step, const YAML::Node& node) const {
    Mapping mapping(node, "'write'");
    WriteFile write{to_text(mapping.need("path")), to_text(mapping.need("text"))};
    mapping.finish();
    step.what = std::move(write);
  }

  void read_copy(Step& step, const YAML::Node& node) const {
    Mapping mapping(node, "'copy'");
    CopyFiles copy{to_text(mapping.need("from")), to_text(mapping.need("to"))};
    mapping.finish();
    step.what = std::move(copy);
  }

  void read_remove(Step& step, const YAML::Node& node) const { step.what = RemoveFiles{to_text(node)}; }

 public:
  static Headers read_headers(const YAML::Node& node) {
    if (!node.IsMap()) fault(node, "'headers' must be a mapping");
    Headers headers;
    for (const auto& entry : node) {
      check_line(entry.first, "the name of a header");
      headers.emplace_back(entry.first.Scalar(), read_line(entry.second, "the value of a header"));
    }
    return headers;
  }

 private:
  [[nodiscard]] std::string line_of(Place place) const {
    const auto index = static_cast<std::size_t>(place.line - 1);
    if (index >= lines_.size()) return {};
    const std::string& line = lines_[index];
    const std::string_view step =
        std::string_view(line).substr(std::min(line.find_first_not_of(" -"), line.size()));
    return shorten(step, max_source);  // all steps may stand on one line
  }

  const std::map<std::string, SessionSpec>& sessions_;
  const std::vector<std::string>& lines_;
};

// ---- the rest of the file

SessionSpec read_session(const YAML::Node& node) {
  SessionSpec spec;
  Mapping mapping(node, "a session");
  if (const auto count = mapping.take("count")) {
    spec.count = to_count(*count, max_sessions);
    spec.group = true;
  }
  if (const auto subprotocol = mapping.take("subprotocol"))
    spec.subprotocol = read_line(*subprotocol, "'subprotocol'");
  if (const auto headers = mapping.take("headers")) spec.headers = StepReader::read_headers(*headers);
  if (const auto origin = mapping.take("origin"))
    spec.headers.emplace_back("Origin", read_line(*origin, "'origin'"));
  mapping.finish();
  return spec;
}

bool is_step_name(const std::string& name) {
  static const std::set<std::string> names = {"parallel", "repeat", "sleep", "scrape",       "assert",
                                              "http",     "pool",   "write", "server_holds", "reload_default",
                                              "copy",     "remove", "within"};
  return names.contains(name);
}

std::map<std::string, SessionSpec> read_sessions(const YAML::Node& node) {
  if (!node.IsMap()) fault(node, "'sessions' must be a mapping, as in {a: {}, b: {}}");
  std::map<std::string, SessionSpec> sessions;
  std::size_t total = 0;
  for (const auto& entry : node) {
    const std::string& name = entry.first.Scalar();
    if (!is_name(name)) fault(entry.first, "'" + name + "' cannot name a session");
    if (is_step_name(name)) fault(entry.first, "'" + name + "' names a step and cannot name a session");
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
  mapping.finish();
  return server;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

bool is_file_step(const Step& step) {
  return std::holds_alternative<WriteFile>(step.what) || std::holds_alternative<CopyFiles>(step.what) ||
         std::holds_alternative<RemoveFiles>(step.what);
}

Scenario read_scenario(std::string_view text) {
  const auto lines = lines_of(text);
  Mapping mapping(load_yaml(text), "the scenario");
  Scenario scenario;
  scenario.name = to_text(mapping.need("name"));
  if (const auto node = mapping.take("variables")) scenario.variables = read_variables(*node);
  if (const auto node = mapping.take("sessions")) scenario.sessions = read_sessions(*node);
  if (const auto node = mapping.take("server")) scenario.server = read_server(*node);
  const StepReader steps(scenario.sessions, lines);
  if (const auto node = mapping.take("setup")) {
    scenario.setup = steps.read_list(*node);
    if (!std::all_of(scenario.setup.begin(), scenario.setup.end(), is_file_step)) {
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
