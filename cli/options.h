// SPDX-License-Identifier: Apache-2.0
// How a command reads its words. Each command has one options struct that lists its fields once:
//
//   struct PlotOptions {
//     std::string file;
//     std::string out = "plot.png";
//     std::int64_t width = 1000;
//     bool json = false;
//     template <typename Visitor>
//     void visit(Visitor& v) {
//       v.positional("FILE", file, "recording to draw");
//       v.value("--out", "FILE.png", out, "where the picture goes");
//       v.value("--width", "PIXELS", width, Range{100, 10000}, "of the drawing");
//       v.flag("--json", json, "machine-readable output");
//     }
//   };
//
// Parsing, --help and the options of a run record all walk that list. Why not a library: the device build
// needs a compiler alone and is one small static file; see docs/decisions/001-command-line.md.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/range.h"

namespace pupil::cli {

/// The number that `word` writes: decimal digits alone, no blanks, hexadecimal, "inf" or "nan". UsageError: another
/// word, or a number out of range; names the option, the range and what was found.
std::int64_t read_integer(std::string_view option, std::string_view word, Range range);
double read_number(std::string_view option, std::string_view word, Range range);

/// The words behind the command's name.
using Arguments = std::span<const std::string>;

/// Thrown by parse_options when --help was asked for: the text goes to standard output, exit code 0.
struct HelpRequested {
  std::string text;
};

/// The last of a command's words, given by `pupil --manual` and `pupil --complete`: instead of running, the command throws
/// HelpRequested with its section of the manual page (roff), or with what may stand in place of the word before this one:
/// one candidate a line, a tab, its description; nothing where a file or a value is expected.
inline constexpr std::string_view kManualWord = "--help=manual";
inline constexpr std::string_view kCompleteWord = "--help=complete";

/// `text` for a manual page: nothing in it is taken for a request of roff.
std::string roff(std::string_view text);

/// Turns words into values; made by parse_options.
class OptionReader {
 public:
  /// An option without a value.
  void flag(std::string_view name, bool& field, std::string_view help);
  /// An option with one value; `value_name` is what --help shows: "SECONDS".
  void value(std::string_view name, std::string_view value_name, std::string& field, std::string_view help);
  /// A number; every one has a range. A default outside it ("as in pupil.toml": -1) cannot be typed.
  void value(std::string_view name, std::string_view value_name, double& field, Range range,
             std::string_view help);
  void value(std::string_view name, std::string_view value_name, std::int64_t& field, Range range,
             std::string_view help);
  /// An option that takes all words up to the next option or "--", and may be given again; what is typed replaces the
  /// field's default.
  void list(std::string_view name, std::string_view value_name, std::vector<std::string>& field,
            std::string_view help);
  void list(std::string_view name, std::string_view value_name, std::vector<double>& field, Range range,
            std::string_view help);
  void list(std::string_view name, std::string_view value_name, std::vector<std::int64_t>& field, Range range,
            std::string_view help);
  /// A required word without an option's name, in the order of the calls.
  void positional(std::string_view value_name, std::string& field, std::string_view help);
  /// A word that may be left out.
  void optional_positional(std::string_view value_name, std::string& field, std::string_view help);
  /// All remaining words, `at_least` or more.
  void positionals(std::string_view value_name, std::vector<std::string>& field, std::size_t at_least,
                   std::string_view help);

  /// `command` as the user types it, `summary` the sentence of the table, `details` a paragraph for --help.
  OptionReader(std::string_view command, std::string_view summary, std::string_view details);
  /// UsageError on an unknown option (with the nearest known one), a bad or missing value or word.
  void parse(Arguments arguments);

 private:
  struct Option {
    std::string name;
    std::string value_name;  // empty: a flag
    std::string help;        // with the default
    bool takes_list = false;
    std::function<void(const std::string&)> set;
  };
  struct Positional {
    std::string value_name;
    std::string help;
    std::size_t at_least;
    bool takes_all;
    std::function<void(const std::string&)> set;
  };

  template <typename Number>
  void add_number(std::string_view name, std::string_view value_name, Number& field, Range range,
                  std::string_view help);
  template <typename Element, typename Read>
  void add_list(std::string_view name, std::string_view value_name, std::vector<Element>& field,
                std::string_view help, Read read);
  const Option& find(const std::string& name) const;
  [[noreturn]] void unknown_option(const std::string& name) const;
  void read_option(Arguments arguments, std::size_t* next) const;
  void take_words(std::span<const std::string> words) const;
  std::string help_text() const;
  std::string manual_text() const;
  std::string completions(Arguments before, const std::string& word) const;
  std::string usage_line() const;

  std::string command_;
  std::string summary_;
  std::string details_;
  std::vector<Option> options_;
  std::vector<Positional> positionals_;
};

/// Lists the fields of an options struct as JSON, for run records.
class OptionWriter {
 public:
  void flag(std::string_view name, bool& field, std::string_view) { json.set(name, field); }
  void value(std::string_view name, std::string_view, std::string& field, std::string_view) {
    json.set(name, field);
  }
  template <typename Number>
  void value(std::string_view name, std::string_view, Number& field, Range, std::string_view) {
    json.set(name, field);
  }
  void list(std::string_view name, std::string_view, std::vector<std::string>& field, std::string_view) {
    json.set(name, field);
  }
  template <typename Number>
  void list(std::string_view name, std::string_view, std::vector<Number>& field, Range, std::string_view) {
    Json numbers{Json::Array()};
    for (const Number number : field) numbers.push_back(number);
    json.set(name, numbers);
  }
  void positional(std::string_view name, std::string& field, std::string_view) { json.set(name, field); }
  void optional_positional(std::string_view name, std::string& field, std::string_view) {
    json.set(name, field);
  }
  void positionals(std::string_view name, std::vector<std::string>& field, std::size_t, std::string_view) {
    json.set(name, field);
  }

  Json json = Json(Json::Object());
};

/// Reads the words of one command into its options struct. HelpRequested, UsageError.
template <typename Options>
Options parse_options(std::string_view command, std::string_view summary, std::string_view details,
                      Arguments arguments) {
  Options options;
  OptionReader reader(command, summary, details);
  options.visit(reader);
  reader.parse(arguments);
  return options;
}

/// The options as they will be recorded.
template <typename Options>
Json options_json(Options& options) {
  OptionWriter writer;
  options.visit(writer);
  return writer.json;
}

}  // namespace pupil::cli
