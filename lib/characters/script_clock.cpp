#include "characters/script_clock.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <string>

#include <nlohmann/json.hpp>

namespace unmuted {
namespace {

constexpr std::array weekdays{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::array months{"January", "February", "March",     "April",   "May",      "June",
                            "July",    "August",   "September", "October", "November", "December"};

std::string iso_8601(const std::tm& time) {
  std::array<char, 64> text;
  const long minutes = time.tm_gmtoff / 60;
  const long distance = minutes < 0 ? -minutes : minutes;
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d%c%02ld:%02ld", time.tm_year + 1900,
                time.tm_mon + 1, time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec,
                minutes < 0 ? '-' : '+', distance / 60, distance % 60);
  return text.data();
}

}  // namespace

nlohmann::json script_time(std::chrono::system_clock::time_point moment, std::string_view timezone) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(moment);
  std::tm time{};
  if (timezone == "UTC")
    ::gmtime_r(&seconds, &time);
  else
    ::localtime_r(&seconds, &time);
  return {{"year", time.tm_year + 1900},
          {"month", time.tm_mon + 1},
          {"month_name", months.at(static_cast<std::size_t>(time.tm_mon))},
          {"day", time.tm_mday},
          {"weekday", weekdays.at(static_cast<std::size_t>(time.tm_wday))},
          {"hour", time.tm_hour},
          {"minute", time.tm_min},
          {"second", time.tm_sec},
          {"iso", iso_8601(time)},
          {"unix", seconds}};
}

}  // namespace unmuted
