// Lines of any length, compressed or not.
#include "line_reader.hpp"

#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace backtest;

namespace {

class File {
 public:
  explicit File(const std::string& content) { std::ofstream{path_, std::ios::binary} << content; }
  ~File() { std::filesystem::remove(path_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ =
      (std::filesystem::temp_directory_path() / ("breaker_lines_" + std::to_string(getpid())))
          .string();
};

std::string compressed(const std::string& text) {
  const File file{""};
  const gzFile gz = gzopen(file.path().c_str(), "wb");
  gzwrite(gz, text.data(), static_cast<unsigned>(text.size()));
  gzclose(gz);
  std::ifstream in{file.path(), std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::string> lines_of(const std::string& content) {
  const File file{content};
  LineReader reader{file.path()};
  std::vector<std::string> lines;
  LineReader::Line line{};
  while (reader.next(line)) lines.emplace_back(line.text);
  return lines;
}

std::string many_lines() {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

}  // namespace

TEST_CASE("a log is read line by line, with any end of line and without a last one") {
  CHECK(lines_of("").empty());
  CHECK(lines_of("a\nb\r\n\nc") == std::vector<std::string>{"a", "b", "", "c"});
  CHECK(lines_of("one line") == std::vector<std::string>{"one line"});
}

TEST_CASE("a log longer than the buffer loses nothing, compressed or not") {
  const std::string text = many_lines();

  const auto plain = lines_of(text);
  const auto zipped = lines_of(compressed(text));

  REQUIRE(plain.size() == 100'000);
  CHECK(plain.back() == "line 99999");
  CHECK(zipped == plain);
}

TEST_CASE("two compressed files in a row are one log") {
  CHECK(lines_of(compressed("a\n") + compressed("b\n")) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a line of 1 MiB is a line, a longer one is told of and skipped") {
  const std::string longest(LineReader::longest_line, 'x');
  for (const std::size_t more : {1, 300'000, 5'000'000}) {
    const File file{"a\n" + longest + "\n" + longest + std::string(more, 'y') + "\nb\n"};
    LineReader reader{file.path()};
    LineReader::Line line{};

    REQUIRE(reader.next(line));
    REQUIRE(reader.next(line));
    CHECK(line.text.size() == LineReader::longest_line);
    CHECK_FALSE(line.is_too_long);
    REQUIRE(reader.next(line));
    CHECK(line.is_too_long);
    REQUIRE(reader.next(line));
    CHECK(line.text == "b");
    CHECK_FALSE(reader.next(line));
  }
}

TEST_CASE("a peek takes nothing") {
  const File file{"a\nb\n"};
  LineReader reader{file.path()};
  LineReader::Line line{};

  CHECK(reader.peek() == "a\nb\n");
  REQUIRE(reader.next(line));
  CHECK(line.text == "a");
}

TEST_CASE("a compressed file that ends in the middle gives its lines, then an error") {
  const std::string whole = compressed(many_lines());
  const File file{whole.substr(0, whole.size() / 2)};
  LineReader reader{file.path()};
  LineReader::Line line{};
  int lines = 0;

  CHECK_THROWS_WITH(
      [&] {
        while (reader.next(line)) ++lines;
      }(),
      file.path() + ": the compressed file ends in the middle");

  CHECK(lines > 10'000);
}

TEST_CASE("a compressed file that is damaged is an error") {
  std::string damaged = compressed(many_lines());
  for (std::size_t i = damaged.size() / 2; i < damaged.size() / 2 + 100; ++i) damaged[i] = '!';
  const File file{damaged};
  LineReader reader{file.path()};
  LineReader::Line line{};

  CHECK_THROWS_AS(
      [&] {
        while (reader.next(line)) {
        }
      }(),
      InputError);
}

TEST_CASE("a log that is not there, or is a folder, is an error that says so") {
  CHECK_THROWS_WITH(LineReader{"/nowhere/access.log"},
                    "/nowhere/access.log: No such file or directory");
  CHECK_THROWS_WITH(LineReader{"/tmp"}, "/tmp: is a folder");
}
