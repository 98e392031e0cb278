#include "chat_dialect.hpp"

#include <utility>

namespace unmuted::charctl {

tl::expected<events::ClientRequest, events::Refusal> ChatDialect::read(std::string_view) {
  return events::ClientRequest{};
}

tl::expected<events::ClientRequest, events::Refusal> ChatDialect::read_binary(std::string_view) {
  return events::ClientRequest{};
}

void ChatDialect::write(const events::Notice& notice, std::string_view answers,
                        std::vector<std::string>& frames) {
  const std::lock_guard lock(mutex_);
  std::string frame = std::to_string(++written_);
  waiting_.emplace(frame, Told{notice, std::string(answers)});
  frames.push_back(std::move(frame));
}

ChatDialect::Told ChatDialect::take(const std::string& frame) {
  const std::lock_guard lock(mutex_);
  return std::move(waiting_.extract(frame).mapped());
}

}  // namespace unmuted::charctl
