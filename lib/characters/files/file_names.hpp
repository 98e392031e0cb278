#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace unmuted {

/// Whether the name of a file ends in `extension`, such as ".lua" (small letters), in any case; hidden files
/// have none.
bool has_extension(std::string_view file, std::string_view extension);

/// Keeps the first `limit` names in byte order, and the one behind them, of any number that come.
class FirstNames {
 public:
  explicit FirstNames(std::size_t limit) : kept_(limit + 1) {}

  void add(std::string_view name);
  void add(const FirstNames& others);

  /// Those kept, in byte order: one more than the limit when there were more.
  [[nodiscard]] std::vector<std::string> sorted() const;
  [[nodiscard]] std::size_t seen() const { return seen_; }

 private:
  void cut();

  std::size_t kept_;
  std::size_t seen_ = 0;
  std::vector<std::string> names_;
};

}  // namespace unmuted
