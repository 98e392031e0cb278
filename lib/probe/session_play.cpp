#include "probe/session_play.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace unmuted::probe {
namespace {

using net::awaitable;

std::string end_of(const net::Closed& closed) {
  return "the connection closed with " + std::to_string(closed.code) +
         (closed.reason.empty() ? "" : " (" + closed.reason + ")");
}

Outcome missing(const Step& step, const Connection& connection, std::string what, const Pattern& wanted) {
  what += connection.closed() ? ": " + end_of(*connection.closed()) : " within " + show(step.patience());
  const std::string nearest = connection.events().nearest_miss(wanted);
  if (!nearest.empty()) what += "; nearest: " + nearest;
  return tl::unexpected(Problem{std::move(what), connection.events().excerpt()});
}

}  // namespace

Outcome capture(const Step& step, const Json& document, Variables& variables) {
  for (const auto& [name, path] : step.capture) {
    auto value = path.of(document);
    if (!value) return problem("there is no " + path.text() + " to capture in " + one_line(document));
    variables[name] = *std::move(value);
  }
  return {};
}

SessionPlay::SessionPlay(World& world, const Scenario& scenario, StopSignal& stop, Measurements& measurements)
    : world_(world), stop_(stop), measurements_(measurements) {
  for (const auto& [name, spec] : scenario.sessions) {
    auto& members = members_[name];
    auto& voices = measurements_.voices[name];
    for (std::size_t i = 0; i < spec.count; ++i) {
      Member member;
      member.id = spec.group ? name + "[" + std::to_string(i) + "]" : name;
      member.spec = &spec;
      member.index = i;
      member.voice = std::make_shared<VoiceLog>();
      voices.push_back(member.voice);
      members.push_back(std::move(member));
    }
  }
}

void SessionPlay::give_up() {
  for (auto& [name, members] : members_) {
    for (Member& member : members) {
      if (member.connection) member.connection->give_up();
    }
  }
}

void SessionPlay::vanish() {
  for (auto& [name, members] : members_) {
    for (Member& member : members) {
      if (member.connection) member.connection->vanish();
      member.connection.reset();
      member.microphone.reset();
    }
  }
}

awaitable<Outcome> SessionPlay::play(const Step& step, const SessionStep& session, Scope scope) {
  auto& members = members_.at(session.session);
  std::vector<Outcome> outcomes(members.size());
  std::vector<awaitable<void>> tasks;
  for (std::size_t i = 0; i < members.size(); ++i) {
    Member& member = members[i];
    tasks.push_back(
        play_member(step, session.action, member, scope.of_member(i, member.captured), outcomes[i]));
  }
  co_await run_all(std::move(tasks));
  const auto failed = std::find_if(outcomes.begin(), outcomes.end(), [](const Outcome& o) { return !o; });
  if (failed == outcomes.end()) co_return Outcome();
  co_return std::move(*failed);
}

awaitable<void> SessionPlay::play_member(const Step& step, const Action& action, Member& member, Scope scope,
                                         Outcome& outcome) {
  Turn turn{step, member, std::move(scope)};
  auto task = std::visit([&](const auto& what) { return act(turn, what); }, action);
  outcome = co_await std::move(task);
  if (outcome) outcome = check_voice(member);
  if (!outcome) outcome.error().message = "session " + member.id + ": " + outcome.error().message;
}

// ---- the beginning and the end

Outcome SessionPlay::not_open() {
  return problem("it is not open: 'open' comes first");
}

awaitable<Result<void>> SessionPlay::connect(Member& member, Scope scope) {
  net::ConnectOptions options;
  options.subprotocol = member.spec->subprotocol;
  auto headers = scope.headers(member.spec->headers);
  if (!headers) co_return fail("unknown_variable", headers.error().message);
  options.headers = std::move(*headers);
  if (member.connection) member.connection->vanish();
  prepare_connection(member);
  const auto connection = member.connection;
  options.connector = world_.connector();
  std::string url = world_.url().scheme + "://" + world_.url().authority() + "/v1/realtime";
  co_return co_await connection->open(std::move(url), std::move(options));
}

awaitable<Outcome> SessionPlay::act(Turn& turn, const Open& open) {
  auto opened = co_await connect(turn.member, turn.scope);
  if (!opened) co_return environment_problem(opened.error());
  if (turn.member.spec->microphone) turn.member.microphone->open();
  const Json agreed = {{"subprotocol", turn.member.connection->subprotocol()}};
  co_return turn.scope.check(open.agreed, agreed);
}

awaitable<Outcome> SessionPlay::act(Turn& turn, const Refused& refused) {
  auto opened = co_await connect(turn.member, turn.scope);
  if (opened) co_return problem("the server accepted the connection, which it should have refused");
  const Json error = {{"code", opened.error().code}, {"message", opened.error().message}};
  co_return turn.scope.check(refused.error, error);
}

awaitable<Outcome> SessionPlay::act(Turn& turn, const Close& close) {
  if (!turn.member.connection) co_return not_open();
  const auto connection = turn.member.connection;
  std::string reason = close.reason;
  co_await connection->close(close.code, std::move(reason), turn.deadline());
  const auto ended = co_await connection->ended(turn.deadline());
  if (!ended) co_return problem("the server did not answer the close");
  co_return Outcome();
}

awaitable<Outcome> SessionPlay::act(Turn& turn, const ExpectClosed& expected) {
  if (!turn.member.connection) co_return not_open();
  const auto connection = turn.member.connection;
  const auto closed = co_await connection->ended(turn.deadline());
  if (!closed) co_return missing(turn.step, *connection, "the connection is still open", {});
  const Json end = {{"code", closed->code}, {"reason", closed->reason}, {"orderly", closed->orderly}};
  co_return turn.scope.check(expected.end, end);
}

