#include "net/entity_tag.hpp"

#include <array>
#include <cstddef>

#include <openssl/evp.h>

#include "core/ascii.hpp"

namespace unmuted::net {

std::string entity_tag(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::size_t kept = 16;  // bytes of the hash: nobody seeks two files that share them
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
  std::string tag = "\"";
  for (std::size_t i = 0; i < kept; ++i) tag += {digits[hash[i] >> 4U], digits[hash[i] & 15U]};
  return tag + '"';
}

bool names_entity_tag(std::string_view if_none_match, std::string_view tag) {
  std::string_view rest = trim_blanks(if_none_match);
  if (rest == "*") return true;
  while (!rest.empty()) {
    if (rest.front() == ',' || rest.front() == ' ' || rest.front() == '\t') {
      rest.remove_prefix(1);
      continue;
    }
    if (rest.starts_with("W/")) rest.remove_prefix(2);
    const std::size_t end = rest.starts_with('"') ? rest.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) return false;
    if (rest.substr(0, end + 1) == tag) return true;
    rest.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace unmuted::net
