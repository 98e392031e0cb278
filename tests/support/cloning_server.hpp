#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace unmuted::test {

/// A voice as a cloning service gives it.
std::string voice_message(std::size_t numbers = 512);

/// What a CloningServer was asked.
struct CloningRequest {
  std::string line;  ///< "POST /api/voice"
  std::string content_type, key;
  std::string body;
};

/// A voice cloning service with a thread of its own, on a free port of this machine. It answers every
/// recording with voice_message(), until it is told otherwise; whether it is there, always. Any thread.
class CloningServer {
 public:
  CloningServer();
  ~CloningServer();

  [[nodiscard]] std::string url() const;

  // What it does from now on, also for those who wait.
  void answer(unsigned status, std::string body);
  void hang();    ///< takes requests, and answers none
  void die();     ///< takes requests, and closes the connection
  void refuse();  ///< does not listen, and closes all connections

  /// Recordings, in their order.
  [[nodiscard]] std::vector<CloningRequest> requests() const;
  bool wait_for_requests(std::size_t count) const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unmuted::test
