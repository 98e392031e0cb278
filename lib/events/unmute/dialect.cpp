#include "events/unmute/dialect.hpp"

#include <optional>
#include <span>

#include "audio/ogg_opus_writer.hpp"
#include "core/base64.hpp"
#include "core/ids.hpp"
#include "events/unmute/read.hpp"
#include "events/unmute/write.hpp"

namespace unmuted::events {
namespace {

class UnmuteDialect final : public Dialect {
 public:
  /// Unmute's page takes a word of a reply whenever it comes, and shows it late rather than sound.
  [[nodiscard]] bool words_may_wait() const override { return true; }

  tl::expected<ClientRequest, Refusal> read(std::string_view text) override { return unmute::read(text); }

  tl::expected<ClientRequest, Refusal> read_binary(std::string_view) override {
    return tl::unexpected(
        Refusal{{}, std::string(unmute::binary_frame), "Events are text frames; this was a binary one"});
  }

  [[nodiscard]] std::string anonymous_audio(std::size_t samples) const override {
    return unmute::anonymous_audio(samples);
  }

  void write(const Notice& notice, std::string_view answers, std::vector<std::string>& frames) override {
    if (const auto* sound = std::get_if<AudioSpoken>(&notice)) {
      return write_pages(ogg().write(sound->samples), frames);
    }
    // What the codec holds back of a reply, no other sound would push out.
    const auto* ended = std::get_if<ReplyEnded>(&notice);
    if (ended != nullptr && ended->how == Ending::finished && ogg_) write_pages(ogg_->flush(), frames);
    unmute::write(notice, answers, frames);
  }

 private:
  /// One stream a connection: the page knows no second one.
  audio::OggOpusWriter& ogg() {
    if (!ogg_) ogg_.emplace(static_cast<std::uint32_t>(random_seed()));
    return *ogg_;
  }

  static void write_pages(std::span<const std::byte> pages, std::vector<std::string>& frames) {
    if (!pages.empty()) unmute::write_audio(base64_encode(pages), frames);
  }

  std::optional<audio::OggOpusWriter> ogg_;
};

}  // namespace

std::shared_ptr<Dialect> unmute_dialect() {
  return std::make_shared<UnmuteDialect>();
}

}  // namespace unmuted::events
