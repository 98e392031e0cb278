#pragma once

#include <memory>
#include <mutex>
#include <string>

namespace unmuted {

class DefaultCast;

/// The answer to `GET /v1/voices`, JSON: the characters of the default cast that are marked good. Made once
/// for all who ask, for a cast of megabytes has a list of megabytes. Any thread.
class PublishedVoices {
 public:
  /// Makes the list of what is now the default: for whoever has replaced it, before anybody is told. Takes a
  /// while for a large cast: for the pool.
  void update(const DefaultCast& cast);

  /// Before the first update: null.
  [[nodiscard]] std::shared_ptr<const std::string> text() const;

 private:
  std::mutex updating_;  ///< so that the last one to be made is of the last cast
  mutable std::mutex mutex_;
  std::shared_ptr<const std::string> text_;
};

}  // namespace unmuted
