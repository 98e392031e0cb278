#include "services/openai/served_reply.hpp"

#include <array>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "services/openai/speech_sound.hpp"
#include "services/spelling.hpp"

namespace unmuted::openai {

using net::awaitable;
using nlohmann::json;

namespace {

constexpr double usual_pace = audio::sample_rate / 15.0;  ///< samples a letter

/// Where the response_format is refused, WAV is asked for: that is the other one we read.
constexpr std::array<std::string_view, 2> optional_parameters{"sample_rate", "response_format"};

SpeechCall::Question question(const std::string& model, const std::string& voice, const std::string& text,
                              const Refused& refused) {
  json body{{"model", model}, {"voice", voice}, {"input", text}};
  body["response_format"] = refused.contains("response_format") ? "wav" : "pcm";
  // Of no standard. Some servers send each voice at a rate of its own, and say nowhere at which.
  if (!refused.contains("sample_rate")) body["sample_rate"] = audio::sample_rate;
  return {"application/json", write_json(body)};
}

}  // namespace

ServedReply::ServedReply(net::asio::any_io_executor executor, std::shared_ptr<SpeechServer> server,
                         std::string voice)
    : executor_(std::move(executor)),
      server_(std::move(server)),
      voice_(std::move(voice)),
      clauses_(spelled_in_unicode),
      wanted_(executor_),
      came_(executor_),
      pace_(usual_pace) {}

void ServedReply::say(std::string_view word) {
  if (over_) return;
  clauses_.say(word);
  wanted_.notify();
}

void ServedReply::complete() {
  clauses_.complete();
  wanted_.notify();
}

void ServedReply::abort() {
  over_ = true;
  sounds_.clear();
  if (call_) call_->abort();
  wanted_.notify();
  came_.notify();
}

awaitable<SpeechEvent> ServedReply::next(std::shared_ptr<ServedReply> self) {
  if (!self->over_ && !std::exchange(self->begun_, true)) {
    net::asio::co_spawn(self->executor_, fetch(self), net::asio::detached);
  }
  while (!self->over_) {
    if (auto event = self->take()) {
      self->wanted_.notify();
      co_return std::move(*event);
    }
    co_await self->came_.wait();
  }
  co_return SpeechFailed{self->server_->unavailable("the speech was aborted")};
}

/// What has come stands, also before a failure.
std::optional<SpeechEvent> ServedReply::take() {
  while (!sounds_.empty()) {
    if (auto event = sounds_.front().take()) return event;
    if (!sounds_.front().over()) break;
    sounds_.pop_front();
  }
  if (!fetched_) return std::nullopt;
  over_ = true;
  if (failure_) return SpeechFailed{*failure_};
  return SpeechEnded{};
}

std::size_t ServedReply::waiting() const {
  std::size_t samples = 0;
  for (const ClauseSound& sound : sounds_) samples += sound.waiting();
  return samples;
}

awaitable<void> ServedReply::fetch(std::shared_ptr<ServedReply> self) {
  try {
    const Result<void> fetched = co_await self->fetch_all();
    if (!fetched) self->failure_ = fetched.error();
    if (!fetched && self->call_) self->call_->abort();
  } catch (const std::exception& e) {
    self->failure_ = self->server_->unavailable(e.what());
  }
  self->fetched_ = true;
  self->came_.notify();
}

awaitable<Result<void>> ServedReply::fetch_all() {
  for (;;) {
    auto clause = co_await next_clause();
    if (!clause) co_return Result<void>();
    auto fetched = co_await fetch_clause(std::move(*clause));
    if (!fetched) co_return fetched;
  }
}

/// Once there is room for its sound; nothing after the last one.
awaitable<std::optional<Clause>> ServedReply::next_clause() {
  co_await wait_for_room();
  std::optional<Clause> clause = clauses_.take();
  while (!over_ && !clause && !clauses_.over()) {
    co_await wanted_.wait();
    clause = clauses_.take();
  }
  if (over_) clause.reset();
  co_return clause;
}

awaitable<void> ServedReply::wait_for_room() {
  while (!over_ && waiting() >= enough_waits) co_await wanted_.wait();
}

awaitable<Result<void>> ServedReply::fetch_clause(Clause clause) {
  sounds_.emplace_back(clause, pace_);
  if (const std::string text = clause.text(); !text.empty()) {
    auto fetched = co_await fetch_sound(text);
    if (!fetched) co_return fetched;
  }
  if (over_) co_return Result<void>();
  sounds_.back().finish();
  pace_ = sounds_.back().pace().value_or(pace_);
  came_.notify();
  co_return Result<void>();
}

awaitable<Result<void>> ServedReply::fetch_sound(std::string text) {
  call_.emplace(executor_, server_, ModelEndpoint::speech, optional_parameters);
  SpeechCall::Write write = [this, &text](const Refused& refused) {
    return question(server_->options().model, voice_, text, refused);
  };
  auto response = co_await call_->open(std::move(write));
  if (!response) co_return tl::unexpected(response.error());
  SpeechSound sound(response->content_type);
  const std::size_t before = samples_;
  for (bool more = true; more;) {
    co_await wait_for_room();
    auto bytes = co_await call_->read();
    if (!bytes) co_return tl::unexpected(bytes.error());
    more = !bytes->empty();
    auto samples = more ? sound.feed(*bytes) : sound.end();
    if (!samples) co_return tl::unexpected(server_->unavailable(samples.error().message));
    auto added = add(*samples);
    if (!added) co_return added;
  }
  if (samples_ == before) co_return tl::unexpected(server_->unavailable("it answered without any sound"));
  co_return Result<void>();
}

Result<void> ServedReply::add(const audio::Samples& samples) {
  if (over_) return tl::unexpected(server_->unavailable("the speech was aborted"));
  samples_ += samples.size();
  if (samples_ > longest_reply) {
    return tl::unexpected(server_->unavailable("it speaks for ten minutes at the most"));
  }
  sounds_.back().feed(samples);
  came_.notify();
  return {};
}

}  // namespace unmuted::openai
