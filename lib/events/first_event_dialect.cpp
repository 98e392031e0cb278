#include <optional>
#include <utility>

#include "events/realtime/dialect.hpp"
#include "events/realtime/read.hpp"
#include "events/unmute/dialect.hpp"

namespace unmuted::events {
namespace {

class FirstEventDialect final : public Dialect {
 public:
  [[nodiscard]] bool words_may_wait() const override { return spoken_->words_may_wait(); }

  tl::expected<ClientRequest, Refusal> read(std::string_view text) override {
    if (!std::exchange(decided_, true)) {
      if (realtime::begins_session(text)) {
        spoken_ = realtime_dialect();
      } else {
        began_.reset();
      }
    }
    return spoken_->read(text);
  }

  tl::expected<ClientRequest, Refusal> read_binary(std::string_view bytes) override {
    if (!std::exchange(decided_, true)) began_.reset();
    return spoken_->read_binary(bytes);
  }

  [[nodiscard]] std::string anonymous_audio(std::size_t samples) const override {
    return spoken_->anonymous_audio(samples);
  }

  /// Before anything else the other dialect is told what it was not there to be told. That is an answer to
  /// the event that decided, on the session's thread.
  void write(const Notice& notice, std::string_view answers, std::vector<std::string>& frames) override {
    if (const auto* began = std::get_if<SessionBegan>(&notice)) {
      began_ = *began;
      return;
    }
    if (decided_ && began_) spoken_->write(*std::exchange(began_, std::nullopt), {}, frames);
    spoken_->write(notice, answers, frames);
  }

 private:
  std::shared_ptr<Dialect> spoken_ = unmute_dialect();
  std::optional<SessionBegan> began_;
  bool decided_ = false;
};

}  // namespace

std::shared_ptr<Dialect> dialect_of_first_event() {
  return std::make_shared<FirstEventDialect>();
}

}  // namespace unmuted::events
