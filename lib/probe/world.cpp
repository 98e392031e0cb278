#include "probe/world.hpp"

#include <chrono>
#include <exception>
#include <filesystem>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "probe/file_steps.hpp"

namespace unmuted::probe {
namespace {

net::awaitable<Outcome> call(std::function<Outcome()> work) {
  co_return work();
}

/// What of the configuration may hold variables.
Outcome resolve_texts(const ServerSpec& spec, const Scope& scope, Config& config) {
  if (spec.characters) {
    auto characters = scope.text(*spec.characters);
    if (!characters) return tl::unexpected(characters.error());
    config.characters = *std::move(characters);
  }
  for (const std::string& root : spec.roots.value_or(std::vector<std::string>())) {
    auto path = scope.text(root);
    if (!path) return tl::unexpected(path.error());
    config.character_roots.push_back(*std::move(path));
  }
  const std::pair<const std::optional<std::string>&, std::string&> services[] = {
      {spec.llm, config.llm_url}, {spec.tts, config.tts}, {spec.stt, config.stt}};
  for (const auto& [written, address] : services) {
    if (!written) continue;
    auto resolved = scope.text(*written);
    if (!resolved) return tl::unexpected(resolved.error());
    address = *std::move(resolved);
  }
  return {};
}

Resolved<Config> configuration(const std::optional<ServerSpec>& spec, const Scope& scope) {
  Config config;
  if (!spec) return config;
  if (auto resolved = resolve_texts(*spec, scope, config); !resolved) return tl::unexpected(resolved.error());
  if (spec->origins) config.allowed_origins = *spec->origins;
  if (spec->max_sessions) config.max_sessions = *spec->max_sessions;
  if (spec->threads) config.threads = static_cast<unsigned>(*spec->threads);
  if (spec->ping_interval) config.ping_interval = *spec->ping_interval;
  if (spec->llm_model) config.llm_model = *spec->llm_model;
  if (spec->llm_patience) config.llm_patience = *spec->llm_patience;
  if (spec->llm_idle_timeout) config.llm_idle_timeout = *spec->llm_idle_timeout;
  if (spec->audio_lead) config.audio_lead = *spec->audio_lead;
  if (spec->pace) config.words_per_minute = static_cast<unsigned>(*spec->pace);
  return config;
}

}  // namespace

Resolved<std::unique_ptr<World>> World::make(const Scenario& scenario, const RunOptions& options) {
  auto folder = WorkDirectory::create();
  if (!folder) return environment_problem(folder.error());
  std::unique_ptr<World> world(new World(*std::move(folder)));
  auto made = world->name_variables(scenario, options);
  if (made) made = world->set_up(scenario.setup);
  if (made && options.in_process) made = world->start_server(scenario.server);
  if (made && !options.in_process) made = world->find_server(scenario, options.url);
  if (made) made = world->trust(options.ca_file);
  if (!made) return tl::unexpected(std::move(made.error()));
  world->variables_["HOST"] = world->url_.authority();
  return world;
}

Outcome World::trust(const std::string& ca_file) {
  net::HttpClientOptions options;
  options.tls = url_.is_secure();
  options.ca_file = ca_file;
  options.connect_timeout = std::chrono::seconds(10);
  options.max_idle = 0;
  auto connector = net::Connector::create(options);
  if (!connector) return environment_problem(connector.error());
  connector_ = *std::move(connector);
  auto http = net::HttpClient::create(std::move(options));
  if (!http) return environment_problem(http.error());
  http_ = *std::move(http);
  return {};
}

Outcome World::name_variables(const Scenario& scenario, const RunOptions& options) {
  const auto directory = std::filesystem::absolute(scenario.file).parent_path().lexically_normal();
  variables_["TMP"] = folder_.path().string();
  variables_["SCENARIO_DIR"] = directory.string();
  for (const auto& [name, value] : options.variables) variables_[name] = value;
  Room room;
  for (const auto& [name, value] : scenario.variables) {
    if (options.variables.contains(name)) continue;
    auto resolved = substitute(value, Scope(variables_).lookup(), room);
    if (!resolved) return environment_problem(resolved.error());
    variables_[name] = *std::move(resolved);
  }
  return {};
}

Outcome World::set_up(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    const auto& files = std::get<FileStep>(step.what);  // the reader lets nothing else stand there
    if (auto done = change_files(files, folder_, Scope(variables_)); !done) return done;
  }
  return {};
}

Outcome World::find_server(const Scenario& scenario, const std::string& url) {
  if (needs_in_process(scenario.steps))
    return environment_problem("the scenario looks into the server: run it with --in-process");
  auto parsed = net::parse_url(url);
  if (!parsed) return environment_problem(parsed.error());
  if (parsed->scheme != "ws" && parsed->scheme != "wss")
    return environment_problem("only ws:// and wss:// are understood: " + url);
  url_ = *std::move(parsed);
  return {};
}

Outcome World::start_server(const std::optional<ServerSpec>& spec) {
  auto config = configuration(spec, Scope(variables_));
  if (!config) return tl::unexpected(config.error());
  auto server = InProcessServer::start(*std::move(config));
  if (!server) return environment_problem(server.error());
  server_.emplace(*std::move(server));
  auto url = net::parse_url(server_->websocket_url());
  if (!url) return environment_problem(url.error());
  url_ = *std::move(url);
  return {};
}

net::awaitable<Outcome> World::beside(std::function<Outcome()> work) {
  auto task = call(std::move(work));
  co_return co_await net::asio::co_spawn(threads_, std::move(task), net::asio::use_awaitable);
}

void World::run(net::awaitable<void> task, const std::function<void()>& at_end) {
  std::exception_ptr thrown;
  const auto on_end = [&](const std::exception_ptr& exception) {
    thrown = exception;
    at_end();
  };
  net::asio::co_spawn(io_, std::move(task), on_end);
  io_.run();
  threads_.join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace unmuted::probe
