#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "characters/character_manager.hpp"
#include "core/worker_pool.hpp"
#include "events/dialect.hpp"
#include "net/asio.hpp"
#include "net/offload.hpp"
#include "session/environment.hpp"
#include "session/peer.hpp"

namespace unmuted {

/// What a client is told of a cast.
events::CastListed listing_of(const CharacterSet& set);

/// A session that asks for a cast.
struct CastRequest {
  std::string_view session_id;
  Peer peer;
  std::string directory;  ///< as the client wrote it; "default": that of the default cast
  std::shared_ptr<events::Dialect> dialect;
  std::string answers;  ///< the id of the client's request
  WorkerPool::Share& share;
  net::PoolCall& call;  ///< abandoned: the load is given up
};

/// What came of it.
struct CastAnswer {
  CharacterSetPtr set;              ///< null: nothing changes
  std::vector<std::string> frames;  ///< for the client, ready to send
};

/// All that concerns whole casts, for every session of a server: which directories may be loaded, what
/// "default" means, what there is to count, to log and to say. Any thread.
class Casts {
 public:
  /// `environment` outlives it.
  explicit Casts(const SessionEnvironment& environment) : environment_(environment) {}

  /// Loads a directory for a session, on the pool, and within the environment's patience. On the session's
  /// thread; nothing when the call was abandoned. Never throws but for lack of memory.
  net::awaitable<std::optional<CastAnswer>> load(CastRequest request) const;

  /// Loads `directory` ("default": where the present one is from) and makes it the server's default. Nothing
  /// changes on failure. Blocks: for the pool. Never throws.
  tl::expected<CharacterSetPtr, ReloadFailure> replace_default(const std::string& directory) const;

  /// The first default cast: any directory of this machine will do, also one in which nothing loads. Blocks.
  Result<void> load_default(const std::string& directory) const;

 private:
  struct Directories {
    std::string wanted, of_default;
  };
  [[nodiscard]] Directories directories_for(const std::string& asked) const;
  void count(const LoadReport& report) const;
  void make_default(const CharacterSetPtr& set) const;

  const SessionEnvironment& environment_;
};

}  // namespace unmuted
