#include "services/openai_model.hpp"

#include <chrono>
#include <utility>

#include "net/http_client.hpp"
#include "services/generation.hpp"
#include "services/model_list.hpp"
#include "services/model_service.hpp"

namespace unmuted {

using net::awaitable;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t max_list = 16U << 20U;  ///< bytes of a list of models

using ServicePtr = std::shared_ptr<ModelService>;

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
  auto request = service->request(ModelEndpoint::models, timeout);
  request.total_timeout = timeout;
  request.max_body = max_list;
  const auto executor = co_await net::asio::this_coro::executor;
  net::HttpExchange exchange = service->client().start(executor, std::move(request));
  const auto response = co_await exchange.open();
  if (!response || response->status >= 500) co_return false;
  if (!service->options().model.empty()) {
    exchange.finish(rest_patience);
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
