#include "audio/ogg_pages.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <numeric>
#include <utility>

namespace unmuted::audio {
namespace {

constexpr std::size_t page_head_bytes = 27;  // without the table of segments
constexpr std::size_t sync_piece_bytes = 4'096;
constexpr std::size_t opening_bytes = 12;

// Bytes that are summed up for pages that turn out to be none: so many for each byte that comes, and at once.
constexpr std::size_t search_credit_a_byte = 8;
constexpr std::size_t max_search_credit = 512U << 10U;

}  // namespace

OggPages::OggPages() : search_credit_(max_search_credit) {
  ogg_sync_init(&sync_);
}
OggPages::~OggPages() {
  ogg_sync_clear(&sync_);
}

bool OggPages::next(std::span<const std::byte>& bytes, ogg_page& page) {
  if (std::exchange(found_, false)) {
    skipped_ = 0;
    opening_.clear();
  }
  for (;;) {
    const std::size_t claim = claimed();
    const long taken = ogg_sync_pageseek(&sync_, &page);
    if (taken > 0) {
      earn(static_cast<std::size_t>(taken));
      at_the_beginning_ = false;
      found_ = true;
      return true;
    }
    if (taken < 0) {
      skip(static_cast<std::size_t>(-taken), claim);
    } else if (!feed(bytes)) {
      return false;
    }
  }
}

bool OggPages::feed(std::span<const std::byte>& bytes) {
  if (bytes.empty()) return false;
  const std::size_t size = std::min(bytes.size(), sync_piece_bytes);
  char* room = ogg_sync_buffer(&sync_, static_cast<long>(size));
  if (room == nullptr) throw std::bad_alloc();
  std::memcpy(room, bytes.data(), size);
  ogg_sync_wrote(&sync_, static_cast<long>(size));
  bytes = bytes.subspan(size);
  return true;
}

std::size_t OggPages::claimed() const {
  const auto size = static_cast<std::size_t>(sync_.fill - sync_.returned);
  if (size < page_head_bytes) return 0;
  const unsigned char* head = sync_.data + sync_.returned;
  const std::size_t segments = head[26];
  if (std::memcmp(head, "OggS", 4) != 0 || size < page_head_bytes + segments) return 0;
  const unsigned char* lengths = head + page_head_bytes;
  return std::accumulate(lengths, lengths + segments, page_head_bytes + segments);
}

void OggPages::skip(std::size_t bytes, std::size_t claim) {
  if (at_the_beginning_) {
    const unsigned char* first = sync_.data + sync_.returned - bytes;
    opening_.assign(first, first + opening_bytes);
    at_the_beginning_ = false;
  }
  // libogg looks for a page within one that is broken. Where capture patterns stand close together it would
  // sum up every byte two thousand times: when the credit is used up, a broken page is left out whole.
  if (claim > search_credit_ && claim > bytes) {
    sync_.returned += static_cast<int>(claim - bytes);
    bytes = claim;
  }
  search_credit_ -= std::min(search_credit_, claim);
  skipped_ += bytes;
  earn(bytes);
}

void OggPages::earn(std::size_t bytes) {
  search_credit_ = std::min(search_credit_ + search_credit_a_byte * bytes, max_search_credit);
}

}  // namespace unmuted::audio
