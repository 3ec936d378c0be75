// Which files are attached, and with which sentence the others are refused.
#include "breaker/shared_memory/attach.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/policy/any_rule.hpp"
#include "breaker/shared_memory.hpp"
#include "breaker/text/rule.hpp"
#include "support/catch.hpp"
#include "support/shared_path.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;
using Cause = SharedMemoryError::Cause;

namespace {

constexpr SharedSettings usual{.capacity = 10, .config = {.open_for = 10s, .probe_lease = 2s}};

/// **Returns** what is said of the file, less its path; "attached", if it fits.
template <class... Parts>
std::string said_of(const SharedPath& path, const SharedSettings& settings, const Parts&... parts) {
  try {
    const SharedCircuits circuits{path.c_str(), settings, parts...};
    return "attached";
  } catch (const SharedMemoryError& error) {
    std::string text = error.what();
    const std::string begin = std::string{"breaker: "} + path.c_str() + " ";
    return text.substr(0, begin.size()) == begin ? text.substr(begin.size()) : "(no path) " + text;
  }
}

const std::string or_replace = "; remove it, or say if_other = IfOther::replace";
const std::string other_settings = "was made with other settings" + or_replace;
const std::string other_layout = "has circuits of other parts, or of another machine" + or_replace;
const std::string no_circuits = "is no file of circuits; take another path";

/// Write over some bytes of the file's label.
template <class Field>
void write_over(const SharedPath& path, std::size_t offset, Field value) {
  const int file = ::open(path.c_str(), O_WRONLY);
  REQUIRE(::pwrite(file, &value, sizeof value, static_cast<::off_t>(offset)) == sizeof value);
  ::close(file);
}

void make_file(const SharedPath& path, std::size_t size, char letter) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  for (std::size_t i = 0; i < size; ++i) std::fputc(letter, file);
  std::fclose(file);
}

}  // namespace

#define OFFSET(field) offsetof(breaker::detail::SharedLabel, field)

TEST_CASE("who comes first makes the file, who comes later attaches it") {
  const SharedPath path;
  SharedCircuits one{path.c_str(), usual};
  SharedCircuits two{path.c_str(), usual};

  CHECK(&one.of("payments") != &two.of("payments"));
  one.of("payments").trip();

  CHECK(two.of("payments").state() == State::open);
  CHECK(two.find("payments")->why().reason == Reason::tripped);
  CHECK(in_child([&] {
          SharedCircuits three{path.c_str(), usual};
          return three.of("payments").state() == State::open ? 0 : 1;
        }) == 0);
}

