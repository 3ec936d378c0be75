// Lines of any length, compressed or not.
#include "line_reader.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

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

std::string compressed(const std::string& text, const char* how = "gzip") {
  std::string into(text.size() + 10'000, '\0');
  std::size_t used = 0;
  archive* const out = archive_write_new();
  archive_write_set_format_raw(out);
  archive_write_add_filter_by_name(out, how);
  archive_write_set_bytes_in_last_block(out, 1);
  REQUIRE(archive_write_open_memory(out, into.data(), into.size(), &used) == ARCHIVE_OK);
  archive_entry* const entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(out, entry);
  archive_write_data(out, text.data(), text.size());
  archive_entry_free(entry);
  archive_write_free(out);
  into.resize(used);
  return into;
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

  REQUIRE(plain.size() == 100'000);
  CHECK(plain.back() == "line 99999");
  for (const char* how : {"gzip", "bzip2", "xz", "zstd", "lz4"}) {
    CAPTURE(how);
    CHECK(lines_of(compressed(text, how)) == plain);
  }
}

TEST_CASE("two compressed files in a row are one log") {
  CHECK(lines_of(compressed("a\n") + compressed("b\n")) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a line of 1 MiB is a line, a longer one is told of and skipped") {
  const std::string longest(LineReader::longest_line, 'x');
  for (const std::size_t more : {1U, 300'000U, 5'000'000U}) {
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
