#include "characters/files/file_names.hpp"

#include <algorithm>

namespace unmuted {

bool has_extension(std::string_view file, std::string_view extension) {
  if (file.size() <= extension.size() || file.front() == '.') return false;
  return std::equal(extension.begin(), extension.end(), file.end() - extension.size(), [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + ('a' - 'A')) : b);
  });
}

void FirstNames::add(std::string_view name) {
  ++seen_;
  names_.emplace_back(name);
  if (names_.size() >= 2 * kept_) cut();
}

void FirstNames::add(const FirstNames& others) {
  seen_ += others.seen_;
  names_.insert(names_.end(), others.names_.begin(), others.names_.end());
  cut();
}

std::vector<std::string> FirstNames::sorted() const {
  FirstNames copy = *this;
  copy.cut();
  std::sort(copy.names_.begin(), copy.names_.end());
  return copy.names_;
}

void FirstNames::cut() {
  if (names_.size() <= kept_) return;
  const auto end = names_.begin() + static_cast<std::ptrdiff_t>(kept_);
  std::nth_element(names_.begin(), end - 1, names_.end());
  names_.erase(end, names_.end());
}

}  // namespace unmuted
