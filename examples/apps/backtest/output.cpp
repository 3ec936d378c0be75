// Writes reports, see output.hpp.
#include "output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace backtest {

namespace {

/// **Returns** 0, or the error's number.
int write_all(std::FILE* file, const std::string& text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return is_written && std::fflush(file) == 0 ? 0 : errno;
}

}  // namespace

void write_to_stdout(const std::string& text) {
  const int error = write_all(stdout, text);
  if (error == EPIPE) throw OutputError{"the output was closed before everything was written"};
  if (error != 0) throw OutputError{std::string{"standard output: "} + std::strerror(error)};
}

void write_to_file(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) throw OutputError{path + ": " + std::strerror(errno)};
  int error = write_all(file, text);
  if (std::fclose(file) != 0 && error == 0) error = errno;
  if (error == 0) return;
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) std::filesystem::remove(path, ignored);
  throw OutputError{path + ": " + std::strerror(error)};
}

}  // namespace backtest
