#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>

#include "audio/pcm.hpp"
#include "core/clock.hpp"

namespace unmuted::audio {

/// The spoken replies of a session on their way to its client, one after the other: what is put in, at
/// whatever pace it was made, comes out when it is due. Sound goes out a little ahead of real time, and no
/// more than that, because a client cannot take back what it has. It is taken to be heard from the moment in
/// which it goes out to a client that has nothing else to play; so when sound comes late, the reply goes on
/// later, and nothing is left out.
///
/// `now` never goes back.
class Playout {
 public:
  static constexpr std::chrono::milliseconds default_lead{160};  ///< two frames

  /// The next word begins to be heard.
  struct WordBegins {
    std::int64_t ahead = 0;  ///< samples that have been sent from its begin on
  };
  /// All of the reply was heard. What is put in next is another.
  struct ReplyHeard {};

  /// Samples are the next of the reply's sound, to be sent now: frame_samples, less only at the reply's end.
  using Due = std::variant<Samples, WordBegins, ReplyHeard>;

  /// `lead`: how far ahead of what is heard sound goes out; a frame at the least.
  explicit Playout(Duration lead = default_lead);

  // ---- What is put in.

  /// The reply's next words begin here, before the next samples.
  void put_words(std::size_t words);
  void put(Samples samples);
  /// That was all of the reply.
  void complete();

  // ---- What comes out.

  /// What is due, one thing a call. Call it until it gives nothing.
  std::optional<Due> take(TimePoint now);
  /// When take() has something next; nothing unless something more is put in, or it goes on.
  [[nodiscard]] std::optional<TimePoint> next() const;

  /// Sends nothing more until it goes on, from where it was. What went out before is heard meanwhile, and of
  /// words only those in it.
  void hold() { held_ = true; }
  void go_on() { held_ = false; }

  /// Takes back what was put in, from the first word that has not begun to be sent, and from the word after
  /// the next `words` at the latest; all that has not been sent, where no word was put in. What is put in
  /// then follows there. Returns how many words stay that take() has not given yet: of those that were put in
  /// together all or none.
  std::size_t rewind(std::size_t words);
  /// Forgets all of the reply that has not been sent, and words that have not begun. What is put in next is
  /// another reply; it also stays within the lead, with what the client still plays of this one. Goes on.
  void drop();

  /// The sound that has not been sent, in samples: whoever puts it in should wait while that is much.
  [[nodiscard]] std::size_t waiting() const { return static_cast<std::size_t>(put_ - sent_); }

 private:
  /// In samples, of all that this playout ever sends.
  using Position = std::int64_t;

  struct Mark {
    Position at;
    std::size_t words;
  };

  [[nodiscard]] std::size_t next_frame() const;
  [[nodiscard]] std::optional<TimePoint> frame_due() const;
  [[nodiscard]] std::optional<TimePoint> word_due() const;
  [[nodiscard]] std::optional<TimePoint> end_due() const;
  [[nodiscard]] TimePoint heard_at(Position position) const;
  Samples send(std::size_t count, TimePoint now);
  void end_reply();
  void cut(Position position);

  const Position lead_;
  std::deque<Samples> pieces_;  ///< what has not been sent, but for the first piece's beginning
  std::size_t sent_of_piece_ = 0;
  std::deque<Mark> marks_;  ///< of the words that take() has not given
  Position put_ = 0;
  Position sent_ = 0;
  bool has_words_ = false;  ///< the reply: some were put in
  bool complete_ = false;
  bool held_ = false;

  // The client has played without a pause since `playing_since_`, when it began with the sample at
  // `played_from_`.
  Position played_from_ = 0;
  TimePoint playing_since_{};
};

}  // namespace unmuted::audio
