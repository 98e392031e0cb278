#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "net/asio.hpp"
#include "net/connect.hpp"
#include "net/http_client.hpp"
#include "net/url.hpp"
#include "probe/in_process_server.hpp"
#include "probe/outcome.hpp"
#include "probe/runner.hpp"
#include "probe/scope.hpp"
#include "probe/speech.hpp"
#include "probe/work_directory.hpp"

namespace unmuted::probe {

/// All that one scenario runs in: a loop, a folder of its own, its variables, and the server, which is inside
/// this process or wherever the caller says. It ends with this object. For one thread.
class World {
 public:
  /// How often a step looks again at what changes without telling it.
  static constexpr Milliseconds poll_interval{5};

  /// Names the variables, changes the files of the setup, and then starts the server or finds its address.
  static Resolved<std::unique_ptr<World>> make(const Scenario& scenario, const RunOptions& options);

  [[nodiscard]] net::asio::io_context& io() { return io_; }
  [[nodiscard]] const WorkDirectory& folder() const { return folder_; }
  [[nodiscard]] Variables& variables() { return variables_; }
  [[nodiscard]] Speech& speech() { return speech_; }
  [[nodiscard]] const net::Url& url() const { return url_; }  ///< ws or wss; of its path nothing is meant
  [[nodiscard]] const std::shared_ptr<net::Connector>& connector() const { return connector_; }
  /// Each of its requests has a connection of its own.
  [[nodiscard]] const net::HttpClient& http() const { return *http_; }
  /// Of a scenario that looks into its server, or else null when that is in another process.
  [[nodiscard]] Server* server() const { return server_ ? &server_->server() : nullptr; }

  /// Does what blocks on a thread beside the loop, so that other branches go on meanwhile.
  net::awaitable<Outcome> beside(std::function<Outcome()> work);

  /// Runs the loop until `task` and all else in it has ended, and `at_end` when `task` has. Throws what
  /// `task` throws.
  void run(net::awaitable<void> task, const std::function<void()>& at_end);

 private:
  explicit World(WorkDirectory folder) : folder_(std::move(folder)) {}
  Outcome trust(const std::string& ca_file);
  Outcome name_variables(const Scenario& scenario, const RunOptions& options);
  Outcome set_up(const std::vector<Step>& steps);
  Outcome find_server(const Scenario& scenario, const std::string& url);
  Outcome start_server(const std::optional<ServerSpec>& spec);

  WorkDirectory folder_;
  Variables variables_;
  std::optional<InProcessServer> server_;
  net::Url url_;
  std::shared_ptr<net::Connector> connector_;
  std::optional<net::HttpClient> http_;
  net::asio::io_context io_{1};
  Speech speech_{io_.get_executor()};
  net::asio::thread_pool threads_{2};
};

}  // namespace unmuted::probe
