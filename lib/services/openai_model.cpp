#include "services/openai_model.hpp"

#include <algorithm>
#include <cctype>
#include <mutex>
#include <optional>
#include <utility>

#include "core/clock.hpp"
#include "core/utf8.hpp"
#include "net/http_client.hpp"
#include "net/signal.hpp"
#include "net/url.hpp"
#include "services/chat_completion.hpp"
#include "services/sse.hpp"

namespace unmuted {

using net::awaitable;

namespace {

constexpr int capacity_tries = 5;
constexpr std::size_t max_reply = 16U << 20U;       ///< bytes of a response
constexpr std::size_t max_refusal = 4U << 10U;      ///< bytes that are read of a response that is no reply
constexpr std::chrono::milliseconds patience{200};  ///< for the end of a response whose last event was read

constexpr const char* unavailable = "service_unavailable";
constexpr const char* at_capacity = "service_at_capacity";

/// The server, as all replies see it. Any thread.
class Service {
 public:
  Service(OpenAiOptions options, std::string base, net::HttpClient client, Metrics& metrics)
      : options_(std::move(options)), base_(std::move(base)), client_(std::move(client)), metrics_(metrics) {}

  [[nodiscard]] const OpenAiOptions& options() const { return options_; }
  [[nodiscard]] const net::HttpClient& client() const { return client_; }
  [[nodiscard]] Metrics& metrics() const { return metrics_; }

  [[nodiscard]] net::HttpClientRequest request(const std::string& path) const {
    net::HttpClientRequest request;
    request.url = base_ + path;
    if (!options_.api_key.empty())
      request.headers.emplace_back("Authorization", "Bearer " + options_.api_key);
    request.idle_timeout = options_.idle_timeout;
    request.total_timeout = options_.total_timeout;
    return request;
  }

  /// The name of the model, when it is known.
  [[nodiscard]] std::string model() const {
    const std::lock_guard lock(mutex_);
    return options_.model.empty() ? discovered_ : options_.model;
  }
  /// Empty after a failure: the server may have been started again with another model.
  void discovered(std::string model) {
    const std::lock_guard lock(mutex_);
    discovered_ = std::move(model);
  }

  [[nodiscard]] Error error(const std::string& code, const std::string& cause) const {
    const char* what = code == at_capacity ? " is at capacity: " : " is not available: ";
    return {code, "The language model at " + options_.url + what + without_key(cause), ""};
  }

 private:
  [[nodiscard]] std::string without_key(std::string text) const {
    const std::string& key = options_.api_key;
    for (std::size_t at = 0; !key.empty() && (at = text.find(key, at)) != std::string::npos;) {
      text.replace(at, key.size(), "…");
    }
    return text;
  }

  const OpenAiOptions options_;
  const std::string base_;  ///< ends in /v1
  const net::HttpClient client_;
  Metrics& metrics_;
  mutable std::mutex mutex_;
  std::string discovered_;
};

using ServicePtr = std::shared_ptr<Service>;

/// Counts words in a text that comes in pieces.
class WordCount {
 public:
  /// The number of words that begin in `text`.
  std::size_t add(std::string_view text) {
    std::size_t words = 0;
    for (const char c : text) {
      const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
      if (!space && after_space_) ++words;
      after_space_ = space;
    }
    return words;
  }

 private:
  bool after_space_ = true;
};

/// What one reply adds to the metrics, from its request to its end.
class ReplyMeasure {
 public:
  ReplyMeasure(Metrics& metrics, const std::vector<ChatMessage>& messages) : metrics_(metrics) {
    std::size_t sent = 0;
    for (const ChatMessage& message : messages) sent += WordCount().add(message.content);
    metrics_.vllm_sessions.Increment();
    metrics_.vllm_active_sessions.Increment();
    metrics_.vllm_sent_words.Increment(static_cast<double>(sent));
    metrics_.vllm_request_length.Observe(static_cast<double>(sent));
  }
  ReplyMeasure(const ReplyMeasure&) = delete;
  ReplyMeasure& operator=(const ReplyMeasure&) = delete;

