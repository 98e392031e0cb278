#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "events/refusal.hpp"

namespace unmuted::events {

inline constexpr std::size_t max_refusal_message = 300;  ///< bytes
inline constexpr std::size_t max_faults = 20;            ///< that are looked for in an array

/// A value as a fault shows it: short, and on one line.
std::string describe(const nlohmann::json& value);

/// "at most 10 bytes are allowed, got 12".
std::string bytes_over(std::size_t size, std::size_t limit);

/// What is wrong with an event, collected while it is read.
class Faults {
 public:
  void add(std::string path, std::string message);
  void expected(std::string path, std::string_view what, const nlohmann::json& got);
  /// The event is well-formed, but the text in it is not acceptable.
  void bad_text(std::string path, std::string message);

  [[nodiscard]] bool empty() const { return list_.empty(); }
  /// Whether there is nothing wrong but with texts.
  [[nodiscard]] bool only_texts() const { return !structural_; }
  /// An array of nonsense is named by its first faults.
  [[nodiscard]] bool has_room() const { return list_.size() < max_faults; }

  /// There is a fault.
  Refusal to_refusal(std::string request_id, std::string_view code) &&;

 private:
  std::vector<Fault> list_;
  bool structural_ = false;
};

/// One object of an event and the path to it. What is missing or of another type is a fault, and read as
/// nothing.
class Fields {
 public:
  /// All outlive it.
  Fields(nlohmann::json& object, std::string path, Faults& faults)
      : object_(object), path_(std::move(path)), faults_(faults) {}

  /// The field, or null when it is absent or null.
  nlohmann::json* optional(const char* name);
  /// The field; its absence is a fault. `what` was expected.
  nlohmann::json* required(const char* name, std::string_view what);

  std::optional<std::string> optional_string(const char* name) { return as_string(optional(name), name); }
  std::optional<std::string> required_string(const char* name) {
    return as_string(required(name, "a string"), name);
  }
  std::optional<bool> optional_bool(const char* name);
  std::optional<Fields> required_object(const char* name);
  /// Whether the field is one of these strings; it must be.
  bool must_be_one_of(const char* name, std::initializer_list<std::string_view> values);

  [[nodiscard]] std::string path_of(std::string_view name) const;
  Faults& faults() { return faults_; }
  nlohmann::json& object() { return object_; }

 private:
  std::optional<std::string> as_string(nlohmann::json* field, const char* name);

  nlohmann::json& object_;
  std::string path_;
  Faults& faults_;
};

}  // namespace unmuted::events
