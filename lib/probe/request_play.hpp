#pragma once

#include <string>

#include "probe/assertion.hpp"
#include "probe/condition.hpp"
#include "probe/outcome.hpp"
#include "probe/scope.hpp"
#include "probe/world.hpp"

namespace unmuted::probe {

/// The steps that ask the server by HTTP, for its answer or for its metrics, of one run. What it is given
/// must outlive it.
class RequestPlay {
 public:
  RequestPlay(World& world, StopSignal& stop, Measurements& measurements)
      : world_(world), stop_(stop), measurements_(measurements) {}

  net::awaitable<Outcome> play(const Step& step, const RequestStep& request, Scope scope);

 private:
  net::awaitable<Result<net::HttpResponse>> ask(net::HttpClientRequest request, TimePoint deadline);
  net::awaitable<Outcome> read_metrics(std::string into, std::string path, TimePoint deadline);
  net::awaitable<Outcome> evaluate(const Assert& assertions, Scope scope, TimePoint deadline);

  // One for each of those steps.
  net::awaitable<Outcome> act(const Step& step, const HttpStep& http, Scope scope);
  net::awaitable<Outcome> act(const Step& step, const Scrape& scrape, Scope scope);
  net::awaitable<Outcome> act(const Step& step, const Assert& assertions, Scope scope);

  World& world_;
  StopSignal& stop_;
  Measurements& measurements_;
};

}  // namespace unmuted::probe
