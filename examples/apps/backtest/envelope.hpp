// What log collectors put around each line: docker's JSON, Kubernetes' CRI, journald, syslog, compose.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace backtest {

class Envelope {
 public:
  virtual ~Envelope() = default;

  enum class Opened : std::uint8_t {
    none,   ///< The line has no such envelope.
    part,   ///< It has a part of a line in it, whose rest follows.
    whole,  ///< A line, or the last part of one.
  };

  /// Open the envelope of `line`. Where a line is whole, `inner` becomes what is in it, with
  /// LineReader::padding bytes behind it, valid until the next call or until the line is gone.
  virtual Opened open(std::string_view line, std::string_view& inner) = 0;

  /// The log is read from its beginning again.
  virtual void restart() {}

  [[nodiscard]] virtual std::string name() const = 0;
};

/// **Returns** one of each kind.
std::vector<std::unique_ptr<Envelope>> all_envelopes();

}  // namespace backtest
