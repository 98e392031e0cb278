#include "services/model_list.hpp"

#include <algorithm>

#include "core/json.hpp"
#include "core/utf8.hpp"
#include "services/json_fields.hpp"

namespace unmuted {

using nlohmann::json;

namespace {

constexpr JsonLimits limits{.max_bytes = 8U << 20U};  // some servers have hundreds of models
constexpr std::size_t max_names = 200;                ///< bytes of them in a message

tl::unexpected<Error> unusable(std::string cause) {
  return fail("service_unavailable", std::move(cause));
}

}  // namespace

Result<std::string> only_model(std::string_view body) {
  const auto answer = read_json(body, limits);
  const json& models = answer ? member(*answer, "data") : member({}, "data");
  if (!models.is_array()) return unusable("its list of models is not readable");
  std::string names;
  for (const json& model : models) {
    const std::string name = text_of(member(model, "id"));
    if (models.size() == 1 && !name.empty()) return name;
    if (names.size() <= max_names) names += (names.empty() ? "" : ", ") + name;
  }
  if (models.empty()) return unusable("it has no model");
  return unusable("it has not one model but " + std::to_string(models.size()) + ": choose one of " +
                  shorten(printable(names), max_names) + " with KYUTAI_LLM_MODEL");
}

}  // namespace unmuted
