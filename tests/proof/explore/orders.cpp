// Every memory order in the headers that is stronger than relaxed is taken for the next weaker one, each alone: some scenario
// must then fail, else the order is stronger than it need be. And none is left untried: those in the source are counted.
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "proof/explore/scenarios.hpp"

namespace {

using namespace explore;
/// Why no schedule of the explorer shows that an order is needed. The header says which order: the comment above it begins
/// with "Release (unshown: load buffering)".
const std::map<std::string, std::string> unshown{
    {"load buffering",
     "The call must not read what is written once it has published: a load that takes its value "
     "from a store which depends on it. C++ allows that, the explorer has none."},
    {"plain memory",
     "It publishes what is no atomic, which the explorer does not look at. ThreadSanitizer does, "
     "in "
     "concurrency/registry_test."},
    {"many old loads",
     "A reader must take more old values than the explorer gives: of all other words of the label, "
     "too, each of which the next owner writes."},
    {"no exchange is weaker than its failure",
     "What it publishes is nothing to lose, and the next call releases. But where it fails it must "
     "acquire, and compilers take no exchange that is weaker than its failure."},
    {"stores in turn",
     "Two writers' stores to a word must follow one another as the writers did. In the explorer a "
     "store comes after all that were made."},
    {"a file's memory",
     "It publishes a head that was made, or mapped, as plain memory, which the explorer does not "
     "look at."},
};

using Users = std::map<SiteKey, std::vector<const NamedScenario*>>;

/// **Returns** the file's name below include/breaker/; empty if it is not there.
std::string header_of(const std::string& file) {
  static const std::string folder = "include/breaker/";
  const auto at = file.find(folder);
  return at == std::string::npos ? "" : file.substr(at + folder.size());
}

/// **Returns** the line that an order stands in, and the comment above it, without what they are indented by.
std::pair<std::string, std::string> line_and_comment(const SiteKey& site) {
  std::ifstream in{BREAKER_INCLUDE "/breaker/" + header_of(site.file)};
  std::string text;
  std::string comment;
  for (unsigned line = 1; std::getline(in, text); ++line) {
    text.erase(0, text.find_first_not_of(' '));
    if (line == site.line) break;
    comment = text.starts_with("// ") ? comment + text.substr(comment.empty() ? 3 : 2) : "";
  }
  return {text, comment};
}

const char* name_of(std::memory_order order) {
  switch (order) {
    case std::memory_order_acquire: return "acquire";
    case std::memory_order_release: return "release";
    case std::memory_order_acq_rel: return "acq_rel";
    case std::memory_order_seq_cst: return "seq_cst";
    default: return "relaxed";
  }
}

/// **Returns** the orders that are one step weaker.
std::vector<std::memory_order> weaker_than(std::memory_order order) {
  if (order == std::memory_order_seq_cst) return {std::memory_order_acq_rel};
  if (order == std::memory_order_acq_rel)
    return {std::memory_order_acquire, std::memory_order_release};
  return {std::memory_order_relaxed};
}

/// **Returns** the orders that each scenario uses, with those that use them.
Users users_of_orders(const std::vector<NamedScenario>& all) {
  Users users;
  for (const NamedScenario& scenario : all) {
    const auto before = ordered_sites();
    Options options;
    options.strategy = Strategy::random;
    options.executions = 100;
    options.counts_orders = true;
    static_cast<void>(explore::explore(scenario.body, options));
    for (const auto& [site, uses] : ordered_sites()) {
      const auto earlier = before.find(site);
      if (header_of(site.file).empty()) continue;
      if (earlier == before.end() || earlier->second != uses) users[site].push_back(&scenario);
    }
  }
  return users;
}

/// **Returns** the name of a scenario of `users` that fails with this order weakened, or "".
std::string killer_of(const SiteKey& site, std::memory_order weakened_to,
                      const std::vector<const NamedScenario*>& users, std::uint64_t random) {
  for (const std::uint64_t executions : {random / 10, random}) {
    for (const Strategy strategy :
         {Strategy::random, Strategy::priorities, Strategy::depth_first}) {
      for (const NamedScenario* scenario : users) {
        Options options;
        options.strategy = strategy;
        options.executions = strategy == Strategy::depth_first ? 4 * executions : executions;
        options.weakened = &site;
        options.weakened_to = weakened_to;
        if (!explore::explore(scenario->body, options).failure.empty()) return scenario->name;
      }
    }
  }
  return "";
}

/// **Returns** why an order is there although no scenario fails without it, or "".
std::string reason_for(const SiteKey& site) {
  std::string comment = line_and_comment(site).second;
  if (comment.empty() || site.is_of_failure) return "";
  comment[0] = static_cast<char>(std::tolower(comment[0]));
  const std::string mark = std::string{name_of(site.order)} + " (unshown: ";
  if (!comment.starts_with(mark)) return "";
  const auto found = unshown.find(comment.substr(mark.size(), comment.find(')') - mark.size()));
  return found == unshown.end() ? "" : found->second;
}

/// **Returns** whether the order may not be this weaker one.
bool is_needed(const SiteKey& site, std::memory_order weaker,
               const std::vector<const NamedScenario*>& users, std::uint64_t random) {
  const std::string killer = killer_of(site, weaker, users, random);
  std::printf("%s %s:%u: %s%s as %s: %s\n         %s\n", killer.empty() ? "alive " : "killed",
              header_of(site.file).c_str(), site.line, name_of(site.order),
              site.is_of_failure ? " (failed)" : "", name_of(weaker),
              line_and_comment(site).first.c_str(), killer.c_str());
  const std::string reason = killer.empty() ? reason_for(site) : "";
  if (killer.empty())
    std::printf("         %s\n", reason.empty() ? "FAILED: no scenario needs it" : reason.c_str());
  std::fflush(stdout);
  return !killer.empty() || !reason.empty();
}

/// **Returns** how many orders stronger than relaxed each header of `include` names, but the one that names them for the rest.
std::map<std::string, int> orders_in(const std::filesystem::path& include) {
  static const std::regex order{
      R"((^|[^.\w])(memory_order_)?(acquire|release|acq_rel|seq_cst)\b(?![(<]))"};
  static const std::regex comment_or_text{R"(//.*|"[^"]*")"};
  std::map<std::string, int> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{include}) {
    const std::string header = header_of(entry.path().generic_string());
    if (entry.path().extension() != ".hpp" || header == "base/atomic.hpp") continue;
    std::ifstream in{entry.path()};
    for (std::string line; std::getline(in, line);) {
      line = std::regex_replace(line, comment_or_text, "");
      const std::sregex_iterator first{line.begin(), line.end(), order};
      const auto count = std::distance(first, std::sregex_iterator{});
      if (count > 0) found[header] += static_cast<int>(count);
    }
  }
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t random = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 5000;
  const auto all = scenarios();
  const Users users = users_of_orders(all);
  std::map<std::string, int> tried;
  int failures = 0;
  for (const auto& [site, with] : users) {
    ++tried[header_of(site.file)];
    for (const std::memory_order weaker : weaker_than(site.order)) {
      if (!is_needed(site, weaker, with, random)) ++failures;
    }
  }
  const auto written = orders_in(BREAKER_INCLUDE);
  for (const auto& [header, count] : written) {
    if (tried[header] == count) continue;
    std::printf("FAILED %s names %d orders stronger than relaxed, the scenarios use %d\n",
                header.c_str(), count, tried[header]);
    ++failures;
  }
  std::printf("%zu orders stronger than relaxed in %zu headers, %d failures\n", users.size(),
              written.size(), failures);
  return failures == 0 ? 0 : 1;
}
