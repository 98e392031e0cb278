#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <ogg/ogg.h>

namespace unmuted::audio {

/// Finds the pages in a stream of bytes, whatever else is in it. It keeps one page at the most and some KiB,
/// and its work is bounded by the number of bytes, whatever they are.
class OggPages {
 public:
  OggPages();
  ~OggPages();
  OggPages(const OggPages&) = delete;
  OggPages& operator=(const OggPages&) = delete;

  /// The next page that is whole and has the right checksum; valid until the next call. Takes what it reads
  /// off the front of `bytes`. False: all of them are taken, and no page is complete.
  bool next(std::span<const std::byte>& bytes, ogg_page& page);

  /// How many bytes after the page before were none: up to the page that next() has given, or so far.
  std::size_t skipped() const { return skipped_; }
  /// The first 12 bytes of all, when no page began there; up to the first page.
  const std::string& opening() const { return opening_; }

 private:
  bool feed(std::span<const std::byte>& bytes);
  /// How long the page is that seems to begin where the search stands; 0: none does, or its head is not
  /// whole.
  std::size_t claimed() const;
  void skip(std::size_t bytes, std::size_t claim);
  void earn(std::size_t bytes);

  ogg_sync_state sync_{};
  std::size_t skipped_ = 0;
  std::size_t search_credit_;
  std::string opening_;
  bool at_the_beginning_ = true;
  bool found_ = false;
};

}  // namespace unmuted::audio
