// SPDX-License-Identifier: Apache-2.0
#include "base/metrics_file.h"

#include <cerrno>
#include <fstream>
#include <string>

#include "base/error.h"
#include "base/system_error.h"
#include "base/temp_file.h"
#include "base/text.h"

namespace pupil {
namespace {

// Of a line that a kill or a full disk cut short only the last can be: it is dropped.
Json::Array parse_lines(const std::filesystem::path& path, std::istream& in) {
  Json::Array lines;
  std::int64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    try {
      lines.push_back(parse_json(line));
    } catch (const Error& error) {
      if (in.peek() == std::ifstream::traits_type::eof()) break;
      error.rethrow_with(concat(path.string(), ":", number));
    }
  }
  if (in.bad()) throw_system_error(concat(path.string(), ": cannot be read"), errno);
  return lines;
}

}  // namespace

MetricsFile::MetricsFile(std::filesystem::path path, std::int64_t step) : path_(std::move(path)) {
  std::string kept;
  if (std::filesystem::exists(path_)) {
    for (const Json& line : read_metrics(path_)) {
      if (line.at("step").as_int() <= step) kept += line.dump() + "\n";
    }
  }
  write_whole(path_, kept);
}

void MetricsFile::append(const Json& line) {
  std::ofstream out(path_, std::ios::app);
  out << line.dump() << '\n' << std::flush;
  if (!out) throw_system_error(concat(path_.string(), ": cannot be written"), errno);
}

Json::Array read_metrics(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) throw_system_error(concat(path.string(), ": cannot be read"), errno);
  return parse_lines(path, in);
}

}  // namespace pupil
