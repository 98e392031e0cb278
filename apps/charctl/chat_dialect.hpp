#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "events/dialect.hpp"

namespace unmuted::charctl {

/// The dialect of a client that lives in the session's own process: what it is told are the notices
/// themselves, and what it asks for it asks the session. A frame is only the number of a notice that is kept
/// here until the frame comes. So each notice comes in its place and on the session's thread, also one that
/// was written on the pool, before what the session told meanwhile.
class ChatDialect final : public events::Dialect {
 public:
  struct Told {
    events::Notice notice;
    std::string answers;  ///< the id of the request that it answers; empty when there is none
  };

  /// No frame is sent to a session: it says nothing.
  tl::expected<events::ClientRequest, events::Refusal> read(std::string_view text) override;
  tl::expected<events::ClientRequest, events::Refusal> read_binary(std::string_view bytes) override;

  /// Its sessions are not recorded.
  [[nodiscard]] std::string anonymous_audio(std::size_t) const override { return {}; }

  /// One frame. Any thread.
  void write(const events::Notice& notice, std::string_view answers,
             std::vector<std::string>& frames) override;

  /// What the frame tells. Once for each frame that was written.
  Told take(const std::string& frame);

 private:
  std::mutex mutex_;
  std::map<std::string, Told> waiting_;  ///< by their frames
  std::uint64_t written_ = 0;
};

}  // namespace unmuted::charctl
