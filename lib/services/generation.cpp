#include "services/generation.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>
#include <variant>

#include "core/json.hpp"
#include "services/model_list.hpp"
#include "services/openai_model.hpp"

namespace unmuted {

using net::awaitable;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t max_reply = 16U << 20U;   ///< bytes of a response
constexpr std::size_t max_refusal = 4U << 10U;  ///< bytes that are read of a response that is no reply

}  // namespace

Generation::Generation(net::asio::any_io_executor executor, std::shared_ptr<ModelService> service,
                       ReplyRequest request)
    : executor_(std::move(executor)),
      service_(std::move(service)),
      request_(std::move(request)),
      pause_(executor_) {}

awaitable<ReplyEvent> Generation::next(std::shared_ptr<Generation> self) {
  co_return co_await self->next_event();
}

void Generation::abort() {
  over_ = true;
  pause_.notify();
  if (exchange_) exchange_->abort();
  if (measure_) service_->metrics().vllm_interrupts.Increment();
  settle();
}

milliseconds Generation::patience_left() const {
  return std::max(milliseconds(1),
                  std::chrono::duration_cast<milliseconds>(tries_->patience_left(Clock::now())));
}

awaitable<ReplyEvent> Generation::next_event() {
  if (over_) co_return fail(service_->unavailable("the reply is over"));
  if (!tries_) {
    measure_.emplace(service_->metrics(), request_.messages);
    tries_.emplace(service_->options(), Clock::now());
    state_ = co_await open();
  }
  std::optional<ReplyEvent> event;
  if (reply_) event = reply_->take();
  while (!event && state_) {
    state_ = co_await read_on();
    event = reply_->take();  // what came before a failure stands
  }
  if (over_) co_return fail(service_->unavailable("the reply is over"));  // aborted meanwhile
  if (!event) co_return fail(state_.error());
  measure(*event);
  if (std::holds_alternative<ReplyFinished>(*event)) {
    settle();
    over_ = true;
    exchange_->finish(rest_patience);
  }
  co_return std::move(*event);
}

void Generation::measure(const ReplyEvent& event) {
  if (const auto* text = std::get_if<ReplyText>(&event)) measure_->received(text->text);
  if (std::holds_alternative<ToolCall>(event)) measure_->received("");
}

/// Asks, and asks again where that may help.
awaitable<Result<void>> Generation::open() {
  Result<void> asked = co_await ask();
  bool again = !asked && refusal_.has_value();
  while (again) {
    again = co_await wait_for_another_try();
    if (!again) break;
    asked = co_await ask();
    again = !asked && refusal_.has_value();
  }
  if (asked) service_->concede(concessions_, conceded_for_);
  co_return asked;
}

/// False when there is none.
awaitable<bool> Generation::wait_for_another_try() {
  if (concede()) co_return true;
  const std::optional<Duration> pause = tries_->pause_after(*refusal_, Clock::now());
  if (!pause) co_return false;
  if (refusal_->kind == Refusal::Kind::full) service_->metrics().service_misses.Increment();
  co_await wait(*pause);
  co_return true;
}

/// Whether the server may take the request when something is left out.
bool Generation::concede() {
  const auto concession = concession_for(*refusal_, body_, concessions_);
  if (!concession) return false;
  concessions_.insert(*concession);
  conceded_for_ = refusal_->text;
  return true;
}

awaitable<void> Generation::wait(Duration pause) {
  const TimePoint deadline = Clock::now() + pause;
  while (!over_ && Clock::now() < deadline) co_await pause_.wait_until(deadline);
}

