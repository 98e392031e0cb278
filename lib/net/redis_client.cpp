#include "net/redis_client.hpp"

#include <new>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <hiredis/hiredis.h>

#include "core/utf8.hpp"
#include "net/stream_io.hpp"

namespace unmuted::net {
namespace {

using Words = std::vector<std::string>;
using Reply = std::optional<std::string>;
using boost::system::error_code;

constexpr std::size_t redis_read_size = 16U << 10U;
constexpr std::size_t max_redis_message = 200;  ///< of what the server says, that is repeated

/// The command as it goes over the wire.
std::string on_the_wire(const Words& command) {
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const std::string& word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* text = nullptr;
  const int size =
      redisFormatCommandArgv(&text, static_cast<int>(command.size()), words.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  std::string wire(text, static_cast<std::size_t>(size));
  redisFreeCommand(text);
  return wire;
}

struct ReplyDeleter {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using ReplyPtr = std::unique_ptr<redisReply, ReplyDeleter>;

/// The replies of one connection, from bytes. The protocol is hiredis' business.
class ReplyReader {
 public:
  ReplyReader() : reader_(redisReaderCreate()) {
    if (!reader_) throw std::bad_alloc();
  }

  /// False when these are no replies, or more than is taken.
  bool feed(std::string_view bytes) {
    read_ += bytes.size();
    return read_ <= RedisClient::max_reply &&
           redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) == REDIS_OK;
  }

  /// The next whole reply, null as long as there is none. False: these are no replies.
  bool next(ReplyPtr& reply) {
    void* whole = nullptr;
    const bool fine = redisReaderGetReply(reader_.get(), &whole) == REDIS_OK;
    reply.reset(static_cast<redisReply*>(whole));
    return fine;
  }

 private:
  struct Deleter {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };
  std::unique_ptr<redisReader, Deleter> reader_;
  std::size_t read_ = 0;
};

/// What has to be said before a command: as whom, and of which database.
std::vector<Words> introduction(const RedisAddress& address) {
  std::vector<Words> commands;
  if (!address.password.empty()) {
    Words auth{"AUTH"};
    if (!address.user.empty()) auth.push_back(address.user);
    auth.push_back(address.password);
    commands.push_back(std::move(auth));
  }
  if (!address.database.empty()) commands.push_back({"SELECT", address.database});
  return commands;
}

tl::unexpected<Error> lost(const RedisAddress& address, const error_code& cause) {
  if (cause == boost::beast::error::timeout) {
    return fail("timed_out", address.shown() + " did not answer in time");
  }
  return fail("connection_lost", address.shown() + " closed the connection without an answer");
}

tl::unexpected<Error> no_reply_of_redis(const RedisAddress& address) {
  return fail("invalid_response", address.shown() + " sent what is no usable reply of a Redis server");
}

Result<Reply> understood(const redisReply& reply, const RedisAddress& address) {
  switch (reply.type) {
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_STRING:
      return std::string(reply.str, reply.len);
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_NIL:
      return std::nullopt;
    case REDIS_REPLY_ERROR: {
      const std::string said = shorten(printable({reply.str, reply.len}), max_redis_message);
      return fail("service_unavailable", address.shown() + " says: " + said);
    }
    default:
      return no_reply_of_redis(address);
  }
}

/// The last of so many replies, or the first that is an error.
awaitable<Result<Reply>> read_replies(Stream& stream, std::size_t count, const RedisAddress& address,
                                      TimePoint deadline) {
  ReplyReader reader;
  std::string chunk(redis_read_size, '\0');
  Result<Reply> last = std::nullopt;
  while (count > 0) {
    ReplyPtr reply;
    if (!reader.next(reply)) co_return no_reply_of_redis(address);
    if (reply) {
      last = understood(*reply, address);
      if (!last) co_return last;
      --count;
      continue;
    }
    stream.expires_at(deadline);
    const auto [failure, bytes] = co_await stream.async_read_some(asio::buffer(chunk), as_result);
    if (const error_code error = stream.ended(failure)) co_return lost(address, error);
    if (!reader.feed(std::string_view(chunk).substr(0, bytes))) co_return no_reply_of_redis(address);
  }
  co_return last;
}

}  // namespace

Result<RedisClient> RedisClient::create(RedisAddress address) {
  ConnectorOptions options;
  options.tls = address.secure;
  auto connector = Connector::create(std::move(options));
  if (!connector) return tl::unexpected(connector.error());
  return RedisClient(std::move(address), std::move(*connector));
}

RedisClient::RedisClient(RedisAddress address, std::shared_ptr<Connector> connector)
    : address_(std::move(address)), connector_(std::move(connector)) {}

awaitable<Result<Reply>> RedisClient::ask(Words command, Duration patience) const {
  const RedisAddress address = address_;  // of this call, which may outlive the client
  const std::shared_ptr<Connector> connector = connector_;
  const TimePoint deadline = Clock::now() + patience;
  std::vector<Words> commands = introduction(address);
  commands.push_back(std::move(command));
  std::string wire;
  for (const Words& one : commands) wire += on_the_wire(one);

  Url url{address.secure ? "https" : "http", address.host, address.port, "/"};
  auto connected = co_await connector->connect(std::move(url), deadline);
  if (!connected) co_return tl::unexpected(connected.error());
  Stream stream = std::move(*connected);
  stream.expires_at(deadline);
  const auto [failure, bytes] = co_await asio::async_write(stream, asio::buffer(wire), as_result);
  if (const error_code error = stream.ended(failure)) co_return lost(address, error);
  co_return co_await read_replies(stream, commands.size(), address, deadline);
}

}  // namespace unmuted::net
