#pragma once

#include <memory>
#include <vector>

#include "core/worker_pool.hpp"
#include "events/notice.hpp"
#include "services/language_model.hpp"
#include "session/stage.hpp"

namespace unmuted {

/// The reply of the active character's own script to `chat_history`. The script runs on the pool, through
/// `scripts`; what runs when it is aborted runs to its end, unheard. Both outlive it.
std::unique_ptr<ReplyStream> script_reply(Stage& stage, WorkerPool::Share& scripts,
                                          std::vector<events::Message> chat_history);

}  // namespace unmuted