TEST_CASE("a file has one owner") {
  detail::Descriptor from{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const int number = from.number();

  {
    const detail::Descriptor to{std::move(from)};
    CHECK(to.number() == number);
    CHECK_FALSE(from.is_open());  // NOLINT(bugprone-use-after-move)
  }

  CHECK(::fcntl(number, F_GETFD) == -1);
}

TEST_CASE("a file knows whether a path leads to it") {
  const SharedPath path;
  const SharedPath other;
  make_file(path, 1, 'x');
  make_file(other, 1, 'x');
  const detail::Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  const detail::Descriptor none{-1};

  CHECK(file.is_at(path.c_str()));
  CHECK_FALSE(file.is_at(other.c_str()));
  CHECK_FALSE(none.is_at(path.c_str()));
  CHECK_FALSE(none.lock());
  ::unlink(path.c_str());
  CHECK_FALSE(file.is_at(path.c_str()));
}

TEST_CASE("a file that somebody has removed is not replaced") {
  const SharedPath path;
  make_file(path, 1, 'x');
  const detail::Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  ::unlink(path.c_str());

  CHECK_FALSE(detail::replace_shared(file, path.c_str(), 4096, 0600, [](void*) {}).has_value());

  CHECK_FALSE(path.exists());
}

TEST_CASE("a file may lie where the process works") {
  const detail::Draft draft{"breaker_test.without_a_folder", 4096, 0600};
  CHECK(draft.memory() != nullptr);
  CHECK(::access("breaker_test.without_a_folder", F_OK) == -1);
}

TEST_CASE("what others may need, or is none of ours, is never replaced") {
  using enum SharedMemoryError::Cause;
  for (const Cause cause :
       {of_another_version, of_another_layout, with_other_settings, before_this_boot})
    CHECK(detail::is_replaceable(cause));
  for (const Cause cause :
       {system, no_room, not_circuits, of_another_user, in_another_time_namespace})
    CHECK_FALSE(detail::is_replaceable(cause));
}

TEST_CASE("a rule without a name counts among settings as one whose name is empty") {
  detail::Fingerprint nameless;
  detail::Fingerprint empty;
  nameless.add(static_cast<const char*>(nullptr));
  empty.add("");
  CHECK(nameless.value() == empty.value());
}

TEST_CASE("the file has the mode that was asked for, whatever the umask") {
  const SharedPath path;
  const ::mode_t before = ::umask(077);
  SharedSettings settings = usual;
  settings.mode = 0660;
  const SharedCircuits circuits{path.c_str(), settings};
  ::umask(before);

  struct ::stat about = {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0660);
  CHECK(about.st_blocks * 512 >= about.st_size);  // allocated at once
}

TEST_CASE("a file with other settings is refused: each setting counts") {
  const SharedPath path;
  const SharedCircuits circuits{path.c_str(), usual};
  const auto with = [&](auto change) {
    SharedSettings settings = usual;
    change(settings);
    return said_of(path, settings);
  };

  CHECK(said_of(path, usual) == "attached");
  CHECK(with([](auto& s) { s.capacity = 11; }) == other_settings);
  CHECK(with([](auto& s) { s.config.open_for = 11s; }) == other_settings);
  CHECK(with([](auto& s) { s.config.probe_lease = 3s; }) == other_settings);
  CHECK(with([](auto& s) { s.config.probes = 2; }) == other_settings);
  CHECK(with([](auto& s) { s.config.close_after = 2; }) == other_settings);
  CHECK(with([](auto& s) { s.config.reopen_after = 2; }) == other_settings);
  CHECK(with([](auto& s) { s.config.slow_start = true; }) == other_settings);
  CHECK(with([](auto& s) { s.config.retry_after_max = 1s; }) == other_settings);
  CHECK(with([](auto& s) { s.config.mode = Mode::shadow; }) == other_settings);
  CHECK(with([](auto& s) { s.mode = 0640; }) == "attached");
  CHECK(said_of(path, usual, ConsecutiveFailures{5}) == "attached");
  CHECK(said_of(path, usual, ConsecutiveFailures{6}) == other_settings);
}

TEST_CASE("a file with another policy is refused") {
  const auto refuses = [](const auto& policy, const auto& other) {
    const SharedPath path;
    const SharedCircuits circuits{path.c_str(), usual, policy};
    return said_of(path, usual, other);
  };
  const FailureCount count{5, within(10s)};

  CHECK(refuses(count, FailureCount{5, within(11s)}) == other_settings);
  CHECK(refuses(count, FailureCount{6, within(10s)}) == other_settings);
  CHECK(refuses(count, FailureCount{5, within<20>(10s)}) == other_layout);
  CHECK(refuses(count, ConsecutiveFailures{5}) == other_layout);
  CHECK(refuses(any_of(count, ConsecutiveFailures{5}), all_of(count, ConsecutiveFailures{5})) ==
        other_settings);
  CHECK(refuses(any_of(count, ConsecutiveFailures{5}), any_of(count, ConsecutiveFailures{5})) ==
        "attached");
  const auto later = [](const auto& policy) { return AnyRule<>{rule_of(policy)}; };
  CHECK(refuses(later(any_of(count, ConsecutiveFailures{5})),
                later(all_of(count, ConsecutiveFailures{5}))) == other_settings);
  CHECK(refuses(later(ConsecutiveFailures{5}), later(ConsecutiveFailures{6})) == other_settings);
  CHECK(refuses(later(ConsecutiveFailures{5}), later(ConsecutiveFailures{5})) == "attached");
  CHECK(refuses(SlowCallRate{last_calls<100>(), {1s, 50_percent, 10}},
                BadCallRate{last_calls<100>(), {1s, 50_percent, 10}}) == other_settings);
}

TEST_CASE("a file with other parts is refused") {
  const SharedPath path;
  const SharedCircuits circuits{path.c_str(), usual};

  CHECK(said_of(path, usual, Counters<2>{}) == other_layout);
  CHECK(said_of(path, usual, CoarseClock{}) == "attached");  // it reads the same clock
}

TEST_CASE("a file of another version, boot or time namespace is refused") {
  const auto after = [](std::size_t offset, auto value) {
    const SharedPath path;
    const SharedCircuits circuits{path.c_str(), usual};
    write_over(path, offset, value);
    return said_of(path, usual);
  };
  const std::string other_version = "was made by another version of the library" + or_replace;
  const std::string other_boot =
      "was made before this boot: its times mean nothing now" + or_replace;

  CHECK(after(OFFSET(version), std::uint32_t{1}) == other_version);
  CHECK(after(OFFSET(layout), std::uint32_t{999}) == other_version);
  CHECK(after(OFFSET(hash_of_text), std::uint64_t{1}) == other_version);
  CHECK(after(OFFSET(slots), std::uint32_t{1}) == other_version);
  CHECK(after(OFFSET(file_size), std::uint64_t{1}) == other_version);
  CHECK(after(OFFSET(circuit_size), std::uint32_t{1}) == other_layout);
  CHECK(after(OFFSET(circuit_alignment), std::uint32_t{1}) == other_layout);
  CHECK(after(OFFSET(host.boot), std::uint64_t{1}) == other_boot);
  CHECK(after(OFFSET(host.boot) + 8, std::uint64_t{1}) == other_boot);
  CHECK(after(OFFSET(host.time_namespace), std::uint64_t{1}) ==
        "was made in another time namespace, by another clock; take another path");
}

TEST_CASE("a process in another time namespace is refused") {
  const SharedPath path;
  const SharedCircuits circuits{path.c_str(), usual};
  constexpr int may_not = 77;

  const int answer = in_child([&] {
    if (::unshare(0x80 /* CLONE_NEWTIME */) != 0) return may_not;
    return in_child([&] {  // it is for children
      return said_of(path, usual).find("another time namespace") != std::string::npos ? 0 : 1;
    });
  });

  if (answer == may_not)
    WARN("left out: this process may not make a time namespace");
  else
    CHECK(answer == 0);
}

TEST_CASE("what is no file of circuits is refused, and never replaced") {
  SharedSettings replacing = usual;
  replacing.if_other = IfOther::replace;
  const auto refused = [&](auto make) {
    const SharedPath path;
    make(path);
    CHECK(said_of(path, usual) == no_circuits);
    CHECK(said_of(path, replacing) == no_circuits);
    CHECK(path.exists());
  };

  refused([](const SharedPath& path) { make_file(path, 10, 'x'); });
  refused([](const SharedPath& path) { make_file(path, 100'000, 'x'); });
  refused([](const SharedPath& path) { REQUIRE(::mkdir(path.c_str(), 0700) == 0); });
  refused([](const SharedPath& path) { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); });
  refused([](const SharedPath& path) { REQUIRE(::mknod(path.c_str(), S_IFSOCK | 0600, 0) == 0); });
  const SharedPath target;
  const SharedCircuits circuits{target.c_str(), usual};
  refused([&](const SharedPath& path) { REQUIRE(::symlink(target.c_str(), path.c_str()) == 0); });
  refused([](const SharedPath& path) {
    {
      const SharedCircuits made{path.c_str(), usual};
    }
    REQUIRE(::truncate(path.c_str(), 4096) == 0);
  });
}

TEST_CASE("the file of another user is refused, and never replaced") {
  const SharedPath path;
  const SharedCircuits circuits{path.c_str(), usual};
  if (::chown(path.c_str(), 65534, 65534) != 0) {
    WARN("left out: this process may not give a file away");
    return;
  }
  SharedSettings replacing = usual;
  replacing.if_other = IfOther::replace;
  const std::string refusal = "belongs to another user, who could change it; take another path";

  CHECK(said_of(path, usual) == refusal);
  CHECK(said_of(path, replacing) == refusal);
}

TEST_CASE("root's file is taken") {
  const SharedPath path;
  SharedSettings settings = usual;
  settings.mode = 0666;
  const SharedCircuits circuits{path.c_str(), settings};
  if (::geteuid() != 0) {
    WARN("left out: this process is not root");
    return;
  }

  CHECK(in_child([&] {
          if (::setuid(65534) != 0) return 1;
          return said_of(path, settings) == "attached" ? 0 : 2;
        }) == 0);
}

TEST_CASE("where the system refuses a step, the error says which and why") {
  const auto error_of = [](const char* path) {
    try {
      const SharedCircuits circuits{path, usual};
      return std::string{"made"};
    } catch (const SharedMemoryError& error) {
      CHECK(error.cause() == Cause::system);
      CHECK(error.error_number() == ENOENT);
      CHECK(error.step() == std::string_view{"make a file in its folder"});
      return std::string{error.what()};
    }
  };

  CHECK(error_of("/dev/shm/no/such/folder") ==
        "breaker: /dev/shm/no/such/folder can't be used: can't make a file in its folder: No such "
        "file or directory");
}

TEST_CASE("a path through a file is refused by the system") {
  const SharedPath path;
  make_file(path, 1, 'x');
  const std::string through = std::string{path.c_str()} + "/circuits";
  try {
    const SharedCircuits circuits{through.c_str(), usual};
    FAIL("was made");
  } catch (const SharedMemoryError& error) {
    CHECK(error.cause() == Cause::system);
    CHECK(error.step() == std::string_view{"open it"});
    CHECK(error.error_number() == ENOTDIR);
  }
}

TEST_CASE("a file for which there is no room is not made") {
  const SharedPath path;
  struct ::rlimit usual_limit = {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &usual_limit) == 0);
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  const struct ::rlimit least = {.rlim_cur = 1000, .rlim_max = usual_limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &least) == 0);
  const std::string said = said_of(path, usual);
  ::setrlimit(RLIMIT_FSIZE, &usual_limit);
  std::signal(SIGXFSZ, before);

  CHECK(said ==
        "has no room: can't allocate its memory: File too large; make room there, or take a "
        "smaller capacity");
  CHECK_FALSE(path.exists());
}

TEST_CASE("a setting out of its range is refused by name, and no file is made") {
  const SharedPath path;
  const auto field = [&](auto change) {
    SharedSettings settings = usual;
    change(settings);
    try {
      const SharedCircuits circuits{path.c_str(), settings};
    } catch (const ConfigError& error) {
      return std::string{error.field()};
    }
    return std::string{};
  };

  CHECK(field([](auto& s) { s.capacity = 0; }) == "SharedSettings.capacity");
  CHECK(field([](auto& s) { s.capacity = 10'000'001; }) == "SharedSettings.capacity");
  CHECK(field([](auto& s) { s.mode = 0400; }) == "SharedSettings.mode");
  CHECK(field([](auto& s) { s.mode = 01600; }) == "SharedSettings.mode");
  CHECK(field([](auto& s) { s.config.probes = 0; }) == "Config.probes");
  CHECK_FALSE(path.exists());
}

TEST_CASE("a file that does not fit is replaced if asked to; who has it keeps it") {
  const SharedPath path;
  SharedCircuits old{path.c_str(), usual};
  old.of("payments").trip();
  SharedSettings release = usual;
  release.config.open_for = 20s;
  release.if_other = IfOther::replace;

  SharedCircuits one{path.c_str(), release};
  SharedCircuits two{path.c_str(), release};

  CHECK(one.of("payments").state() == State::closed);
  one.of("payments").force_open();
  CHECK(two.of("payments").state() == State::forced_open);
  CHECK(old.of("payments").state() == State::open);
  CHECK(said_of(path, usual) == other_settings);
  CHECK(::access((std::string{path.c_str()} + ".new").c_str(), F_OK) != 0);
}

TEST_CASE("of many that replace a file at once, all share what one made") {
  const SharedPath path;
  const SharedCircuits old{path.c_str(), usual};
  SharedSettings release = usual;
  release.config.open_for = 20s;
  release.if_other = IfOther::replace;
  constexpr int many = 20;

  ::pid_t children[many];
  for (::pid_t& child : children) {
    child = ::fork();
    if (child != 0) continue;
    SharedCircuits circuits{path.c_str(), release};
    circuits.of("count").try_acquire().ignore();
    circuits.of("child " + std::to_string(::getpid()));
    ::_exit(0);
  }
  for (const ::pid_t child : children) {
    int status = 1;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }

  SharedCircuits circuits{path.c_str(), release};
  CHECK(circuits.size() >= 10);  // of 21 keys, as many as have room
  CHECK(circuits.size() + circuits.overflowed() == 21);
}

TEST_CASE("where a file can't be without a name, it has a passing one, which goes with its maker") {
  constexpr int may_not = 77;
  const auto count_beside = [](const SharedPath& path) {
    const std::string_view whole = path.c_str();
    const std::string_view name = whole.substr(whole.rfind('/') + 1);
    int count = 0;
    ::DIR* const folder = ::opendir("/dev/shm");
    while (const ::dirent* const entry = ::readdir(folder))
      count += std::string_view{entry->d_name}.substr(0, name.size()) == name ? 1 : 0;
    ::closedir(folder);
    return count;
  };

  const SharedPath path;
  const int answer = in_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::umount2("/proc", MNT_DETACH) != 0)
      return may_not;
    {
      const detail::Draft never_named{path.c_str(), 8192, 0600};
      if (count_beside(path) != 1 || path.exists()) return 1;
    }
    if (count_beside(path) != 0) return 2;
    {
      const detail::Draft draft{path.c_str(), 8192, 0600};
      if (!draft.publish(path.c_str())) return 3;
      if (draft.publish(path.c_str())) return 4;
    }
    return path.exists() && count_beside(path) == 1 ? 0 : 5;
  });

  if (answer == may_not)
    WARN("left out: this process may not take /proc away");
  else
    CHECK(answer == 0);
}

TEST_CASE("a removed file is made anew; who has it keeps it") {
  const SharedPath path;
  CHECK_FALSE(SharedCircuits<>::remove(path.c_str()));
  SharedCircuits old{path.c_str(), usual};
  old.of("payments").trip();

  CHECK(SharedCircuits<>::remove(path.c_str()));

  CHECK_FALSE(path.exists());
  SharedCircuits fresh{path.c_str(), usual};
  CHECK(fresh.of("payments").state() == State::closed);
  CHECK(old.of("payments").state() == State::open);
}
