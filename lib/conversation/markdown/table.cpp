#include "conversation/markdown/table.hpp"

#include <algorithm>
#include <cstddef>

#include "conversation/markdown/signs.hpp"

namespace unmuted::markdown {
namespace {

/// The end of the cell that `row` begins with: the next | that is neither escaped nor code.
std::size_t cell_end(std::string_view row) {
  bool code = false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == '\\') {
      ++i;
    } else if (row[i] == '`') {
      code = !code && row.find('`', i + 1) != none;
    } else if (row[i] == '|' && !code) {
      return i;
    }
  }
  return row.size();
}

}  // namespace

bool is_table_rule(std::string_view line) {
  line = trim(line);
  return line.find('|') != none && line.find('-') != none && line.find_first_not_of("|-: \t") == none;
}

bool is_table_row(std::string_view line) {
  line = trim(line);
  if (!line.starts_with('|') || std::count(line.begin(), line.end(), '|') < 2) return false;
  return line.ends_with('|') || is_one_of(line[1], blanks);
}

TableCells::TableCells(std::string_view row) : rest_(trim(row)) {
  if (rest_.starts_with('|')) rest_.remove_prefix(1);
}

std::string_view TableCells::take() {
  const std::size_t end = cell_end(rest_);
  const std::string_view cell = rest_.substr(0, end);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  return cell;
}

}  // namespace unmuted::markdown
