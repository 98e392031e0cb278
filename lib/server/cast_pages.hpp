#pragma once

#include <memory>
#include <mutex>
#include <string>

namespace unmuted {

class DefaultCast;

/// What the HTTP routes say of the default cast: made once for all who ask, for a cast of megabytes has pages
/// of megabytes. Any thread.
class CastPages {
 public:
  using Page = std::shared_ptr<const std::string>;
  struct Pages {
    Page start;   ///< `GET /`, HTML: what runs here, who is in the cast, and how to go on
    Page voices;  ///< `GET /v1/voices`, JSON: the characters that are marked good
  };

  /// Makes the pages of what is now the default: for whoever has replaced it, before anybody is told. Takes a
  /// while for a large cast: for the pool.
  void update(const DefaultCast& cast);

  /// Before the first update: null.
  [[nodiscard]] Pages get() const;

 private:
  std::mutex updating_;  ///< so that the last one to be made is of the last cast
  mutable std::mutex mutex_;
  Pages pages_;
};

}  // namespace unmuted
