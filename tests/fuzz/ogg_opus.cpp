// What a client sends as audio: the same sound and the same problems in whatever pieces it comes, and no more
// of either than so many bytes can be worth. The first byte chooses the pieces, and whether checksums are set
// right before, without which few inputs would reach the codec.

#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <ogg/ogg.h>

#include "audio/ogg_opus_reader.hpp"
#include "audio/pcm.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace unmuted;

using InputBytes = std::vector<unsigned char>;

void set_checksums(InputBytes& bytes) {
  constexpr std::size_t head = 27;
  std::size_t at = 0;
  while (at + head <= bytes.size()) {
    unsigned char* page = bytes.data() + at;
    const std::size_t segments = page[26];
    const std::size_t left = bytes.size() - at;
    if (std::memcmp(page, "OggS", 4) != 0 || head + segments > left) {
      ++at;
      continue;
    }
    const std::size_t body = std::accumulate(page + head, page + head + segments, std::size_t{0});
    if (head + segments + body > left) return;
    ogg_page found{page, static_cast<long>(head + segments), page + head + segments, static_cast<long>(body)};
    ogg_page_checksum_set(&found);
    at += head + segments + body;
  }
}

struct Listening {
  audio::Samples samples;
  std::vector<std::string> problems;
  bool operator==(const Listening&) const = default;
};

Listening listen(std::span<const std::byte> bytes, std::size_t piece) {
  audio::OggOpusReader reader;
  Listening heard;
  while (!bytes.empty()) {
    std::span<const std::byte> part = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(part.size());
    while (const auto next = reader.next(part)) {
      if (const auto* problem = std::get_if<Error>(&*next)) {
        FUZZ_CHECK(problem->code == "invalid_audio" && problem->message.size() < 200);
        heard.problems.push_back(problem->message);
        continue;
      }
      const auto sound = std::get<std::span<const float>>(*next);
      FUZZ_CHECK(reader.decoded() > 0 && sound.size() <= reader.decoded() && reader.decoded() <= 2'880);
      heard.samples.insert(heard.samples.end(), sound.begin(), sound.end());
    }
    FUZZ_CHECK(part.empty());
  }
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = data[0] / 2U + 1;
  InputBytes bytes(data + 1, data + size);
  if (data[0] % 2 == 0) set_checksums(bytes);

  const Listening whole = listen(std::as_bytes(std::span(bytes)), bytes.size());
  for (const float sample : whole.samples) FUZZ_CHECK(sample >= -1 && sample <= 1);
  // Two bytes are a packet of 120 ms at the most, with its length; a page that shows that others are missing,
  // three.
  FUZZ_CHECK(whole.samples.size() <= bytes.size() * 2'880 / 2);
  // Four kinds of them a stream, which begins with a page; and one before.
  FUZZ_CHECK(whole.problems.size() <= bytes.size() / 27 * 4 + 1);
  FUZZ_CHECK(listen(std::as_bytes(std::span(bytes)), piece) == whole);
  return 0;
}
