// What log collectors put around each line: docker's JSON, Kubernetes' CRI, journald, syslog, compose.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace backtest {

class Envelope {
 public:
  virtual ~Envelope() = default;

  /// **Returns** whether `line` is one with such an envelope; `inner` becomes what is in it, with
  /// LineReader::padding bytes behind it, valid until the next call or until the line is gone.
  virtual bool open(std::string_view line, std::string_view& inner) = 0;

  [[nodiscard]] virtual std::string name() const = 0;
};

/// **Returns** one of each kind.
std::vector<std::unique_ptr<Envelope>> all_envelopes();

}  // namespace backtest
