// What the text of a field says, in its role; see layout.hpp.
#include <array>
#include <bit>
#include <cctype>
#include <optional>
#include <string>

#include "layout.hpp"

namespace backtest {

namespace {

bool is_same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(a[i])) != b[i]) return false;
  return true;
}

std::optional<Verdict> parse_outcome(std::string_view text) {
  constexpr std::string_view good[] = {"success", "ok", "true", "1", "succeeded", "unset"};
  constexpr std::string_view bad[] = {"failure", "fail",  "failed", "error",
                                      "timeout", "false", "0"};
  for (const auto word : good)
    if (is_same_word(text, word)) return Verdict::success;
  for (const auto word : bad)
    if (is_same_word(text, word)) return Verdict::failure;
  if (is_same_word(text, "ignored")) return Verdict::ignored;
  return {};
}

/// gRPC's codes by number, each with the HTTP status that google.rpc.Code puts beside it.
struct GrpcCode {
  std::string_view name;
  int status;
};
constexpr std::array grpc_codes{GrpcCode{"ok", 200},
                                GrpcCode{"cancelled", 499},
                                GrpcCode{"unknown", 500},
                                GrpcCode{"invalidargument", 400},
                                GrpcCode{"deadlineexceeded", 504},
                                GrpcCode{"notfound", 404},
                                GrpcCode{"alreadyexists", 409},
                                GrpcCode{"permissiondenied", 403},
                                GrpcCode{"resourceexhausted", 429},
                                GrpcCode{"failedprecondition", 400},
                                GrpcCode{"aborted", 409},
                                GrpcCode{"outofrange", 400},
                                GrpcCode{"unimplemented", 501},
                                GrpcCode{"internal", 500},
                                GrpcCode{"unavailable", 503},
                                GrpcCode{"dataloss", 500},
                                GrpcCode{"unauthenticated", 401}};

/// "DeadlineExceeded", "DEADLINE_EXCEEDED", "Canceled".
std::optional<int> status_of_grpc(std::string_view text) {
  std::string word;
  for (const char c : text)
    if (c != '_') word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (word == "canceled") word = "cancelled";
  for (const GrpcCode& code : grpc_codes)
    if (code.name == word) return code.status;
  return {};
}

/// "POST /api/users/1?x=2 HTTP/1.1", or the path or address alone, to "/api" for one segment.
std::string_view path_prefix(std::string_view request, int segments) {
  if (const std::size_t blank = request.find(' '); blank != std::string_view::npos) {
    request.remove_prefix(blank + 1);
    request = request.substr(0, request.find(' '));
  }
  if (const std::size_t scheme = request.find("://"); scheme != std::string_view::npos) {
    const std::size_t slash = request.find('/', scheme + 3);
    if (slash == std::string_view::npos) return "/";
    request.remove_prefix(slash);
  }
  request = request.substr(0, request.find_first_of("?#"));
  std::size_t end = 0;
  for (int segment = 0; segment < segments && end != std::string_view::npos; ++segment)
    end = request.find('/', end + 1);
  return request.substr(0, end);
}

/// Of several upstreams that were tried, the one that answered last.
std::string_view last_of_list(std::string_view text) {
  const std::size_t at = text.find_last_of(", ");
  return at == std::string_view::npos ? text : text.substr(at + 1);
}

std::string_view key_in(std::string_view text, const KeyBy& by) {
  if (by.kind == KeyBy::Kind::path_prefix) return path_prefix(text, by.segments);
  if (by.kind == KeyBy::Kind::upstream) return last_of_list(text);
  return text;
}

Fault take_time(std::string_view text, Record& record) {
  const auto time = parse_time(text);
  if (!time) return text.empty() ? Fault::no_time : Fault::bad_time;
  record.time = *time;
  return Fault::none;
}

/// Where there was no answer, there is "-" or "-1" in many logs: the call counts all the same.
Fault take_duration(std::string_view text, Ticks unit, Record& record) {
  record.took_text = text;
  if (text.empty() || text == "-" || text == "-1") return Fault::none;
  if (text.starts_with('+')) text.remove_prefix(1);  // HAProxy: logged before the end
  auto took = unit == 0 ? std::nullopt : parse_number(text, unit);
  if (!took) took = parse_duration(text);
  if (!took) return unit == 0 && parse_number(text, 1) ? Fault::no_unit : Fault::bad_duration;
  record.took = *took;
  record.knows_took = true;
  return Fault::none;
}

Fault take_status(std::string_view text, bool is_grpc, Record& record) {
  if (text == "-" || text == "-1") text = "0";
  auto status = parse_count(text);
  if (status && is_grpc && *status < static_cast<int>(grpc_codes.size()))
    status = grpc_codes.at(static_cast<std::size_t>(*status)).status;
  if (!status) status = status_of_grpc(text);
  if (!status || *status > 999) return Fault::bad_status;
  record.status = *status;
  // nginx; AWS's load balancer; CloudFront.
  if (*status == 499 || *status == 460 || (*status == 0 && text == "000")) record.is_aborted = true;
  return Fault::none;
}

}  // namespace

Fault take(std::size_t field, std::string_view text, const Layout& layout, Record& record,
           unsigned& seen) {
  Fault fault = Fault::none;
  for (unsigned left = layout.roles[field]; left != 0; left &= left - 1) {
    const auto role = static_cast<Role>(std::countr_zero(left));
    Fault now = Fault::none;
    seen |= bit_of(role);
    switch (role) {
      case Role::time: now = take_time(text, record); break;
      case Role::end:
        if (const auto end = parse_time(text)) record.end = end->at;
        break;
      case Role::duration: now = take_duration(text, layout.duration_unit, record); break;
      case Role::status: now = take_status(text, layout.status_is_grpc, record); break;
      case Role::outcome:
        record.outcome = parse_outcome(text);
        if (!record.outcome) now = Fault::bad_outcome;
        break;
      case Role::flags:
        if (text.find("DC") != std::string_view::npos) record.is_aborted = true;
        break;
      case Role::termination:
        if (text.starts_with('C')) record.is_aborted = true;
        break;
      case Role::key: record.key = key_in(text, layout.by); break;
      case Role::caller: record.caller = text; break;
      case Role::condition:
        for (const Layout::Condition& condition : layout.where)
          if (condition.field == field && condition.value == text) record.meets |= condition.bit;
        break;
    }
    if (fault == Fault::none) fault = now;
  }
  return fault;
}

Fault complete(unsigned seen, const Layout& layout, Record& record) {
  constexpr Ticks latest = Ticks{7'289'654'400} * second;  // the end of the year 2200
  const bool has_outcome = (seen & (bit_of(Role::status) | bit_of(Role::outcome))) != 0;
  const bool has_took = (seen & (bit_of(Role::duration) | bit_of(Role::end))) != 0;
  if (!has_outcome && !has_took) return Fault::no_call;
  if ((seen & bit_of(Role::time)) == 0) return Fault::no_time;
  if (!has_outcome) return Fault::no_outcome;
  const Ticks at = record.time.at;
  if (at < 0 || at > latest) return Fault::out_of_range;
  if (!record.knows_took && record.end >= at && record.end <= latest) {
    record.took = record.end - at;
    record.knows_took = true;
  }
  if (record.took > (layout.time_is_begin ? latest - at : at)) return Fault::out_of_range;
  return Fault::none;
}

}  // namespace backtest
