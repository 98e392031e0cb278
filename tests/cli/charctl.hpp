#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/casts.hpp"
#include "support/process.hpp"

namespace unmuted {

using test::cast_path;

/// Runs it to its end, without a language model unless the arguments name one.
inline test::ProcessResult charctl(std::vector<std::string> arguments, test::ProcessOptions options = {}) {
  arguments.insert(arguments.begin(), test::binary("charctl"));
  options.environment.insert(options.environment.end(), {"KYUTAI_LLM_URL=", "KYUTAI_LLM_MODEL="});
  auto result = test::run_process(arguments, options);
  EXPECT_FALSE(result.timed_out);
  return result;
}

inline test::ProcessResult charctl(std::vector<std::string> arguments, std::string input) {
  test::ProcessOptions options;
  options.input = std::move(input);
  return charctl(std::move(arguments), std::move(options));
}

}  // namespace unmuted
