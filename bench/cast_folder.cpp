#include "cast_folder.hpp"

#include <array>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/ids.hpp"

namespace unmuted::bench {
namespace {

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

std::string character(std::size_t number, const std::string& flavour) {
  const std::string id = std::to_string(number);
  std::string text = "-- A " + flavour + " character, number " + id + ".\n";
  text += R"lua(local topics = require "topics"
local mood = require "mood"
local heard = 0

return {
  name = "Character )lua" +
          id + R"lua(",
  voice = { source_type = "file", path_on_server = "voices/)lua" +
          id + R"lua(.wav",
            description = "A calm voice, recorded in a small room." },
  instructions = { language = "en", text = [[
)lua";
  for (int line = 0; line < 12; ++line) {
    text += "You like long walks, short sentences and the sound of rain on a tin roof, number " + id + ".\n";
  }
  text += R"lua(]] },
  metadata = { good = true, comment = "One of many", tags = { "bench", "talk" } },
  greeting = "Hello, I am number )lua" +
          id + R"lua(.",
  tools = {
    { name = "count", description = "Count what was heard.",
      parameters = { type = "object", properties = { amount = { type = "integer", minimum = 0 } },
                     required = { "amount" } },
      run = function(args) heard = heard + args.amount; return heard end },
  },
  system_prompt = function(self, ctx)
    return ctx.base(self.instructions.text, { topics = ctx.sample(topics, 3), mood = mood.of(heard) })
  end,
}
)lua";
  return text;
}

std::size_t read_file(int directory, const char* name) {
  const int fd = ::openat(directory, name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  struct stat status {};
  ::fstat(fd, &status);
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t count = ::read(fd, bytes.data(), bytes.size());
  ::close(fd);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t read_folder(int fd) {
  std::size_t total = 0;
  DIR* directory = ::fdopendir(fd);
  while (const dirent* entry = ::readdir(directory)) {
    if (std::string_view(entry->d_name).ends_with(".lua")) total += read_file(fd, entry->d_name);
  }
  ::closedir(directory);
  return total;
}

}  // namespace

CastFolder::CastFolder(std::size_t characters, const std::string& flavour) : flavour_(flavour) {
  path_ = std::filesystem::temp_directory_path() / ("unmuted-bench-" + random_base62(8));
  std::filesystem::create_directories(path_ + "/resources");
  for (std::size_t i = 0; i < characters; ++i) {
    write(path_ + "/character-" + std::to_string(i) + ".lua", character(i, flavour));
  }
  write(path_ + "/resources/topics.lua",
        R"(return { "rain", "bread", "trains", "moss", "chess", "tea", "stars" })");
  write(path_ + "/resources/mood.lua",
        R"(return { of = function(n) return n > 3 and "lively" or "quiet" end })");
  write(path_ + "/resources/unused.lua", "return { 1, 2, 3 }");
}

CastFolder::~CastFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void CastFolder::change_one_file() {
  write(path_ + "/character-0.lua", character(0, flavour_ + " and changed " + std::to_string(++changes_)));
}

std::size_t read_with_plain_system_calls(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("cannot open " + directory);
  const int resources = ::openat(fd, "resources", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return (resources < 0 ? 0 : read_folder(resources)) + read_folder(fd);
}

}  // namespace unmuted::bench
