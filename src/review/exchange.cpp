// SPDX-License-Identifier: Apache-2.0
// 1. All forms are read to rows of file, begin, end and label; what is wrong with one is said with its line, and nothing is
//    stored unless all rows are good.
// 2. Forms that cannot name a recording go by the name of the label file, so file names of an export are safe and differ, and
//    the import knows clips by every name that an export can give them; a whole path comes before all others.
// 3. A row decides windows, not itself: verdicts are about stretches that the project has (decided_stretches()).

#include "review/exchange.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/file_system.h"
#include "base/name.h"
#include "base/read_file.h"
#include "base/sha256.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "corpus/clips.h"
#include "corpus/csv.h"
#include "corpus/review_windows.h"
#include "corpus/reviews.h"
#include "corpus/views.h"
#include "corpus/windows.h"
#include "project/project_file.h"
#include "review/reviewer.h"

namespace pupil::review {
namespace {

using corpus::JournalEntry;
using corpus::VerdictKind;

constexpr std::array<std::string_view, 3> kFormats = {"audacity", "raven", "csv"};
constexpr std::string_view kNot = "not ";
constexpr double kLongestS = 1e7;  // a third of a year

double read_time(std::string_view text, const std::string& place) {
  double value = 0;
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= kLongestS))
    throw Error(concat(place, ": '", text.substr(0, 40), "' is no time in seconds"));
  return value;
}

void check_row(const LabelRow& row, const std::string& place) {
  if (row.end_s < row.start_s) throw Error(concat(place, ": ends before it begins"));
  if (row.label.empty()) throw Error(concat(place, ": no label"));
}

// begin TAB end TAB label; a line "\ TAB low TAB high" behind it is about frequencies.
std::vector<LabelRow> read_audacity(std::string_view text, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<LabelRow> rows;
  for (std::int64_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    std::string_view row = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (row.empty() || row.starts_with("\\\t")) continue;
    const std::string place = concat(name, ":", line);
    const std::size_t first = row.find('\t'), second = first == row.npos ? first : row.find('\t', first + 1);
    if (second == row.npos) throw Error(place + ": begin, end and label with tabs between them are wanted");
    rows.push_back({"", read_time(row.substr(0, first), place),
                    read_time(row.substr(first + 1, second - first - 1), place),
                    std::string(row.substr(second + 1)), line, ""});
    check_row(rows.back(), place);
  }
  return rows;
}

// The first of `names` that the table has.
std::size_t find_column(const corpus::CsvTable& table, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const auto column = table.find_column(name)) return *column;
  }
  return table.column(*names.begin());  // says which it looked for
}

std::string cell(const corpus::CsvTable& table, std::size_t row,
                 std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const auto column = table.find_column(name)) return table.rows[row][*column];
  }
  return {};
}

std::vector<LabelRow> read_table(std::string_view text, const std::string& name, bool raven) {
  const corpus::CsvTable table = corpus::parse_csv(text, name);
  const std::size_t begin = raven ? table.column("Begin Time (s)") : table.column("start_s"),
                    end = raven ? table.column("End Time (s)") : table.column("end_s"),
                    label = raven ? find_column(table, {"Label", "Common Name", "Annotation", "Species"})
                                  : table.column("label");
  std::vector<LabelRow> rows;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const std::string place = concat(name, ":", table.lines[i]);
    // Raven writes a selection once for each view of it.
    if (raven && cell(table, i, {"View"}).starts_with("Waveform")) continue;
    rows.push_back({raven ? cell(table, i, {"Begin Path", "Begin File"}) : cell(table, i, {"file"}),
                    read_time(table.rows[i][begin], place), read_time(table.rows[i][end], place),
                    table.rows[i][label], table.lines[i], raven ? "" : cell(table, i, {"reviewer"})});
    check_row(rows.back(), place);
  }
  return rows;
}

std::string without_breaks(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 32) c = ' ';
  }
  return text;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string seconds(double value) {
  return fixed(value, 3);
}

// "barks/3.wav" -> "barks_3.wav": one file name that no path can leave a folder by.
std::string flat_name(const std::string& path) {
  std::string name;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
    name += plain ? c : '_';
  }
  while (name.starts_with('.')) name.erase(0, 1);
  return name.substr(name.size() > 200 ? name.size() - 200 : 0);
}

