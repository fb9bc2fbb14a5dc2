// SPDX-License-Identifier: Apache-2.0
#include "harvest/lists.h"

#include <charconv>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "fetch/url.h"

namespace pupil::harvest {
namespace {

using corpus::WebItem;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// Calls `use` with every line that says something, and its number.
void for_each_line(std::string_view text, auto&& use) {
  for (std::int64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    if (!line.empty() && line[0] != '#') use(line, number);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
}

// The next cell of AudioSet's lines (", " divides; not RFC 4180's quotes, which may have no blank before them).
std::string_view take_cell(std::string_view& line) {
  line = trimmed(line);
  const bool quoted = line.starts_with('"');
  const std::size_t end = quoted ? line.find('"', 1) : line.find(',');
  const std::string_view cell = quoted ? line.substr(1, end - 1) : trimmed(line.substr(0, end));
  const std::size_t comma = end == std::string_view::npos ? end : line.find(',', end);
  line = comma == std::string_view::npos ? std::string_view() : line.substr(comma + 1);
  return cell;
}

bool read_seconds(std::string_view text, double& seconds) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(seconds) && seconds >= 0;
}

std::map<std::string, std::string, std::less<>> read_names(std::string_view text) {
  std::map<std::string, std::string, std::less<>> names;
  for_each_line(text, [&](std::string_view line, std::int64_t) {
    take_cell(line);
    const std::string mid(take_cell(line));
    names[mid] = std::string(take_cell(line));
  });
  return names;
}

}  // namespace

std::vector<WebItem> read_url_list(std::string_view text, const std::string& name) {
  std::vector<WebItem> items;
  for_each_line(text, [&](std::string_view line, std::int64_t number) {
    WebItem& item = items.emplace_back();
    item.url = item.fetch_url = item.page_url = line;
    with_context(concat(name, ":", number), [&] { fetch::parse_url(item.url); });
  });
  return items;
}

std::vector<WebItem> read_segments(std::string_view text, const std::string& name,
                                   std::string_view names_text) {
  const auto names = read_names(names_text);
  std::vector<WebItem> items;
  for_each_line(text, [&](std::string_view line, std::int64_t number) {
    const std::string id(take_cell(line));
    WebItem item;
    if (id == "YTID") return;
    const bool read =
        read_seconds(take_cell(line), item.begin_s) && read_seconds(take_cell(line), item.end_s);
    if (id.empty() || !read || item.end_s <= item.begin_s)
      throw Error(concat(name, ":", number, ": expected YTID, start_seconds, end_seconds, \"labels\""));
    std::string_view mids = take_cell(line);
    while (!mids.empty()) {
      const std::string_view mid = take_cell(mids);
      const auto known = names.find(mid);
      item.label += concat(item.label.empty() ? "" : "\n", known == names.end() ? mid : known->second);
    }
    item.url = concat("youtube:", id, "#", item.begin_s, "-", item.end_s);
    item.recording = concat("youtube:", id);
    item.fetch_url = item.page_url = concat("https://www.youtube.com/watch?v=", fetch::url_encoded(id));
    items.push_back(std::move(item));
  });
  return items;
}

}  // namespace pupil::harvest