awaitable<Outcome> SessionPlay::act(Turn& turn, const Vanish&) {
  if (!turn.member.connection) co_return not_open();
  turn.member.connection->vanish();
  co_return Outcome();
}

// ---- what is sent

awaitable<Outcome> SessionPlay::act(Turn& turn, const Send& send) {
  Room room;
  auto event = substitute(send.event, turn.scope.lookup(), room);
  if (!event) co_return environment_problem(event.error());
  auto payload = event->dump(-1, ' ', false, Json::error_handler_t::replace);
  co_return co_await transmit(turn, std::move(payload), false);
}

awaitable<Outcome> SessionPlay::act(Turn& turn, const SendRaw& raw) {
  if (raw.binary) co_return co_await transmit(turn, raw.payload, true);
  auto payload = turn.scope.text(raw.payload);
  if (!payload) co_return tl::unexpected(payload.error());
  co_return co_await transmit(turn, std::move(*payload), false);
}

awaitable<Outcome> SessionPlay::transmit(Turn& turn, std::string payload, bool binary) {
  if (!turn.member.connection) co_return not_open();
  const auto connection = turn.member.connection;
  auto sent = co_await connection->send(std::move(payload), binary, turn.deadline());
  if (sent) co_return Outcome();
  co_return co_await not_sent(turn, sent.error());
}

awaitable<Outcome> SessionPlay::not_sent(Turn& turn, Error error) {
  const auto connection = turn.member.connection;
  co_await connection->ended(turn.deadline());
  co_return problem(error.message + (connection->closed() ? ": " + end_of(*connection->closed()) : ""));
}

// ---- what is received

awaitable<Resolved<Event>> SessionPlay::await_event(Turn& turn, const Pattern& written) {
  auto pattern = bind_variables(written, turn.scope.lookup());
  if (!pattern) co_return environment_problem(pattern.error());
  const auto connection = turn.member.connection;
  auto event = co_await connection->expect(*pattern, turn.deadline());
  if (event) co_return std::move(*event);
  co_return tl::unexpected(
      missing(turn.step, *connection, "no event like " + describe(*pattern), *pattern).error());
}

awaitable<Outcome> SessionPlay::act(Turn& turn, const Expect& expect) {
  if (!turn.member.connection) co_return not_open();
  auto event = co_await await_event(turn, expect.event);
  if (!event) co_return tl::unexpected(std::move(event.error()));
  co_return received(turn, *event);
}

awaitable<Outcome> SessionPlay::act(Turn& turn, const ExpectAll& all) {
  if (!turn.member.connection) co_return not_open();
  std::vector<Pattern> wanted;
  for (const Pattern& written : all.events) {
    auto pattern = bind_variables(written, turn.scope.lookup());
    if (!pattern) co_return environment_problem(pattern.error());
    wanted.push_back(std::move(*pattern));
  }
  const auto connection = turn.member.connection;
  const auto left = co_await connection->expect_all(std::move(wanted), turn.deadline());
  if (left.empty()) co_return Outcome();
  co_return missing(turn.step, *connection,
                    "no event like " + describe(left.front()) +
                        (left.size() > 1 ? " and " + std::to_string(left.size() - 1) + " more" : ""),
                    left.front());
}

awaitable<Outcome> SessionPlay::act(Turn& turn, const Next& next) {
  if (!turn.member.connection) co_return not_open();
  auto pattern = bind_variables(next.event, turn.scope.lookup());
  if (!pattern) co_return environment_problem(pattern.error());
  const auto connection = turn.member.connection;
  auto event = co_await connection->next(turn.deadline());
  if (!event) {
    co_return missing(turn.step, *connection, "no event, where the next should be like " + describe(*pattern),
                      {});
  }
  const auto missed = mismatches(*pattern, event->json);
  if (missed.empty()) co_return received(turn, *event);
  Problem found{"the next event is another: " + joined(missed), connection->events().excerpt()};
  found.events.insert(found.events.begin(), one_line(event->json));
  co_return tl::unexpected(std::move(found));
}

awaitable<Outcome> SessionPlay::act(Turn& turn, const Absent& absent) {
  if (!turn.member.connection) co_return not_open();
  const EventQueue& events = turn.member.connection->events();
  const auto pattern = bind_variables(absent.event, turn.scope.lookup());
  if (!pattern) co_return environment_problem(pattern.error());
  const Event* event = events.find(*pattern);
  if (event == nullptr) co_return Outcome();
  Problem found{"an event arrived that should not: " + one_line(event->json), events.excerpt()};
  co_return tl::unexpected(std::move(found));
}

Outcome SessionPlay::received(Turn& turn, const Event& event) {
  if (auto in_time = check_limit(turn, event.arrived); !in_time) return in_time;
  if (!turn.step.label.empty()) {
    passed(turn.member)[turn.step.label] = event.arrived;
    measurements_.latencies[turn.step.label].push_back(
        to_seconds(event.arrived - turn.member.connection->asked_at(event.json)));
  }
  return capture(turn.step, event.json, turn.member.spec->group ? turn.member.captured : world_.variables());
}

Outcome SessionPlay::check_limit(Turn& turn, TimePoint arrived) {
  if (!turn.step.limit) return {};
  const TimeLimit& limit = *turn.step.limit;
  const auto& labels = passed(turn.member);
  const auto from = labels.find(limit.of);
  if (from == labels.end()) return problem("no step with the label '" + limit.of + "' has been passed");
  const auto took = std::chrono::duration_cast<Milliseconds>(arrived - from->second);
  if (took <= limit.at_most) return {};
  return problem("it came " + show(took) + " after '" + limit.of + "', and should within " +
                 show(limit.at_most));
}

}  // namespace unmuted::probe
