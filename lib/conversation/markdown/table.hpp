#pragma once

#include <string_view>

namespace unmuted::markdown {

/// Whether a line parts the head of a table from its rows: |---|:--:|
bool is_table_rule(std::string_view line);

/// Whether a line that may stand alone is a row: |x| can be a number's amount.
bool is_table_row(std::string_view line);

/// The cells of a row, whether or not it has a | at its sides, as they stand there. The row outlives it.
class TableCells {
 public:
  explicit TableCells(std::string_view row);

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  /// The next one, of those that are left.
  std::string_view take();

 private:
  std::string_view rest_;
};

}  // namespace unmuted::markdown
