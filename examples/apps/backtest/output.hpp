// Writes reports, and notices when they can't be written.
#pragma once

#include <stdexcept>
#include <string>

namespace backtest {

/// A report can't be written, or not all of it.
class OutputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Write `text` to the standard output. **Throws** OutputError.
void write_to_stdout(const std::string& text);

/// Write `text` to the file `path`, which is replaced. What can't be written whole does not stay.
/// **Throws** OutputError.
void write_to_file(const std::string& path, const std::string& text);

}  // namespace backtest
