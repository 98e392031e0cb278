#include "services/model_service.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include "core/utf8.hpp"

namespace unmuted {

Result<std::shared_ptr<ModelService>> ModelService::create(OpenAiOptions options, Metrics& metrics) {
  auto extra = read_extra_parameters(options.extra);
  auto server = OpenAiServer::create({"language model", "KYUTAI_LLM_API_KEY",
                                      ". A model that takes longer to load needs a longer --llm-patience"},
                                     std::move(options));
  if (!server) return tl::unexpected(server.error());
  if (!extra) return tl::unexpected(extra.error());
  return std::shared_ptr<ModelService>(new ModelService(std::move(*server), std::move(*extra), metrics));
}

ModelService::ModelService(OpenAiServer server, nlohmann::json extra, Metrics& metrics)
    : OpenAiServer(std::move(server)), extra_(std::move(extra)), metrics_(metrics) {}

std::string ModelService::model() const {
  const std::lock_guard lock(mutex_);
  return options().model.empty() ? discovered_ : options().model;
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
    if (!is_new || !options().log) continue;
    options().log->warn(
        "language model model={} at {} refuses {}: it is asked without from now on; it said: {}",
        printable(model()), address().shown(), name_of(concession), without_key(said));
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
  if (!begins || !options().log) return;
  options().log->warn(
      "language model model={} at {} began a reply in the middle of a thought, as some prompt templates make "
      "it: "
      "from now on its replies are passed on from the end of the thought",
      printable(model()), address().shown());
}

void ModelService::passed_over(std::size_t chunks, std::size_t calls) const {
  if (chunks == 0 && calls == 0) return;
  metrics_.vllm_ignored_chunks.Increment(static_cast<double>(chunks));
  metrics_.vllm_dropped_calls.Increment(static_cast<double>(calls));
  if (options().log) {
    options().log->debug("language model reply passed_over chunks={} calls={}", chunks, calls);
  }
}

}  // namespace unmuted
