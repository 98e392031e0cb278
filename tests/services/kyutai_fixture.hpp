#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "services/kyutai/kyutai_speech.hpp"
#include "support/event_loop.hpp"
#include "support/kyutai_server.hpp"

namespace unmuted {

inline std::uint64_t observations(const prometheus::Histogram& histogram) {
  return histogram.Collect().histogram.sample_count;
}

/// Names that stand for these addresses.
inline net::NameLookupOptions names_for(const std::vector<std::string>& addresses) {
  net::Addresses all;
  for (const std::string& address : addresses) all.push_back(net::asio::ip::make_address(address));
  net::NameLookupOptions names;
  names.look_up = [all](const std::string&) -> Result<net::Addresses> { return all; };
  return names;
}

inline KyutaiOptions options_for(const test::KyutaiServer& server) {
  KyutaiOptions options;
  options.url = server.url();
  options.ca_file = server.certificate_file();
  options.search_patience = std::chrono::seconds(10);  // the machine may be busy
  return options;
}

inline std::unique_ptr<TextToSpeech> speaker_for(KyutaiOptions options, Metrics& metrics) {
  auto made = kyutai_text_to_speech(std::move(options), metrics);
  if (!made) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

inline std::unique_ptr<SpeechToText> listener_for(KyutaiOptions options, Metrics& metrics) {
  auto made = kyutai_speech_to_text(std::move(options), metrics);
  if (!made) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

/// A fault of the service, and what comes of it.
struct ServiceFault {
  test::SpeechFault fault;
  std::string code;
  std::string cause;  ///< that the message holds
  std::size_t calls;  ///< that were upgraded
};

/// While the client's coroutines go on.
inline bool ends(test::EventLoop& loop, const test::KyutaiServer& server) {
  return loop.run_until([&] { return server.open() == 0 && server.places_taken() == 0; });
}

}  // namespace unmuted