awaitable<Result<void>> Generation::ask() {
  refusal_.reset();
  body_ = nullptr;
  const auto model_name = co_await model();
  if (!model_name) co_return tl::unexpected(model_name.error());
  concessions_.merge(service_->concessions());  // known only now: they are of this model
  body_ = chat_completion_request(request_, *model_name, service_->extra(), concessions_);
  auto request = service_->request(ModelEndpoint::completions, patience_left());
  request.method = "POST";
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Accept", "text/event-stream");
  request.body = write_json(body_);
  request.max_body = max_reply;
  if (over_) co_return failed({"aborted", "the reply is over", ""});
  exchange_.emplace(service_->client().start(executor_, std::move(request)));
  auto response = co_await exchange_->open();
  if (!response) co_return failed(response.error());
  if (response->status == 200 && may_be_reply(response->content_type)) {
    const bool tools = body_.contains("tools");
    reply_.emplace(response->content_type,
                   tools ? std::span<const Tool>(request_.tools) : std::span<const Tool>(),
                   service_->begins_in_thought(), request_.count_tokens && body_.contains("stream_options"));
    co_return Result<void>{};
  }
  auto refused = co_await refuse(std::move(*response), ModelEndpoint::completions);
  co_return tl::unexpected(std::move(refused));
}

awaitable<Result<std::string>> Generation::model() {
  const std::string known = service_->model();
  if (!known.empty()) co_return known;
  if (over_) co_return failed({"aborted", "the reply is over", ""});
  auto request = service_->request(ModelEndpoint::models, patience_left());
  request.max_body = max_reply;
  exchange_.emplace(service_->client().start(executor_, std::move(request)));
  auto response = co_await exchange_->open();
  if (!response) co_return failed(response.error());
  if (response->status != 200) {
    const bool no_list = response->status == 404;
    auto refused = co_await refuse(std::move(*response), ModelEndpoint::models);
    if (no_list) refused.message += "; name the model with KYUTAI_LLM_MODEL";
    co_return tl::unexpected(std::move(refused));
  }
  auto body = co_await exchange_->read_to_end();
  if (!body) co_return failed(body.error());
  auto name = only_model(*body);
  if (!name) co_return failed(name.error());
  service_->discovered(*name);
  co_return name;
}

/// What a response means that is not what was asked for.
awaitable<Error> Generation::refuse(net::HttpResponse response, ModelEndpoint endpoint) {
  exchange_->set_idle_timeout(service_->options().idle_timeout);
  std::string body;
  while (body.size() < max_refusal) {
    auto piece = co_await exchange_->read();
    if (!piece || piece->empty()) break;
    body += *piece;
  }
  body.resize(std::min(body.size(), max_refusal));
  if (response.status == 200) co_return service_->unavailable(no_reply(response.content_type, body));
  refusal_ = read_refusal(response, body);
  co_return service_->refused(*refusal_, endpoint);
}

awaitable<Result<void>> Generation::read_on() {
  auto piece = co_await exchange_->read();
  Result<void> fed;
  if (!piece) {
    fed = reply_->end();  // its last event may have come without its end
    if (!reply_->finished()) co_return failed(piece.error());
  } else if (piece->empty()) {
    fed = reply_->end();
  } else {
    if (!std::exchange(begun_, true)) exchange_->set_idle_timeout(service_->options().idle_timeout);
    fed = reply_->feed(*piece);
    if (reply_->only_count_missing()) exchange_->set_idle_timeout(rest_patience);
  }
  if (!fed) co_return failed(fed.error());
  co_return fed;
}

/// The error of a part as the error of the service.
tl::unexpected<Error> Generation::failed(const Error& error) const {
  if (error.code == "connect_failed" || error.code == "tls_failed") {
    service_->metrics().hard_service_misses.Increment();
  }
  return tl::unexpected(service_->failed(error, tries_->loading(), begun_));
}

ReplyEvent Generation::fail(const Error& error) {
  if (measure_) {
    service_->metrics().vllm_hard_errors.Increment();
    service_->discovered("");
  }
  settle();
  exchange_.reset();
  over_ = true;
  return ReplyFailed{error};
}

/// The reply has come to an end, whichever.
void Generation::settle() {
  if (measure_ && reply_) {
    service_->passed_over(reply_->ignored_chunks(), reply_->dropped_calls());
    service_->begins_in_thought(reply_->began_in_thought());
  }
  measure_.reset();
}

}  // namespace unmuted