// The same for a path whose plain form is another's too: "bark 3.wav" beside "bark_3.wav".
std::string exact_flat_name(const std::string& path) {
  return concat(flat_name(path), "-", sha256_hex(path).substr(0, 8));
}

struct Decision {
  VerdictKind kind = VerdictKind::none;
  std::string label;
};

// None: `text` is neither a class nor one of our own words.
std::optional<Decision> read_decision(const std::string& text, const std::vector<std::string>& classes) {
  const auto find = [&](std::string_view name) -> const std::string* {
    const auto found =
        std::ranges::find(classes, folded_name(name), [](const auto& one) { return folded_name(one); });
    return found == classes.end() ? nullptr : &*found;
  };
  if (const std::string* name = find(text)) return Decision{VerdictKind::other_class, *name};
  if (folded_name(text) == kNoneOfThese) return Decision{};
  if (!folded_name(text).starts_with(kNot)) return std::nullopt;
  const std::string* rejected = find(folded_name(text).substr(kNot.size()));
  return rejected ? std::optional(Decision{VerdictKind::reject, *rejected}) : std::nullopt;
}

void check_labels(const std::vector<LabelRow>& rows, const std::vector<std::string>& classes,
                  const std::string& name) {
  std::set<std::string> unknown;
  std::int64_t line = 0;
  for (const LabelRow& row : rows) {
    if (read_decision(row.label, classes)) continue;
    if (line == 0) line = row.line;
    unknown.insert(row.label);
  }
  if (unknown.empty()) return;
  const std::vector<std::string_view> known(classes.begin(), classes.end());
  std::string list;
  for (const std::string& label : unknown)
    list += concat(list.empty() ? "'" : ", '", without_breaks(label), "'", did_you_mean(label, known));
  throw Error(concat(name, ":", line, ": no class of the project: ", list));
}

// What a clip may be called in a label file: its path within its source, that below its source's folder, and that below the
// whole of the source's name. Two sources may hold files of one path; the last name is nobody else's.
std::array<std::string, 3> names_of(const corpus::Clip& clip) {
  const std::string folder = std::filesystem::path(clip.source).filename().string();
  return {clip.path, concat(folder, "/", clip.path), concat(clip.source, "/", clip.path)};
}

// The shortest name of each clip that is no name of another.
std::map<std::int64_t, std::string> unique_names(corpus::Catalogue& catalogue) {
  std::map<std::int64_t, std::array<std::string, 3>> names;
  std::map<std::string, int> uses;
  corpus::for_each_clip(catalogue, {}, [&](const corpus::Clip& clip) {
    const auto& own = names[clip.id] = names_of(clip);
    for (const std::string& name : own) ++uses[name];
  });
  std::map<std::int64_t, std::string> unique;
  for (auto& [id, own] : names) {
    const auto found = std::ranges::find_if(own, [&](const std::string& name) { return uses[name] == 1; });
    unique[id] = found == own.end() ? own.back() : *found;
  }
  return unique;
}

// Clips by their names, by the last part of the path, and by that without its ending.
class ClipNames {
 public:
  explicit ClipNames(corpus::Catalogue& catalogue) {
    corpus::for_each_clip(catalogue, {}, [&](const corpus::Clip& clip) {
      const std::filesystem::path path = clip.path;
      ids_[path.filename().string()].insert(clip.id);
      ids_[path.stem().string()].insert(clip.id);
      paths_[clip.path].insert(clip.id);
      for (const std::string& name : names_of(clip)) {
        names_[name].insert(clip.id);
        for (const std::string& known :
             {name, flat_name(name), std::filesystem::path(flat_name(name)).stem().string(),
              exact_flat_name(name)})
          ids_[known].insert(clip.id);
      }
    });
  }

  // A whole path first, then a whole name: two folders may hold files of one name.
  std::int64_t find(const std::string& wanted, const std::string& place) const {
    for (const auto* whole : {&paths_, &names_}) {
      const auto found = whole->find(wanted);
      if (found != whole->end() && found->second.size() == 1) return *found->second.begin();
    }
    const std::filesystem::path path = wanted;
    for (const std::string& name : {wanted, path.filename().string(), path.stem().string()}) {
      const auto found = ids_.find(name);
      if (found == ids_.end() || name.empty()) continue;
      if (found->second.size() > 1)
        throw Error(concat(place, ": several clips are called '", wanted,
                           "': name one by its path (--clip, or a column)"));
      return *found->second.begin();
    }
    throw Error(concat(place, ": no clip of the project is called '", without_breaks(wanted),
                       "' (--clip PATH names it)"));
  }

