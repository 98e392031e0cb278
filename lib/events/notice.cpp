#include "events/notice.hpp"

#include <utility>

namespace unmuted::events {

Failure failure_of(Error error, Failure::Kind kind) {
  Failure failure{kind, std::move(error.code), std::move(error.message)};
  if (kind == Failure::Kind::invalid_request && !error.where.empty()) failure.param = std::move(error.where);
  return failure;
}

Failure failure_of(Refusal refusal) {
  Failure failure{Failure::Kind::invalid_request, std::move(refusal.code), std::move(refusal.message)};
  if (!refusal.param.empty()) failure.param = std::move(refusal.param);
  failure.faults = std::move(refusal.faults);
  return failure;
}

}  // namespace unmuted::events
