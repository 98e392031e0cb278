#include "services/openai/speech_call.hpp"

#include <algorithm>
#include <utility>

#include "core/ascii.hpp"

namespace unmuted::openai {

using net::awaitable;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t max_answer = 16U << 20U;  ///< bytes
constexpr std::size_t max_refusal = 4U << 10U;  ///< bytes that are read of an answer that is a refusal

}  // namespace

std::string_view refused_parameter(const Refusal& refusal, std::span<const std::string_view> optional) {
  const std::string said = lower_ascii(refusal.text);
  const bool bad_request = refusal.status == 400 || refusal.status == 422;
  // Some answer so to what they cannot do at all.
  const bool unable = refusal.status == 404 || refusal.status == 500 || refusal.status == 501;
  if (!bad_request && !(unable && is_about_support(said))) return {};
  for (const std::string_view parameter : optional) {
    if (refusal.parameter == parameter || names_word(said, parameter)) return parameter;
  }
  return bad_request && refusal.parameter.empty() && !optional.empty() ? optional.front()
                                                                       : std::string_view();
}

SpeechCall::SpeechCall(net::asio::any_io_executor executor, std::shared_ptr<SpeechServer> server,
                       ModelEndpoint endpoint, std::span<const std::string_view> optional)
    : executor_(std::move(executor)),
      server_(std::move(server)),
      endpoint_(endpoint),
      optional_(optional),
      pause_(executor_) {}

awaitable<Result<net::HttpResponse>> SpeechCall::open(Write write) {
  tries_.emplace(server_->options(), Clock::now());
  refused_ = server_->refused_parameters();
  auto response = co_await ask(write);
  bool again = !response && refusal_.has_value();
  while (again) {
    again = co_await wait_for_another_try();
    if (!again) break;
    response = co_await ask(write);
    again = !response && refusal_.has_value();
  }
  if (response && !said_.empty()) server_->learn(refused_, said_);
  co_return std::move(response);
}

awaitable<Result<net::HttpResponse>> SpeechCall::ask(const Write& write) {
  refusal_.reset();
  if (aborted_) co_return failed({"aborted", "it was aborted", ""});
  const auto left = std::chrono::duration_cast<milliseconds>(tries_->patience_left(Clock::now()));
  auto request = server_->request(endpoint_, std::max(milliseconds(1), left));
  Question question = write(refused_);
  request.method = "POST";
  request.repeatable = true;
  request.headers.emplace_back("Content-Type", std::move(question.content_type));
  request.body = std::move(question.body);
  request.max_body = max_answer;
  exchange_.emplace(server_->client().start(executor_, std::move(request)));
  auto response = co_await exchange_->open();
  if (!response) co_return failed(response.error());
  if (response->status == 200) co_return std::move(*response);
  auto error = co_await refuse(std::move(*response));
  co_return tl::unexpected(std::move(error));
}

/// What an answer means that is not what was asked for.
awaitable<Error> SpeechCall::refuse(net::HttpResponse response) {
  exchange_->set_idle_timeout(server_->options().idle_timeout);
  std::string body;
  while (body.size() < max_refusal) {
    auto piece = co_await exchange_->read();
    if (!piece || piece->empty()) break;
    body += *piece;
  }
  body.resize(std::min(body.size(), max_refusal));
  refusal_ = read_refusal(response, body);
  co_return server_->refused(*refusal_, endpoint_);
}

/// False when there is none.
awaitable<bool> SpeechCall::wait_for_another_try() {
  if (leave_something_out()) co_return true;
  const std::optional<Duration> pause = tries_->pause_after(*refusal_, Clock::now());
  if (!pause) co_return false;
  const TimePoint deadline = Clock::now() + *pause;
  while (!aborted_ && Clock::now() < deadline) co_await pause_.wait_until(deadline);
  co_return true;
}

bool SpeechCall::leave_something_out() {
  const std::string_view parameter = refused_parameter(*refusal_, optional_);
  if (parameter.empty() || !refused_.emplace(parameter).second) return false;
  said_ = refusal_->text.empty() ? "nothing" : refusal_->text;
  return true;
}

awaitable<Result<std::string>> SpeechCall::read() {
  auto piece = co_await exchange_->read();
  if (!piece) co_return failed(piece.error());
  if (!std::exchange(begun_, true)) exchange_->set_idle_timeout(server_->options().idle_timeout);
  co_return std::move(*piece);
}

void SpeechCall::finish() {
  if (exchange_) exchange_->finish(rest_patience);
}

void SpeechCall::abort() {
  aborted_ = true;
  pause_.notify();
  if (exchange_) exchange_->abort();
}

tl::unexpected<Error> SpeechCall::failed(const Error& error) const {
  return tl::unexpected(server_->failed(error, tries_->loading(), begun_));
}

}  // namespace unmuted::openai