  ~ReplyMeasure() {
    metrics_.vllm_active_sessions.Decrement();
    metrics_.vllm_reply_length.Observe(static_cast<double>(received_));
    metrics_.vllm_gen_duration.Observe(to_seconds(Clock::now() - start_));
  }

  void received(std::string_view text) {
    if (!std::exchange(begun_, true)) metrics_.vllm_ttft.Observe(to_seconds(Clock::now() - start_));
    const std::size_t words = words_.add(text);
    received_ += words;
    metrics_.vllm_received_words.Increment(static_cast<double>(words));
  }

 private:
  Metrics& metrics_;
  const TimePoint start_ = Clock::now();
  bool begun_ = false;
  WordCount words_;
  std::size_t received_ = 0;
};

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
    measure_.reset();
  }

 private:
  awaitable<ReplyEvent> next();
  awaitable<Result<void>> open();
  awaitable<Result<void>> ask();
  awaitable<Result<std::string>> model();
  awaitable<Error> refusal(net::HttpResponse response);
  awaitable<Result<void>> read_on();
  awaitable<void> wait(Duration pause);

  ReplyEvent fail(const Error& error);
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
  SseParser events_;
  ChatCompletion completion_;
};

awaitable<ReplyEvent> Generation::next() {
  if (over_) co_return fail(service_->error(unavailable, "the reply is over"));
  if (!std::exchange(opened_, true)) {
    measure_.emplace(service_->metrics(), request_.messages);
    state_ = co_await open();
  }
  std::optional<ReplyEvent> event = completion_.take();
  while (!event && state_) {
    state_ = co_await read_on();
    event = completion_.take();  // what came before a failure stands
  }
  if (!event) co_return fail(state_.error());
  if (const auto* text = std::get_if<ReplyText>(&*event)) measure_->received(text->text);
  if (std::holds_alternative<ToolCall>(*event)) measure_->received("");
  if (std::holds_alternative<ReplyFinished>(*event)) {
    measure_.reset();
    over_ = true;
    co_await exchange_->finish(patience);
  }
  co_return std::move(*event);
}

/// Asks, and asks again while the server is at capacity.
awaitable<Result<void>> Generation::open() {
  Duration pause = service_->options().capacity_pause;
  Result<void> asked = co_await ask();
  for (int tries = 1; tries < capacity_tries && !asked && asked.error().code == at_capacity; ++tries) {
    service_->metrics().service_misses.Increment();
    co_await wait(pause);
    pause = pause * 3 / 2;
    asked = co_await ask();
  }
  co_return asked;
}

awaitable<void> Generation::wait(Duration pause) {
  const TimePoint deadline = Clock::now() + pause;
  while (!over_ && Clock::now() < deadline) co_await pause_.wait_until(deadline);
}

awaitable<Result<void>> Generation::ask() {
  const auto model_name = co_await model();
  if (!model_name) co_return tl::unexpected(model_name.error());
  auto request = service_->request("/chat/completions");
  request.method = "POST";
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Accept", "text/event-stream");
  request.body = chat_completion_request(request_, *model_name);
  request.max_body = max_reply;
  if (over_) co_return failed({"aborted", "the reply is over", ""});
  exchange_.emplace(service_->client().start(executor_, std::move(request)));
  auto response = co_await exchange_->open();
  if (!response) co_return failed(response.error());
  if (response->status == 200 && response->content_type.starts_with("text/event-stream")) {
    co_return Result<void>{};
  }
  auto refused = co_await refusal(std::move(*response));
  co_return tl::unexpected(std::move(refused));
}

