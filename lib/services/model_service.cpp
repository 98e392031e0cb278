#include "services/model_service.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/utf8.hpp"

namespace unmuted {

namespace {

constexpr const char* service_unavailable = "service_unavailable";
constexpr const char* service_at_capacity = "service_at_capacity";

}  // namespace

std::string to_text(Duration duration) {
  const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  if (count < 1000) return std::to_string(count) + " ms";
  return std::to_string((count + 500) / 1000) + " s";
}

Result<std::shared_ptr<ModelService>> ModelService::create(OpenAiOptions options, Metrics& metrics) {
  auto address = ModelAddress::of(options.url);
  if (!address) return tl::unexpected(address.error());
  auto extra = read_extra_parameters(options.extra);
  if (!extra) return tl::unexpected(extra.error());
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
  return std::shared_ptr<ModelService>(new ModelService(std::move(options), std::move(*address),
                                                        std::move(*extra), std::move(*client), metrics));
}

ModelService::ModelService(OpenAiOptions options, ModelAddress address, nlohmann::json extra,
                           net::HttpClient client, Metrics& metrics)
    : options_(std::move(options)),
      address_(std::move(address)),
      extra_(std::move(extra)),
      client_(std::move(client)),
      metrics_(metrics) {}

net::HttpClientRequest ModelService::request(std::string url, std::chrono::milliseconds silence) const {
  net::HttpClientRequest request;
  request.url = std::move(url);
  if (!options_.api_key.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + options_.api_key);
    if (address_.is_azure()) request.headers.emplace_back("api-key", options_.api_key);
  }
  request.idle_timeout = silence;
  request.total_timeout = silence + options_.total_timeout;
  return request;
}

std::string ModelService::model() const {
  const std::lock_guard lock(mutex_);
  return options_.model.empty() ? discovered_ : options_.model;
}

void ModelService::discovered(const std::string& model) {
  const std::lock_guard lock(mutex_);
  discovered_ = model;
  if (model.empty() || model == learned_of_) return;
  learned_of_ = model;
  concessions_.clear();
  begins_in_thought_ = false;
}

Concessions ModelService::concessions() const {
  const std::lock_guard lock(mutex_);
  return concessions_;
}

void ModelService::concede(const Concessions& made, const std::string& said) {
  for (const Concession concession : made) {
    bool is_new = false;
    {
      const std::lock_guard lock(mutex_);
      is_new = concessions_.insert(concession).second;
    }
    if (!is_new || !options_.log) continue;
    options_.log->warn(
        "language model model={} at {} refuses {}: it is asked without from now on; it said: {}",
        printable(model()), address_.shown(), name_of(concession), without_key(said));
  }
}

bool ModelService::begins_in_thought() const {
  const std::lock_guard lock(mutex_);
  return begins_in_thought_;
}

void ModelService::begins_in_thought(bool begins) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(begins_in_thought_, begins) == begins) return;
  }
  if (!begins || !options_.log) return;
  options_.log->warn(
      "language model model={} at {} began a reply in the middle of a thought, as some prompt templates make "
      "it: "
      "from now on its replies are passed on from the end of the thought",
      printable(model()), address_.shown());
}

void ModelService::passed_over(std::size_t chunks, std::size_t calls) const {
  if (chunks == 0 && calls == 0) return;
  metrics_.vllm_ignored_chunks.Increment(static_cast<double>(chunks));
  metrics_.vllm_dropped_calls.Increment(static_cast<double>(calls));
  if (options_.log) {
    options_.log->debug("language model reply passed_over chunks={} calls={}", chunks, calls);
  }
}

std::string ModelService::without_key(std::string text) const {
  const std::string& key = options_.api_key;
  for (std::size_t at = 0; !key.empty() && (at = text.find(key, at)) != std::string::npos;) {
    text.replace(at, key.size(), "…");
  }
  return text;
}

Error ModelService::error_of(const std::string& code, const std::string& what,
                             const std::string& cause) const {
  return {code, "The language model at " + address_.shown() + " " + what + ": " + without_key(cause), ""};
}

Error ModelService::unavailable(const std::string& cause) const {
  return error_of(service_unavailable, "is not available", cause);
}

Error ModelService::refused(const Refusal& refusal, const std::string& path, Duration waited) const {
  std::string cause = "it answered " + std::to_string(refusal.status);
  if (refusal.status == 404) cause += " for " + path;
  if (!refusal.text.empty()) cause += ": " + refusal.text;
  if (refusal.status == 404 && !address_.hint().empty()) cause += " (" + address_.hint() + ")";
  if (refusal.status == 401 || refusal.status == 403) cause += " (check KYUTAI_LLM_API_KEY)";
  if (refusal.kind == Refusal::Kind::full) return error_of(service_at_capacity, "is at capacity", cause);
  if (refusal.kind == Refusal::Kind::loading)
    return error_of(service_unavailable, "is still loading its model after " + to_text(waited), cause);
  return unavailable(cause);
}

}  // namespace unmuted
