#include "base/metrics_file.h"

#include <fstream>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace pupil {
namespace {

std::string read_lines_until(const std::filesystem::path& path, std::int64_t step) {
  std::ifstream in(path);
  std::string kept, line;
  while (std::getline(in, line)) {
    try {
      if (parse_json(line).at("step").as_int() > step) continue;
    } catch (const Error&) {
      continue;  // torn by a kill
    }
    kept += line + "\n";
  }
  return kept;
}

}  // namespace

MetricsFile::MetricsFile(std::filesystem::path path, std::int64_t step) : path_(std::move(path)) {
  const std::string kept = read_lines_until(path_, step);
  std::ofstream out(path_, std::ios::trunc);
  out << kept << std::flush;
  if (!out) throw DiskError(concat(path_.string(), ": cannot be written"));
}

void MetricsFile::append(const Json& line) {
  std::ofstream out(path_, std::ios::app);
  out << line.dump() << '\n' << std::flush;
  if (!out) throw DiskError(concat(path_.string(), ": cannot be written (is the disk full?)"));
}

Json::Array read_metrics(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) throw Error(concat(path.string(), ": cannot be read"));
  Json::Array lines;
  for (std::string line; std::getline(in, line);) lines.push_back(parse_json(line));
  return lines;
}

}  // namespace pupil
