#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "net/signal.hpp"
#include "services/chat_request.hpp"
#include "services/language_model.hpp"

namespace unmuted::test::fake {

/// Where a reply waits for FakeModel::release().
struct Gate {};
/// One step of a reply.
using Step = std::variant<ReplyEvent, Gate>;
using Script = std::vector<Step>;

inline Step text(std::string piece) {
  return ReplyEvent(ReplyText{std::move(piece)});
}
inline Step call(std::string id, std::string name, std::string arguments) {
  return ReplyEvent(ToolCall{std::move(id), std::move(name), std::move(arguments)});
}
inline Step finish(std::string reason = "stop") {
  return ReplyEvent(ReplyFinished{std::move(reason)});
}
inline Step gate() {
  return Gate{};
}

/// A language model without a network, which says what it is told to, and otherwise repeats the last message.
/// A script that does not finish goes on until the reply is aborted. One thread: that of its replies.
class FakeModel final : public LanguageModel {
 public:
  std::unique_ptr<ReplyStream> start(const net::asio::any_io_executor& executor,
                                     ReplyRequest request) override {
    return std::make_unique<Stream>(*this, executor, std::move(request));
  }
  net::awaitable<bool> up() override { co_return true; }

  /// What to say to the next request that has no script yet.
  void reply(Script script) { scripts_.push_back(std::move(script)); }
  /// Lets a reply pass one gate, now or when it comes to it.
  void release() {
    ++released_;
    if (waiting_ != nullptr) waiting_->notify();
  }

  /// All requests, as they would go to a server.
  [[nodiscard]] const std::vector<nlohmann::json>& requests() const { return requests_; }
  /// How many replies were aborted before their end.
  [[nodiscard]] std::size_t abandoned() const { return abandoned_; }

 private:
  class Stream final : public ReplyStream {
   public:
    Stream(FakeModel& model, const net::asio::any_io_executor& executor, ReplyRequest request)
        : model_(model), request_(std::move(request)), changed_(executor) {}
    ~Stream() override { abort(); }

    net::awaitable<ReplyEvent> next() override {
      if (request_) script_ = model_.script_for(*std::exchange(request_, std::nullopt));
      while (!aborted_) {
        if (script_.empty() || (std::holds_alternative<Gate>(script_.front()) && model_.released_ == 0)) {
          model_.waiting_ = &changed_;
          co_await changed_.wait();
          model_.waiting_ = nullptr;
          continue;
        }
        const Step step = std::move(script_.front());
        script_.pop_front();
        if (const auto* event = std::get_if<ReplyEvent>(&step)) {
          finished_ = std::holds_alternative<ReplyFinished>(*event);
          co_return *event;
        }
        --model_.released_;
      }
      co_return ReplyFailed{{"service_unavailable", "The reply was aborted", ""}};
    }

    void abort() override {
      if (aborted_ || finished_) return;
      aborted_ = true;
      if (!request_) ++model_.abandoned_;
      changed_.notify();
    }

   private:
    FakeModel& model_;
    std::optional<ReplyRequest> request_;  ///< until it is sent
    std::deque<Step> script_;
    net::Signal changed_;
    bool finished_ = false;
    bool aborted_ = false;
  };

  std::deque<Step> script_for(const ReplyRequest& request) {
    requests_.push_back(chat_completion_request(request, "fake", nlohmann::json::object(), {}));
    if (scripts_.empty()) return {text("You said: " + request.messages.back().content), finish()};
    const Script script = std::move(scripts_.front());
    scripts_.pop_front();
    return {script.begin(), script.end()};
  }

  std::deque<Script> scripts_;
  std::vector<nlohmann::json> requests_;
  std::size_t released_ = 0;
  std::size_t abandoned_ = 0;
  net::Signal* waiting_ = nullptr;  ///< of the reply that waits at a gate
};

}  // namespace unmuted::test::fake