 private:
  std::map<std::string, std::set<std::int64_t>> paths_, names_, ids_;
};

bool is_window(const LabelRow& row, double begin, double length) {
  return std::abs(row.start_s - begin) < 1e-3 && std::abs(row.end_s - begin - length) < 1e-3;
}

bool covers(const LabelRow& row, double begin, double length) {
  const double common = std::min(row.end_s, begin + length) - std::max(row.start_s, begin);
  return common > 0.5 * std::min(length, row.end_s - row.start_s) + 1e-6;
}

// Windows by rising begin. A row that is one window exactly, as we write it, decides no neighbour that it overlaps.
std::vector<corpus::Stretch> decided_stretches(const LabelRow& row, const corpus::View& view,
                                               const std::vector<corpus::Window>& windows) {
  const double rate_hz = view.sample_rate_hz;
  const double longest = windows.empty() ? 0 : static_cast<double>(windows.front().length_samples) / rate_hz;
  const auto begin_of = [&](const corpus::Window& window) {
    return static_cast<double>(window.start_sample) / rate_hz;
  };
  std::vector<corpus::Stretch> covered;
  for (auto window = std::ranges::lower_bound(windows, row.start_s - longest, {}, begin_of);
       window != windows.end() && begin_of(*window) <= row.end_s; ++window) {
    const double begin = begin_of(*window), length = static_cast<double>(window->length_samples) / rate_hz;
    if (is_window(row, begin, length)) return {{view.clip_id, begin, length}};
    if (covers(row, begin, length)) covered.push_back({view.clip_id, begin, length});
  }
  return covered;
}

}  // namespace

std::optional<ExchangeFormat> parse_format(std::string_view name) {
  const auto found = std::ranges::find(kFormats, name);
  if (found == kFormats.end()) return std::nullopt;
  return static_cast<ExchangeFormat>(found - kFormats.begin());
}

std::vector<LabelRow> read_labels(ExchangeFormat format, std::string_view text, const std::string& name) {
  if (format == ExchangeFormat::audacity) return read_audacity(text, name);
  return read_table(text, name, format == ExchangeFormat::raven);
}

ExchangeFormat guess_format(std::string_view text, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::string_view first = text.substr(0, text.find('\n'));
  if (first.find("Begin Time (s)") != first.npos) return ExchangeFormat::raven;
  if (first.find("start_s") != first.npos) return ExchangeFormat::csv;
  const bool number = !first.empty() && (first[0] == ' ' || (first[0] >= '0' && first[0] <= '9'));
  if (number || std::ranges::count(first, '\t') >= 2) return ExchangeFormat::audacity;
  throw Error(concat(
      name,
      ": neither Audacity's labels, nor a Raven selection table, nor a CSV with start_s, end_s, label"));
}

std::string write_labels(ExchangeFormat format, const std::vector<LabelRow>& rows) {
  std::string text;
  if (format == ExchangeFormat::csv) text = "file,start_s,end_s,label,reviewer\n";
  if (format == ExchangeFormat::raven)
    text =
        "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tBegin Path\tLabel\n";
  std::int64_t number = 0;
  for (const LabelRow& row : rows) {
    const std::string begin = seconds(row.start_s), end = seconds(row.end_s),
                      label = without_breaks(row.label);
    if (format == ExchangeFormat::audacity)
      text += concat(begin, "\t", end, "\t", label, "\n");
    else if (format == ExchangeFormat::raven)
      text += concat(++number, "\tSpectrogram 1\t1\t", begin, "\t", end, "\t0\t16000\t",
                     quoted(without_breaks(row.file)), "\t", quoted(label), "\n");
    else
      text += concat(quoted(row.file), ",", begin, ",", end, ",", quoted(row.label), ",",
                     quoted(row.reviewer), "\n");
  }
  return text;
}

