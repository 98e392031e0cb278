#include "probe/ogg_page.hpp"

#include <algorithm>
#include <string_view>

namespace unmuted::probe {
namespace {

constexpr std::size_t page_head = 27;  ///< bytes, without the table of segments

unsigned octet_at(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]);
}

std::uint32_t word_at(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i > 0; --i) value = value << 8U | octet_at(bytes, at + i - 1);
  return value;
}

}  // namespace

std::optional<OggPage> take_page(std::span<const std::byte>& bytes) {
  constexpr std::string_view capture{"OggS\0", 5};  // the last one is the version
  if (bytes.size() < page_head) return std::nullopt;
  const bool begins = std::equal(capture.begin(), capture.end(), bytes.begin(),
                                 [](char c, std::byte b) { return static_cast<std::byte>(c) == b; });
  const std::size_t segments = octet_at(bytes, 26);
  if (!begins || bytes.size() < page_head + segments) return std::nullopt;
  std::size_t size = page_head + segments;
  for (std::size_t i = 0; i < segments; ++i) size += octet_at(bytes, page_head + i);
  if (bytes.size() < size) return std::nullopt;
  OggPage page;
  page.bytes = bytes.first(size);
  page.segments = bytes.subspan(page_head, segments);
  page.body = page.bytes.subspan(page_head + segments);
  page.flags = octet_at(bytes, 5);
  page.serial = word_at(bytes, 14);
  page.number = word_at(bytes, 18);
  bytes = bytes.subspan(size);
  return page;
}

}  // namespace unmuted::probe
