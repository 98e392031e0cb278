#include "audio/ogg_opus_writer.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include <ogg/ogg.h>
#include <opus/opus.h>

#include "audio/opus_header.hpp"
#include "audio/pcm.hpp"

namespace unmuted::audio {
namespace {

constexpr int granules_a_sample = 48'000 / sample_rate;  // positions count samples at 48 kHz
constexpr int packets_in_a_page = frame_samples / packet_samples;
constexpr std::size_t max_written_packet_bytes = 4'000;

struct DestroyEncoder {
  void operator()(OpusEncoder* encoder) const { opus_encoder_destroy(encoder); }
};

}  // namespace

class OggOpusWriter::Encoding {
 public:
  Encoding(std::uint32_t serial, int bits_per_second) {
    int error = OPUS_OK;
    encoder_.reset(opus_encoder_create(sample_rate, 1, OPUS_APPLICATION_AUDIO, &error));
    if (!encoder_) throw std::bad_alloc();
    opus_encoder_ctl(encoder_.get(), OPUS_SET_COMPLEXITY(5));
    opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(bits_per_second));
    if (ogg_stream_init(&stream_, static_cast<int>(serial)) != 0) throw std::bad_alloc();
  }
  ~Encoding() { ogg_stream_clear(&stream_); }
  Encoding(const Encoding&) = delete;
  Encoding& operator=(const Encoding&) = delete;

  std::vector<std::byte> write(std::span<const float> samples) {
    rest_.insert(rest_.end(), samples.begin(), samples.end());
    flushed_ = flushed_ && samples.empty();
    std::span<const float> ahead = rest_;
    while (ahead.size() >= packet_samples) {
      if (!begun_) begin();
      const std::size_t packets = std::min<std::size_t>(ahead.size() / packet_samples, packets_in_a_page);
      for (std::size_t i = 0; i < packets; ++i) encode(ahead.subspan(i * packet_samples, packet_samples));
      end_page();
      ahead = ahead.subspan(packets * packet_samples);
    }
    rest_.erase(rest_.begin(), rest_.end() - static_cast<std::ptrdiff_t>(ahead.size()));
    return std::exchange(pages_, {});
  }

  std::vector<std::byte> flush() {
    if (flushed_) return {};
    const Samples silence(frame_samples - rest_.size());
    std::vector<std::byte> pages = write(silence);
    flushed_ = true;
    return pages;
  }

 private:
  void begin() {
    begun_ = true;
    int look_ahead = 0;  // samples by which the encoder delays the sound
    opus_encoder_ctl(encoder_.get(), OPUS_GET_LOOKAHEAD(&look_ahead));
    for (std::string header :
         {write_opus_head({.pre_skip = look_ahead * granules_a_sample}), write_opus_tags("unmuted")}) {
      add_packet(reinterpret_cast<unsigned char*>(header.data()), header.size());
      end_page();
    }
  }

  void encode(std::span<const float> samples) {
    std::array<unsigned char, max_written_packet_bytes> packet;
    const int size = opus_encode_float(encoder_.get(), samples.data(), static_cast<int>(samples.size()),
                                       packet.data(), static_cast<opus_int32>(packet.size()));
    if (size < 0) throw std::logic_error(opus_strerror(size));
    position_ += static_cast<ogg_int64_t>(samples.size()) * granules_a_sample;
    add_packet(packet.data(), static_cast<std::size_t>(size));
  }

  void add_packet(unsigned char* bytes, std::size_t size) {
    ogg_packet packet{};
    packet.packet = bytes;
    packet.bytes = static_cast<long>(size);
    packet.b_o_s = packets_ == 0 ? 1 : 0;
    packet.granulepos = position_;
    packet.packetno = packets_++;
    if (ogg_stream_packetin(&stream_, &packet) != 0) throw std::bad_alloc();
  }

  void end_page() {
    ogg_page page;
    while (ogg_stream_flush(&stream_, &page) != 0) {
      append(page.header, page.header_len);
      append(page.body, page.body_len);
    }
  }

  void append(const unsigned char* bytes, long size) {
    const auto* first = reinterpret_cast<const std::byte*>(bytes);
    pages_.insert(pages_.end(), first, first + size);
  }

  std::unique_ptr<OpusEncoder, DestroyEncoder> encoder_;
  ogg_stream_state stream_{};
  Samples rest_;                  // less than a packet, between two calls
  std::vector<std::byte> pages_;  // of the call under way
  ogg_int64_t position_ = 0;      // of the end of the last packet, with the pre-skip
  ogg_int64_t packets_ = 0;
  bool begun_ = false;
  bool flushed_ = true;
};

OggOpusWriter::OggOpusWriter(std::uint32_t serial, int bits_per_second)
    : encoding_(std::make_unique<Encoding>(serial, bits_per_second)) {}
OggOpusWriter::~OggOpusWriter() = default;
OggOpusWriter::OggOpusWriter(OggOpusWriter&&) noexcept = default;
OggOpusWriter& OggOpusWriter::operator=(OggOpusWriter&&) noexcept = default;

std::vector<std::byte> OggOpusWriter::write(std::span<const float> samples) {
  return encoding_->write(samples);
}
std::vector<std::byte> OggOpusWriter::flush() {
  return encoding_->flush();
}

}  // namespace unmuted::audio