awaitable<Result<std::string>> Generation::model() {
  const std::string known = service_->model();
  if (!known.empty()) co_return known;
  if (over_) co_return failed({"aborted", "the reply is over", ""});
  exchange_.emplace(service_->client().start(executor_, service_->request("/models")));
  auto response = co_await exchange_->open();
  if (!response) co_return failed(response.error());
  if (response->status != 200) {
    auto refused = co_await refusal(std::move(*response));
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
awaitable<Error> Generation::refusal(net::HttpResponse response) {
  std::string body;
  while (body.size() < max_refusal) {
    auto piece = co_await exchange_->read();
    if (!piece || piece->empty()) break;
    body += *piece;
  }
  body.resize(std::min(body.size(), max_refusal));
  std::string cause = "it answered " + std::to_string(response.status);
  if (response.status == 200)
    cause += " with " + shorten(printable(response.content_type), 100) + ", no stream of events";
  if (!body.empty()) cause += ": " + failure_text(body);
  if (response.status == 401 || response.status == 403) cause += " (check KYUTAI_LLM_API_KEY)";
  const bool full = response.status == 429 || response.status == 503;
  co_return service_->error(full ? at_capacity : unavailable, cause);
}

awaitable<Result<void>> Generation::read_on() {
  auto piece = co_await exchange_->read();
  if (!piece) co_return failed(piece.error());
  if (piece->empty()) {
    auto ended = completion_.end();
    if (!ended) co_return failed(ended.error());
    co_return ended;
  }
  auto events = events_.feed(*piece);
  if (!events) co_return failed(events.error());
  for (const std::string& data : *events) {
    auto fed = completion_.feed(data);
    if (!fed) co_return failed(fed.error());
  }
  co_return Result<void>{};
}

/// The error of a part as the error of the service.
tl::unexpected<Error> Generation::failed(const Error& error) const {
  if (error.code == "connect_failed" || error.code == "tls_failed") {
    service_->metrics().hard_service_misses.Increment();
  }
  return tl::unexpected(service_->error(unavailable, error.message));
}

ReplyEvent Generation::fail(const Error& error) {
  if (measure_) {
    service_->metrics().vllm_hard_errors.Increment();
    service_->discovered("");
  }
  measure_.reset();
  exchange_.reset();
  over_ = true;
  return ReplyFailed{error};
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
  auto request = service->request("/models");
  request.total_timeout = service->options().health_timeout;
  const auto response = co_await service->client().fetch(std::move(request));
  co_return response && response->status == 200;
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

/// The address that paths are put behind.
Result<std::string> base_of(const std::string& url) {
  const auto parsed = net::parse_url(url);
  if (!parsed) return tl::unexpected(parsed.error());
  if (parsed->scheme != "http" && parsed->scheme != "https") {
    return fail("invalid_url", "A language model is reached by http:// or https://, not by " + url);
  }
  std::string path = parsed->target;
  if (path.find('?') != std::string::npos) {
    return fail("invalid_url", "The address of a language model has no query: " + url);
  }
  while (path.ends_with('/')) path.pop_back();
  if (!path.ends_with("/v1")) path += "/v1";
  return parsed->scheme + "://" + parsed->authority() + path;
}

}  // namespace

Result<std::unique_ptr<LanguageModel>> openai_model(OpenAiOptions options, Metrics& metrics) {
  auto base = base_of(options.url);
  if (!base) return tl::unexpected(base.error());
  const auto unfit = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
  if (std::any_of(options.api_key.begin(), options.api_key.end(), unfit)) {
    return fail("invalid_configuration",
                "The API key of the language model has a space or a line break in it");
  }
  net::HttpClientOptions client_options;
  client_options.ca_file = options.ca_file;
  client_options.connect_timeout = options.connect_timeout;
  auto client = net::HttpClient::create(std::move(client_options));
  if (!client) return tl::unexpected(client.error());
  auto service = std::make_shared<Service>(std::move(options), std::move(*base), std::move(*client), metrics);
  return std::make_unique<OpenAiModel>(std::move(service));
}

}  // namespace unmuted
