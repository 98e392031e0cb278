#include "services/model_list.hpp"

#include <algorithm>

#include "core/json.hpp"
#include "core/utf8.hpp"
#include "services/json_fields.hpp"
#include "services/refusal.hpp"

namespace unmuted {

using nlohmann::json;

namespace {

constexpr JsonLimits limits{.max_bytes = 8U << 20U};  // some servers have hundreds of models
constexpr std::size_t max_names = 200;                ///< bytes of them in a message

}  // namespace

Result<std::string> only_model(std::string_view body) {
  const auto answer = read_json(body, limits);
  const json& models = answer ? member(*answer, "data") : member({}, "data");
  if (!models.is_array()) return fail_unavailable("its list of models is not readable");
  std::string names;
  for (const json& model : models) {
    const std::string name = text_of(member(model, "id"));
    if (models.size() == 1 && !name.empty()) return name;
    if (names.size() <= max_names) names += (names.empty() ? "" : ", ") + name;
  }
  if (models.empty()) return fail_unavailable("it has no model");
  return fail_unavailable("it has not one model but " + std::to_string(models.size()) + ": choose one of " +
                          shorten(printable(names), max_names) + " with KYUTAI_LLM_MODEL");
}

}  // namespace unmuted
