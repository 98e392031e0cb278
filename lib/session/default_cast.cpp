#include "session/default_cast.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace unmuted {
namespace {

std::size_t hash_of(std::string_view text) {
  return std::hash<std::string_view>{}(text);
}

/// Name → hash of the text.
std::map<std::string, std::size_t> published_texts(const CharacterSet& set) {
  std::map<std::string, std::size_t> texts;
  for (const auto& character : set.characters()) {
    texts.emplace(character->name, hash_of(character->instructions.published()));
  }
  return texts;
}

}  // namespace

void DefaultCast::replace(CharacterSetPtr set) {
  const CharacterSetPtr before = get();
  const auto texts = before ? published_texts(*before) : std::map<std::string, std::size_t>{};
  const std::lock_guard lock(mutex_);
  // Whoever left with the last cast, or before it, is not waited for.
  std::erase_if(former_texts_, [&](const auto& entry) { return !texts.contains(entry.first); });
  for (const auto& [name, hash] : texts) {
    Hashes& former = former_texts_[name];
    std::erase(former, hash);
    former.push_back(hash);
    if (former.size() > remembered_texts) former.pop_front();
  }
  set_.swap(set);
}

bool DefaultCast::published_before(const std::string& name, std::string_view text) const {
  const std::size_t hash = hash_of(text);
  const std::lock_guard lock(mutex_);
  const auto former = former_texts_.find(name);
  if (former == former_texts_.end()) return false;
  return std::find(former->second.begin(), former->second.end(), hash) != former->second.end();
}

}  // namespace unmuted
