#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/notice.hpp"

namespace unmuted::charctl {

/// How a conversation looks: what the character says and what was asked for on stdout, the rest on stderr.
/// What came from a script or a model cannot control the terminal. One thread.
class ChatScreen {
 public:
  struct Look {
    bool prompt = false;  ///< a person types here
    bool out_color = false, err_color = false;
  };

  explicit ChatScreen(Look look) : look_(look) {}

  /// Shows what a session says, where there is something to show.
  void show(const events::Notice& notice);
  void show_history(const std::vector<events::Message>& history);

  void prompt();                         ///< before the user's next line
  void typed();                          ///< the user has ended the line at the terminal
  void break_off();                      ///< the reply was cut short by the user
  void print(std::string_view text);     ///< lines, to stdout
  void remark(std::string_view text);    ///< one line, to stderr, dim
  void complain(std::string_view text);  ///< one line, to stderr

  /// Whose words come from now on.
  void set_speaker(std::string name) { speaker_ = std::move(name); }
  /// False when stdout does not take what is written to it.
  [[nodiscard]] static bool can_write();

 private:
  void show_failure(const events::Failure& failure);
  void show_load(const events::CastLoaded& cast);
  void word(const std::string& who, std::string_view text);
  void begin_words(const std::string& who);
  void end_line();

  Look look_;
  std::string speaker_;
  std::optional<std::string> in_line_of_;  ///< whose words stand on the last line
  bool prompted_ = false;                  ///< nothing but the prompt stands on the last line
};

}  // namespace unmuted::charctl
