#pragma once

#include <string_view>

namespace unmuted {

/// Whether these bytes are a voice as a cloning service of Kyutai's gives it and a speech server takes it: a
/// map of MessagePack with `type` "Voice", numbers in `embeddings`, and as many of them as `shape` says.
bool is_voice_message(std::string_view bytes);

}  // namespace unmuted
