#include "chat_log.hpp"

#include <mutex>
#include <string>
#include <string_view>

#include <boost/asio/post.hpp>
#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include "chat_screen.hpp"

namespace unmuted::charctl {
namespace {

namespace asio = boost::asio;

class ScriptLines final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  ScriptLines(asio::io_context& io, ChatScreen& screen) : io_(io), screen_(screen) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    constexpr std::string_view session = "session ", script = " script ";
    const std::string_view line(message.payload.data(), message.payload.size());
    const std::size_t after_id = line.find(' ', session.size());
    if (!line.starts_with(session) || after_id == std::string_view::npos) return;
    if (!line.substr(after_id).starts_with(script)) return;
    auto show = [&screen = screen_, text = std::string(line.substr(after_id + script.size()))] {
      screen.remark("log: " + text);
    };
    asio::post(io_, std::move(show));  // scripts run on the pool
  }
  void flush_() override {}

  asio::io_context& io_;
  ChatScreen& screen_;
};

class ModelLines final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit ModelLines(ChatScreen& screen) : screen_(screen) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (message.level < spdlog::level::warn) return;
    screen_.remark(std::string(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  ChatScreen& screen_;
};

}  // namespace

std::shared_ptr<spdlog::logger> script_log(asio::io_context& io, ChatScreen& screen) {
  return std::make_shared<spdlog::logger>("charctl", std::make_shared<ScriptLines>(io, screen));
}

std::shared_ptr<spdlog::logger> model_log(ChatScreen& screen) {
  return std::make_shared<spdlog::logger>("model", std::make_shared<ModelLines>(screen));
}

}  // namespace unmuted::charctl
