#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace unmuted {

/// `length` characters of [0-9A-Za-z], each equally likely, from the system's cryptographic random source.
/// Any thread. Aborts the process when that source fails: an id that can be guessed is worse than no server.
std::string random_base62(std::size_t length);

/// `event_` and 21 base62 characters: the id of one event that we send.
std::string new_event_id();

/// `prefix` and 21 base62 characters: the id of something that a client may name again.
std::string new_id(std::string_view prefix);

/// 12 base62 characters. Unlikely to repeat, but whoever keeps sessions checks (see SessionRegistry).
std::string new_session_id();

/// A random UUID (version 4), as in "0b3c7d2e-94a1-4f60-8c2b-7d1e5a90c3f4".
std::string new_uuid();

/// 64 random bits from the same source, to seed a generator that need not be secure.
std::uint64_t random_seed();

}  // namespace unmuted
