#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audio/sound_form.hpp"
#include "events/notice.hpp"
#include "events/realtime/objects.hpp"

namespace unmuted::events::realtime {

/// The frames of one response, from what is told of a reply: a state machine without I/O, on the session's
/// thread.
///
///     begun --- first word ------------------> speaking (item, part and their deltas)
///     speaking - a call, or the end ---------> the part and the item are done
///     any ------ a call ---------------------> an item that is added and done
///     any ------ ReplyEnded -----------------> response.done, and nothing follows
///
/// Whatever comes in whatever order: what was added is done, once each, before the one response.done.
class ResponseWriter {
 public:
  using Frames = std::vector<std::string>;

  /// `session`: of whose formats and voice it is; outlives it.
  ResponseWriter(const ReplyStarted& reply, const Configured& session, std::string conversation,
                 Frames& frames);

  [[nodiscard]] const std::string& id() const { return id_; }

  void word_ready(const Place& place, Frames& frames);
  void word_spoken(const WordSpoken& word, Frames& frames);
  void text_written(const TextWritten& text, Frames& frames);
  void sound(const AudioSpoken& sound, Frames& frames);
  void call(const CallHandedOut& call, Frames& frames);
  /// What it ends with, to be told at its end.
  void failed(const Failure& failure) { failure_ = failure; }
  void end(const ReplyEnded& reply, Frames& frames);

 private:
  struct End {
    std::string_view status;          ///< of the response
    std::string_view type, reason{};  ///< of its details; empty: there are none
  };

  void begin_message(const Place& place, Frames& frames);
  void end_message(ItemStatus status, Frames& frames);
  void delta(std::string_view text, Frames& frames);
  void sound_delta(std::span<const std::byte> bytes, Frames& frames);
  void item_added(std::string_view after, const std::string& item, Frames& frames);
  void item_done(std::string_view after, const std::string& item, Frames& frames);
  void write_response(JsonWriter& w, const End& end, const ReplyEnded* reply) const;
  void write_part(JsonWriter& w, bool with_text) const;
  template <class Write>
  void part_frame(std::string_view type, Frames& frames, Write write_fields,
                  std::size_t expected_bytes = 320);
  [[nodiscard]] static End end_of(const ReplyEnded& reply);

  const Configured& session_;
  const std::string id_, conversation_, item_;
  const ReplyOptions options_;
  const bool written_, aside_;
  const nlohmann::json metadata_;

  audio::PlainSoundWriter sound_writer_;
  std::size_t output_index_ = 0;
  bool speaking_ = false;  ///< the message has begun and is not done
  bool said_ = false;      ///< it has begun
  std::string after_;      ///< what the message follows
  std::string text_;
  std::size_t samples_ = 0;            ///< that were sent
  std::vector<std::string> output_{};  ///< the items that are done, as JSON
  std::optional<Failure> failure_{};
};

}  // namespace unmuted::events::realtime
