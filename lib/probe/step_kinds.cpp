#include "probe/step_kinds.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base64.hpp"
#include "probe/assertion.hpp"
#include "probe/pattern_reader.hpp"
#include "probe/speech_reader.hpp"
#include "probe/step_reader.hpp"
#include "probe/yaml.hpp"

namespace unmuted::probe {
namespace {

constexpr std::size_t max_times = 1'000'000;

// ---- steps of a session

SessionStep of_session(const StepText& text, Action action) {
  return {text.session, std::move(action)};
}

/// An action that needs nothing said.
template <class What>
StepBody plain(const StepText& text) {
  return of_session(text, What{});
}

/// An action of which only a pattern is said.
template <class What>
StepBody with_pattern(const StepText& text) {
  return of_session(text, What{read_pattern(text.value)});
}

Send read_event(const YAML::Node& node) {
  if (!node.IsMap()) fault(node, "'send' needs a mapping, the event; send_raw sends anything");
  return Send{to_json(node)};
}

StepBody read_send(const StepText& text) {
  return of_session(text, read_event(text.value));
}

StepBody read_send_raw(const StepText& text) {
  if (text.value.IsScalar()) return of_session(text, SendRaw{text.value.Scalar(), false});
  Mapping mapping(text.value, "'send_raw'");
  const YAML::Node encoded = mapping.need("base64");
  mapping.finish();
  const auto bytes = base64_decode(to_text(encoded));
  if (!bytes) fault(encoded, "this is not base64");
  return of_session(text,
                    SendRaw{std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()), true});
}

StepBody read_close(const StepText& text) {
  Mapping mapping(text.value, "'close'");
  Close close;
  if (const auto code = mapping.take("code")) close.code = static_cast<std::uint16_t>(to_count(*code, 4999));
  if (const auto reason = mapping.take("reason")) close.reason = to_text(*reason);
  mapping.finish();
  return of_session(text, std::move(close));
}

StepBody read_closed(const StepText& text) {
  if (!text.value.IsScalar()) return with_pattern<ExpectClosed>(text);
  return of_session(text, ExpectClosed{{{Field{*JsonPath::parse("code"), read_matchers(text.value)}}}});
}

StepBody read_expect_all(const StepText& text) {
  if (!text.value.IsSequence() || text.value.size() == 0) {
    fault(text.value, "'expect_all' needs a list of patterns");
  }
  ExpectAll all;
  for (const YAML::Node& child : text.value) all.events.push_back(read_pattern(child));
  return of_session(text, std::move(all));
}

StepBody read_say(const StepText& text) {
  return of_session(text, read_speech(text.value));
}

StepBody read_audio(const StepText& text) {
  return of_session(text, read_recording(text.value));
}

StepBody read_send_after(const StepText& text) {
  Mapping mapping(text.value, "'send_after'");
  SendAfter after{read_pattern(mapping.need("event")), {}, {}};
  if (const auto delay = mapping.take("delay")) after.delay = to_duration(*delay);
  const auto event = mapping.take("send");
  const auto speech = mapping.take("say");
  const auto recording = mapping.take("audio");
  const int count = (event ? 1 : 0) + (speech ? 1 : 0) + (recording ? 1 : 0);
  if (count != 1) fault(text.value, "'send_after' needs what to do then: one of send, say, audio");
  if (event) after.then = read_event(*event);
  if (speech) after.then = read_speech(*speech);
  if (recording) after.then = read_recording(*recording);
  mapping.finish();
  return of_session(text, std::move(after));
}

// ---- all other steps

StepBody read_parallel(const StepText& text) {
  if (!text.value.IsSequence()) fault(text.value, "'parallel' needs a list of lists of steps");
  Parallel parallel;
  for (const YAML::Node& branch : text.value) parallel.branches.push_back(text.steps.read_list(branch));
  return parallel;
}

StepBody read_repeat(const StepText& text) {
  Mapping mapping(text.value, "'repeat'");
  Repeat repeat{to_count(mapping.need("times"), max_times), text.steps.read_list(mapping.need("steps"))};
  mapping.finish();
  return repeat;
}

StepBody read_sleep(const StepText& text) {
  return Sleep{to_duration(text.value)};
}

StepBody read_scrape(const StepText& text) {
  if (text.value.IsScalar()) return RequestStep(Scrape{to_name(text.value)});
  Mapping mapping(text.value, "'scrape'");
  Scrape scrape{to_name(mapping.need("into"))};
  if (const auto path = mapping.take("path")) scrape.path = to_line(*path, "'path'");
  mapping.finish();
  return RequestStep(std::move(scrape));
}

StepBody read_assert(const StepText& text) {
  if (!text.value.IsSequence()) fault(text.value, "'assert' needs a list of comparisons");
  Assert assertions;
  for (const YAML::Node& child : text.value) {
    const std::string written = to_text(child);
    const auto parsed = parse_assertion(written);
    const bool is_whole = written.find("${") == std::string::npos;
    if (!parsed && is_whole) fault(child, parsed.error().message);
    for (const std::string& session : parsed ? sessions_of(*parsed) : std::vector<std::string>()) {
      if (!text.steps.has_session(session)) fault(child, "there is no session '" + session + "'");
    }
    assertions.assertions.push_back(written);
  }
  return RequestStep(std::move(assertions));
}

StepBody read_http(const StepText& text) {
  Mapping mapping(text.value, "'http'");
  HttpStep http;
  http.path = to_line(mapping.need("path"), "'path'");
  if (const auto method = mapping.take("method")) http.method = to_line(*method, "'method'");
  if (const auto headers = mapping.take("headers")) http.headers = to_headers(*headers);
  if (const auto body = mapping.take("body")) http.body = to_text(*body);
  if (const auto json = mapping.take("json")) {
    http.body = to_json(*json).dump();
    http.headers.emplace_back("Content-Type", "application/json");
  }
  if (const auto expect = mapping.take("expect")) http.response = read_pattern(*expect);
  if (const auto capture = mapping.take("capture")) text.step.capture = read_capture(*capture);
  mapping.finish();
  return RequestStep(std::move(http));
}

StepBody read_pool(const StepText& text) {
  if (text.value.IsScalar() && text.value.Scalar() == "hold") return ServerStep(HoldPool{});
  if (text.value.IsScalar() && text.value.Scalar() == "release") return ServerStep(ReleasePool{});
  Mapping mapping(text.value, "'pool' is hold, release or {wait_held: N}; it");
  const WaitHeld wait{to_count(mapping.need("wait_held"), max_times)};
  mapping.finish();
  return ServerStep(wait);
}

StepBody read_server_holds(const StepText& text) {
  Mapping mapping(text.value, "'server_holds'");
  ServerHolds holds;
  if (const auto count = mapping.take("sessions")) holds.sessions = to_count(*count, max_times);
  if (const auto count = mapping.take("modules")) holds.modules = to_count(*count, max_times);
  if (const auto count = mapping.take("characters")) holds.characters = to_count(*count, max_times);
  mapping.finish();
  return ServerStep(holds);
}

StepBody read_reload_default(const StepText& text) {
  return ServerStep(ReloadDefault{read_pattern(text.value)});
}

StepBody read_write(const StepText& text) {
  Mapping mapping(text.value, "'write'");
  WriteFile write{to_text(mapping.need("path")), to_text(mapping.need("text"))};
  mapping.finish();
  return FileStep(std::move(write));
}

StepBody read_copy(const StepText& text) {
  Mapping mapping(text.value, "'copy'");
  CopyFiles copy{to_text(mapping.need("from")), to_text(mapping.need("to"))};
  mapping.finish();
  return FileStep(std::move(copy));
}

StepBody read_remove(const StepText& text) {
  return FileStep(RemoveFiles{to_text(text.value)});
}

// ---- what can fail

bool never(const StepBody&) {
  return false;
}

bool asserts(const StepBody& what) {
  return !std::get<Assert>(std::get<RequestStep>(what)).assertions.empty();
}

bool waits_for_the_pool(const StepBody& what) {
  return std::holds_alternative<WaitHeld>(std::get<ServerStep>(what));
}

bool counts(const StepBody& what) {
  const auto& holds = std::get<ServerHolds>(std::get<ServerStep>(what));
  return holds.sessions || holds.modules || holds.characters;
}

// ---- the table

constexpr std::array of_sessions{
    StepKind{.name = "open", .read = with_pattern<Open>, .alone = plain<Open>},
    StepKind{.name = "refused", .read = with_pattern<Refused>, .alone = plain<Refused>},
    StepKind{.name = "send", .read = read_send, .checks = never},
    StepKind{.name = "send_raw", .read = read_send_raw, .checks = never},
    StepKind{.name = "expect", .read = with_pattern<Expect>, .answered = true},
    StepKind{.name = "next", .read = with_pattern<Next>, .answered = true},
    StepKind{.name = "absent", .read = with_pattern<Absent>},
    StepKind{.name = "expect_all", .read = read_expect_all},
    StepKind{.name = "say", .read = read_say, .sounds = true, .checks = never},
    StepKind{.name = "audio", .read = read_audio, .sounds = true, .checks = never},
    StepKind{.name = "send_after", .read = read_send_after, .sounds = true},
    StepKind{.name = "close", .read = read_close, .alone = plain<Close>},
    StepKind{.name = "closed", .read = read_closed, .alone = plain<ExpectClosed>},
    StepKind{.name = "vanish", .alone = plain<Vanish>, .checks = never},
};

constexpr std::array others{
    StepKind{.name = "parallel", .read = read_parallel},
    StepKind{.name = "repeat", .read = read_repeat},
    StepKind{.name = "sleep", .read = read_sleep, .checks = never},
    StepKind{.name = "scrape", .read = read_scrape},
    StepKind{.name = "assert", .read = read_assert, .checks = asserts},
    StepKind{.name = "http", .read = read_http},
    StepKind{.name = "pool", .read = read_pool, .checks = waits_for_the_pool},
    StepKind{.name = "server_holds", .read = read_server_holds, .checks = counts},
    StepKind{.name = "reload_default",
             .read = read_reload_default,
             .alone = [](const StepText&) { return StepBody(ServerStep(ReloadDefault{})); }},
    StepKind{.name = "write", .read = read_write, .checks = never},
    StepKind{.name = "copy", .read = read_copy, .checks = never},
    StepKind{.name = "remove", .read = read_remove, .checks = never},
};

}  // namespace

std::span<const StepKind> session_steps() {
  return of_sessions;
}

std::span<const StepKind> other_steps() {
  return others;
}

const StepKind* find_kind(std::span<const StepKind> kinds, std::string_view name) {
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const StepKind& kind) { return kind.name == name; });
  return found == kinds.end() ? nullptr : &*found;
}

std::string names_of(std::span<const StepKind> kinds, bool alone_only) {
  std::string names;
  for (const StepKind& kind : kinds) {
    if (alone_only && kind.alone == nullptr) continue;
    names.append(names.empty() ? "" : ", ").append(kind.name);
  }
  return names;
}

}  // namespace unmuted::probe
