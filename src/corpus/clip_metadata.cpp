// SPDX-License-Identifier: Apache-2.0
// The text: five lines (recording, split, author, licence, address), then a line per label: label, onset,
// offset, divided by tabs. A backslash stands before a backslash, 'n' for a line end and 't' for a tab, so
// that any bytes of an index come back as they were.

#include "corpus/clip_metadata.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"

namespace pupil::corpus {
namespace {

constexpr std::size_t kFieldCount = 5;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    out += c == 'n' ? '\n' : c == 't' ? '\t' : c;
  }
  return out;
}

std::vector<std::string_view> divide(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string seconds_text(const std::optional<double>& seconds) {
  return seconds ? concat(*seconds) : std::string();
}

std::optional<double> parse_seconds(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return seconds;
}

void add_label(std::vector<GivenLabel>& labels, const GivenLabel& label) {
  const auto same_name = [&](const GivenLabel& other) { return other.label == label.label; };
  if (!label.onset_s) {
    if (std::none_of(labels.begin(), labels.end(), same_name)) labels.push_back(label);
    return;
  }
  std::erase_if(labels, [&](const GivenLabel& other) { return same_name(other) && !other.onset_s; });
  if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
}

void fill(std::string& field, const std::string& value) {
  if (field.empty()) field = value;
}

}  // namespace

std::int64_t split_bit(const std::optional<Split>& split) {
  return split ? std::int64_t{1} << static_cast<int>(*split) : 0;
}

std::string metadata_text(const ClipMetadata& metadata) {
  std::string text = concat(escaped(metadata.recording), "\n",
                            metadata.split ? split_name(*metadata.split) : std::string_view(), "\n",
                            escaped(metadata.author), "\n", escaped(metadata.licence), "\n",
                            escaped(metadata.attribution_url));
  for (const GivenLabel& given : metadata.given) {
    text += concat("\n", escaped(given.label), "\t", seconds_text(given.onset_s), "\t",
                   seconds_text(given.offset_s));
  }
  return text;
}

ClipMetadata parse_metadata(std::string_view text) {
  ClipMetadata metadata;
  if (text.empty()) return metadata;
  const auto lines = divide(text, '\n');
  if (lines.size() < kFieldCount) throw Error("catalogue: a clip's metadata are damaged");
  metadata.recording = unescaped(lines[0]);
  metadata.split = parse_split(lines[1]);
  metadata.author = unescaped(lines[2]);
  metadata.licence = unescaped(lines[3]);
  metadata.attribution_url = unescaped(lines[4]);
  for (std::size_t i = kFieldCount; i < lines.size(); ++i) {
    const auto cells = divide(lines[i], '\t');
    if (cells.size() != 3) throw Error("catalogue: a clip's metadata are damaged");
    metadata.given.push_back({unescaped(cells[0]), parse_seconds(cells[1]), parse_seconds(cells[2])});
  }
  return metadata;
}

void shift_labels(ClipMetadata& metadata, double offset_s) {
  for (GivenLabel& given : metadata.given) {
    if (!given.onset_s) continue;
    given.onset_s = std::max(0.0, *given.onset_s + offset_s);
    given.offset_s = std::max(0.0, *given.offset_s + offset_s);
  }
}

MergedMetadata merge_metadata(std::span<const ClipMetadata> files) {
  MergedMetadata merged;
  for (const ClipMetadata& file : files) {
    fill(merged.metadata.recording, file.recording);
    fill(merged.metadata.author, file.author);
    fill(merged.metadata.licence, file.licence);
    fill(merged.metadata.attribution_url, file.attribution_url);
    if (merged.metadata.given.empty()) {
      merged.metadata.given = file.given;
    } else {
      for (const GivenLabel& given : file.given) add_label(merged.metadata.given, given);
    }
    merged.given_splits |= split_bit(file.split);
  }
  return merged;
}

}  // namespace pupil::corpus
