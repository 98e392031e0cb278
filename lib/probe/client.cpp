#include "probe/client.hpp"

#include <boost/asio/io_context.hpp>

#include "core/json.hpp"
#include "probe/connection.hpp"
#include "probe/run_until_done.hpp"
#include "probe/scenario.hpp"

namespace unmuted::probe {

struct Client::Implementation {
  net::asio::io_context io{1};
  std::shared_ptr<Connection> connection = std::make_shared<Connection>(io.get_executor());

  /// The reader goes on beside the task, and stands still between calls.
  template <class T>
  T run(net::awaitable<T> task) {
    return run_until_done(io, std::move(task));
  }
};

namespace {

net::awaitable<bool> close_connection(std::shared_ptr<Connection> connection, std::uint16_t code) {
  co_await connection->close(code, "", Clock::now() + Client::patience);
  co_return true;
}

}  // namespace

Client::Client(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Client::Client(Client&&) noexcept = default;

Client::~Client() {
  if (!implementation_) return;
  vanish();
  implementation_->connection.reset();
  implementation_->io.restart();
  implementation_->io.run();  // the reader ends, and with it the last work
}

Result<Client> Client::connect(const std::string& url, net::ConnectOptions options) {
  Client client(std::make_unique<Implementation>());
  auto& connection = *client.implementation_->connection;
  auto opened = client.implementation_->run(connection.open(url, std::move(options)));
  if (!opened) return tl::unexpected(opened.error());
  return client;
}

Result<void> Client::send(const Json& event) {
  return send_text(write_json(event));
}

Result<void> Client::send_text(std::string text) {
  return implementation_->run(
      implementation_->connection->send(std::move(text), false, Clock::now() + patience));
}

std::optional<Json> Client::next(std::chrono::milliseconds within) {
  auto event = implementation_->run(implementation_->connection->next(Clock::now() + within));
  if (!event) return std::nullopt;
  return std::move(event->json);
}

Result<Json> Client::expect(std::string_view pattern, std::chrono::milliseconds within) {
  auto parsed = parse_pattern(pattern);
  if (!parsed) return tl::unexpected(parsed.error());
  Connection& connection = *implementation_->connection;
  auto event = implementation_->run(connection.expect(*parsed, Clock::now() + within));
  if (event) return std::move(event->json);
  std::string arrived;
  for (const std::string& line : connection.events().excerpt()) arrived += "\n  " + line;
  return fail("no_such_event", "no event like " + describe(*parsed) + " came; these did:" + arrived);
}

std::optional<net::Closed> Client::close(std::uint16_t code) {
  implementation_->run(close_connection(implementation_->connection, code));
  return closed();
}

std::optional<net::Closed> Client::closed(std::chrono::milliseconds within) {
  return implementation_->run(implementation_->connection->ended(Clock::now() + within));
}

void Client::vanish() {
  implementation_->connection->vanish();
}

std::string Client::subprotocol() const {
  return implementation_->connection->subprotocol();
}

}  // namespace unmuted::probe