std::vector<LabelRow> merged(std::vector<LabelRow> rows) {
  std::ranges::stable_sort(rows, {},
                           [](const LabelRow& row) { return std::tuple(row.file, row.label, row.start_s); });
  std::vector<LabelRow> events;
  for (LabelRow& row : rows) {
    if (!events.empty() && events.back().file == row.file && events.back().label == row.label &&
        row.start_s <= events.back().end_s + 1e-6)
      events.back().end_s = std::max(events.back().end_s, row.end_s);
    else
      events.push_back(std::move(row));
  }
  std::ranges::stable_sort(events, {}, [](const LabelRow& row) { return std::tuple(row.file, row.start_s); });
  return events;
}

std::vector<LabelRow> present_labels(corpus::Catalogue& catalogue) {
  const std::map<std::int64_t, std::string> names = unique_names(catalogue);
  std::vector<LabelRow> rows;
  const auto add = [&](const corpus::Review& review, const std::string& label) {
    rows.push_back({names.at(review.clip_id), review.start_s, review.start_s + review.length_s, label, 0,
                    review.reviewer});
  };
  for (const corpus::Review& review : corpus::list_reviews(catalogue))
    add(review, review.label.empty() ? std::string(kNoneOfThese) : review.label);
  for (const corpus::Review& review : corpus::list_rejections(catalogue))
    add(review, concat(kNot, review.label));
  std::ranges::stable_sort(rows, {}, [](const LabelRow& row) { return std::tuple(row.file, row.start_s); });
  return rows;
}

std::int64_t export_labels(corpus::Catalogue& catalogue, ExchangeFormat format, bool merge,
                           const std::filesystem::path& out) {
  std::vector<LabelRow> rows = present_labels(catalogue);
  if (merge) rows = merged(std::move(rows));
  if (format != ExchangeFormat::audacity) {
    write_whole(out, write_labels(format, rows));
    return std::ssize(rows);
  }
  make_folders(out);
  std::map<std::string, std::vector<LabelRow>> files;
  for (const LabelRow& row : rows) files[row.file].push_back(row);
  std::map<std::string, int> uses;
  for (const auto& [file, labels] : files) ++uses[folded_name(flat_name(file))];
  for (const auto& [file, labels] : files) {
    const bool shared = uses[folded_name(flat_name(file))] > 1;
    write_whole(out / ((shared ? exact_flat_name(file) : flat_name(file)) + ".txt"),
                write_labels(format, labels));
  }
  return std::ssize(rows);
}

ImportReport import_labels(corpus::Catalogue& catalogue, const std::vector<std::string>& classes,
                           const std::filesystem::path& file, const ImportOptions& options) {
  const std::string name = file.filename().string();
  const std::string text = read_text(file);
  const std::vector<LabelRow> rows = read_labels(guess_format(text, name), text, name);
  check_labels(rows, classes, name);
  const ClipNames clips(catalogue);
  const corpus::ReviewConfigs configs = corpus::find_review_configs(catalogue);
  ImportReport report;
  std::vector<JournalEntry> entries;
  std::map<std::int64_t, std::vector<corpus::Window>> windows_of;  // by view
  for (const LabelRow& row : rows) {
    const std::string wanted = !row.file.empty()       ? row.file
                               : !options.clip.empty() ? options.clip
                                                       : file.stem().string();
    const corpus::View view =
        corpus::original_view(catalogue, clips.find(wanted, concat(name, ":", row.line)));
    const Decision decision = *read_decision(row.label, classes);
    const auto [known, is_new] = windows_of.try_emplace(view.id);
    if (is_new) known->second = corpus::list_view_windows(catalogue, view.id, configs.windows);
    const std::string reviewer = checked_reviewer(!options.reviewer.empty() ? options.reviewer
                                                  : !row.reviewer.empty()   ? row.reviewer
                                                                            : without_breaks(name));
    const std::size_t before = entries.size();
    for (const corpus::Stretch& stretch : decided_stretches(row, view, known->second)) {
      JournalEntry& entry = entries.emplace_back();
      entry.stretch = stretch;
      entry.kind = decision.kind;
      entry.label = decision.label;
      entry.reviewer = reviewer;
      entry.note = "imported";
    }
    ++report.rows;
    report.without_window += entries.size() == before;
  }
  if (!entries.empty()) corpus::put_verdicts(catalogue, entries);
  report.windows = std::ssize(entries);
  return report;
}

}  // namespace pupil::review
