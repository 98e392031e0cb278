#include "events/unmute/dialect.hpp"

#include "events/unmute/read.hpp"
#include "events/unmute/write.hpp"

namespace unmuted::events {
namespace {

class UnmuteDialect final : public Dialect {
 public:
  tl::expected<ClientRequest, Refusal> read(std::string_view text) override { return unmute::read(text); }

  tl::expected<ClientRequest, Refusal> read_binary(std::string_view) override {
    return tl::unexpected(
        Refusal{{}, std::string(unmute::binary_frame), "Events are text frames; this was a binary one"});
  }

  void write(const Notice& notice, std::string_view answers, std::vector<std::string>& frames) override {
    unmute::write(notice, answers, frames);
  }
};

}  // namespace

std::shared_ptr<Dialect> unmute_dialect() {
  return std::make_shared<UnmuteDialect>();
}

}  // namespace unmuted::events
