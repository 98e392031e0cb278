#pragma once

#include <cstddef>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "audio/ogg_opus_reader.hpp"
#include "audio/pcm.hpp"

/// What a browser sent in two connections: tests/corpus/browser/README.md tells what and how.
namespace unmuted::test {

struct BrowserStream {
  std::size_t
      samples;      ///< to be heard of the stream that begins in the connection, as another decoder has it
  double loudness;  ///< its effective value
};

inline constexpr BrowserStream first_browser_stream{71'040, 0.1698};
inline constexpr BrowserStream second_browser_stream{66'720, 0.1744};

/// The text frames of "first-connection" or "second-connection", in their order. Fails the test where there
/// are none.
inline std::vector<std::string> browser_frames(const std::string& connection) {
  std::ifstream file(UNMUTED_SOURCE_DIR "/tests/corpus/browser/" + connection + ".jsonl");
  std::vector<std::string> frames;
  for (std::string line; std::getline(file, line);) frames.push_back(line);
  EXPECT_FALSE(frames.empty()) << connection;
  return frames;
}

}  // namespace unmuted::test
