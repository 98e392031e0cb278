#include "server/client_secrets.hpp"

#include <algorithm>
#include <utility>

#include "core/ids.hpp"
#include "core/json.hpp"

namespace unmuted {

std::string ClientSecrets::issue(const nlohmann::json& session, Time expires, Time now) {
  Secret secret{std::string(prefix) + random_base62(32), write_json(session), expires};
  std::string key = secret.key;
  const std::lock_guard lock(mutex_);
  std::erase_if(secrets_, [&](const Secret& one) {
    if (one.expires > now) return false;
    bytes_ -= one.session.size();
    return true;
  });
  bytes_ += secret.session.size();
  secrets_.push_back(std::move(secret));
  while (bytes_ > max_bytes || secrets_.size() > max_keys) {
    bytes_ -= secrets_.front().session.size();
    secrets_.pop_front();
  }
  return key;
}

std::optional<nlohmann::json> ClientSecrets::session_of(std::string_view key, Time now) const {
  std::string session;
  {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(secrets_.begin(), secrets_.end(), [&](const Secret& one) { return one.key == key; });
    if (found == secrets_.end() || found->expires <= now) return std::nullopt;
    session = found->session;
  }
  auto read = read_json(session);
  if (!read) return std::nullopt;
  return std::move(*read);
}

}  // namespace unmuted
