#include "services/openai_model.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"
#include "net/http_client.hpp"
#include "net/signal.hpp"
#include "services/chat_completion.hpp"
#include "services/chat_request.hpp"
#include "services/model_list.hpp"
#include "services/model_service.hpp"
#include "services/reply_body.hpp"
#include "services/reply_measure.hpp"

namespace unmuted {

using net::awaitable;
using std::chrono::milliseconds;

namespace {

constexpr int capacity_tries = 5;
constexpr std::size_t max_reply = 16U << 20U;   ///< bytes of a response
constexpr std::size_t max_refusal = 4U << 10U;  ///< bytes that are read of a response that is no reply
constexpr milliseconds farewell{200};           ///< for the end of a response whose last event was read
constexpr milliseconds longest_pause{10'000};   ///< between two tries
constexpr milliseconds longest_capacity_pause{2'000};

using ServicePtr = std::shared_ptr<ModelService>;

milliseconds to_milliseconds(Duration duration) {
  return std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(duration));
}

/// One reply. Owned by its stream and by the coroutine under way: the stream may be destroyed meanwhile.
class Generation {
 public:
  Generation(net::asio::any_io_executor executor, ServicePtr service, ReplyRequest request)
      : executor_(std::move(executor)),
        service_(std::move(service)),
        request_(std::move(request)),
        pause_(executor_) {}

  static awaitable<ReplyEvent> next(std::shared_ptr<Generation> self) { co_return co_await self->next(); }

  void abort() {
    over_ = true;
    pause_.notify();
    if (exchange_) exchange_->abort();
    if (measure_) service_->metrics().vllm_interrupts.Increment();
    settle();
  }

 private:
  awaitable<ReplyEvent> next();
  awaitable<Result<void>> open();
  awaitable<Result<void>> ask();
  awaitable<Result<std::string>> model();
  awaitable<Error> refuse(net::HttpResponse response, std::string path);
  awaitable<bool> wait_for_another_try();
  awaitable<Result<void>> read_on();
  awaitable<void> wait(Duration pause);

  [[nodiscard]] Duration patience_left() const { return patience_end_ - Clock::now(); }
  bool concede();
  ReplyEvent fail(const Error& error);
  void settle();
  [[nodiscard]] tl::unexpected<Error> failed(const Error& error) const;

  net::asio::any_io_executor executor_;
  ServicePtr service_;
  ReplyRequest request_;

  bool over_ = false;  ///< finished, failed or aborted
  net::Signal pause_;
  std::optional<net::HttpExchange> exchange_;
  std::optional<ReplyMeasure> measure_;  ///< from the first next() to the end of the reply
  bool opened_ = false;
  Result<void> state_;  ///< of the connection: an error ends the reply once its events are taken

  // Of the tries.
  TimePoint patience_end_;  ///< when the first byte must have come
  nlohmann::json body_;     ///< that was sent last
  Concessions concessions_;
  std::string conceded_for_;        ///< what the server said
  std::optional<Refusal> refusal_;  ///< of the last try
  std::optional<Refusal> loading_;  ///< of the last try at which the server was still loading its model
  int capacity_tries_ = 1;
  Duration capacity_pause_{};
  Duration loading_pause_{};

  // Of the reply.
  std::optional<ReplyBody> reply_;
  bool begun_ = false;  ///< a byte of it has come
};

awaitable<ReplyEvent> Generation::next() {
  if (over_) co_return fail(service_->unavailable("the reply is over"));
  if (!std::exchange(opened_, true)) {
    measure_.emplace(service_->metrics(), request_.messages);
    state_ = co_await open();
  }
  std::optional<ReplyEvent> event;
  if (reply_) event = reply_->take();
  while (!event && state_) {
    state_ = co_await read_on();
    event = reply_->take();  // what came before a failure stands
  }
  if (!event) co_return fail(state_.error());
  if (const auto* text = std::get_if<ReplyText>(&*event)) measure_->received(text->text);
  if (std::holds_alternative<ToolCall>(*event)) measure_->received("");
  if (std::holds_alternative<ReplyFinished>(*event)) {
    settle();
    over_ = true;
    exchange_->finish(farewell);
  }
  co_return std::move(*event);
}

/// Asks, and asks again where that may help.
awaitable<Result<void>> Generation::open() {
  const OpenAiOptions& options = service_->options();
  patience_end_ = Clock::now() + options.patience;
  capacity_pause_ = options.capacity_pause;
  loading_pause_ = options.loading_pause;
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
  const Duration asked_for = refusal_->retry_after.value_or(milliseconds(0));
  if (refusal_->kind == Refusal::Kind::full) {
    if (capacity_tries_ == capacity_tries) co_return false;
    ++capacity_tries_;
    service_->metrics().service_misses.Increment();
    const bool small = asked_for <= longest_capacity_pause;
    const Duration pause = small ? std::max(capacity_pause_, asked_for) : capacity_pause_;
    capacity_pause_ = capacity_pause_ * 3 / 2;
    co_await wait(pause);
    co_return true;
  }
  if (refusal_->kind != Refusal::Kind::loading || patience_left() <= Duration(0)) co_return false;
  loading_ = refusal_;
  const Duration pause = std::min<Duration>(std::max(loading_pause_, asked_for), longest_pause);
  loading_pause_ = loading_pause_ * 3 / 2;
  co_await wait(std::min(pause, patience_left()));
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
  auto request = service_->request(service_->address().completions(), to_milliseconds(patience_left()));
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
                   service_->begins_in_thought());
    co_return Result<void>{};
  }
  auto refused = co_await refuse(std::move(*response), service_->address().completions_path());
  co_return tl::unexpected(std::move(refused));
}

awaitable<Result<std::string>> Generation::model() {
  const std::string known = service_->model();
  if (!known.empty()) co_return known;
  if (over_) co_return failed({"aborted", "the reply is over", ""});
  auto request = service_->request(service_->address().models(), to_milliseconds(patience_left()));
  request.max_body = max_reply;
  exchange_.emplace(service_->client().start(executor_, std::move(request)));
  auto response = co_await exchange_->open();
  if (!response) co_return failed(response.error());
  if (response->status != 200) {
    const bool no_list = response->status == 404;
    auto refused = co_await refuse(std::move(*response), service_->address().models_path());
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
awaitable<Error> Generation::refuse(net::HttpResponse response, std::string path) {
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
  co_return service_->refused(*refusal_, path, service_->options().patience);
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
  }
  if (!fed) co_return failed(fed.error());
  co_return fed;
}

/// The error of a part as the error of the service.
tl::unexpected<Error> Generation::failed(const Error& error) const {
  if (error.code == "connect_failed" || error.code == "tls_failed") {
    service_->metrics().hard_service_misses.Increment();
  }
  std::string cause = error.message;
  if (error.code == "timed_out" && !begun_ && loading_) {
    return tl::unexpected(service_->refused(*loading_, "", service_->options().patience));
  }
  if (error.code == "timed_out" && !begun_) {
    cause += ": nothing of the reply came within " + to_text(service_->options().patience) +
             ". A model that takes longer to load needs a longer --llm-patience";
  } else if (error.code == "timed_out") {
    cause += ": it said nothing more for " + to_text(service_->options().idle_timeout) +
             ", or took too long as a whole";
  }
  return tl::unexpected(service_->unavailable(cause));
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

class OpenAiReply final : public ReplyStream {
 public:
  explicit OpenAiReply(std::shared_ptr<Generation> generation) : generation_(std::move(generation)) {}
  ~OpenAiReply() override { generation_->abort(); }
  OpenAiReply(const OpenAiReply&) = delete;
  OpenAiReply& operator=(const OpenAiReply&) = delete;

  awaitable<ReplyEvent> next() override { return Generation::next(generation_); }
  void abort() override { generation_->abort(); }

 private:
  std::shared_ptr<Generation> generation_;
};

awaitable<bool> answers(ServicePtr service) {
  const milliseconds timeout = service->options().health_timeout;
  auto request = service->request(service->address().models(), timeout);
  request.total_timeout = timeout;
  request.max_body = max_reply;
  const auto executor = co_await net::asio::this_coro::executor;
  net::HttpExchange exchange = service->client().start(executor, std::move(request));
  const auto response = co_await exchange.open();
  if (!response || response->status >= 500) co_return false;
  if (!service->options().model.empty()) {
    exchange.finish(farewell);
    co_return true;
  }
  const auto body = co_await exchange.read_to_end();
  co_return response->status == 200 && body&& only_model(*body);
}

class OpenAiModel final : public LanguageModel {
 public:
  explicit OpenAiModel(ServicePtr service) : service_(std::move(service)) {}

  std::unique_ptr<ReplyStream> start(const net::asio::any_io_executor& executor,
                                     ReplyRequest request) override {
    return std::make_unique<OpenAiReply>(
        std::make_shared<Generation>(executor, service_, std::move(request)));
  }

  awaitable<bool> up() override { return answers(service_); }

 private:
  ServicePtr service_;
};

}  // namespace

Result<std::unique_ptr<LanguageModel>> openai_model(OpenAiOptions options, Metrics& metrics) {
  auto service = ModelService::create(std::move(options), metrics);
  if (!service) return tl::unexpected(service.error());
  return std::make_unique<OpenAiModel>(std::move(*service));
}

}  // namespace unmuted
