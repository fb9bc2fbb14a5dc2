// SPDX-License-Identifier: Apache-2.0
// Two passes: visit() of an options struct registers its fields, parse() then fills them.
//
// 1. What is registered are closures over the struct's fields: the struct stays where it is until parse() is
//    done (parse_options()). A field's value at registration is the default that --help shows.
// 2. Options may come anywhere before "--"; the other words are collected first and given to the positionals
//    in order, so that a missing one is named by its own name.
// 3. Help, manual page and completions of the shells walk the same list; no second one can go out of step.
// 4. A range is checked where a word is read: every number that gets past here is usable.

#include "options.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace pupil::cli {
namespace {

[[noreturn]] void not_allowed(std::string_view option, std::string_view wanted, Range range,
                              std::string_view word) {
  throw UsageError(
      concat(option, ": expected ", wanted, " from ", range.low, " to ", range.high, ", found '", word, "'"));
}

std::int64_t read(std::string_view option, std::string_view word, Range range, std::int64_t) {
  return read_integer(option, word, range);
}
double read(std::string_view option, std::string_view word, Range range, double) {
  return read_number(option, word, range);
}

// The one short option, of every command that has --out.
constexpr std::string_view kShortOut = "-o";

bool is_option(std::string_view word) {
  return word.starts_with("--");
}

// "-5" and "-" are words, "-q" is an option that we do not have.
bool looks_like_option(std::string_view word) {
  return word.size() > 1 && word[0] == '-' && word.find_first_of("0123456789") != 1 && word[1] != '.';
}

// Lines are filled; those that begin with a blank stay as they are.
std::string roff_paragraphs(std::string_view text) {
  std::string page;
  bool as_it_is = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(' ') != as_it_is) {
      as_it_is = !as_it_is;
      page += as_it_is ? ".nf\n" : ".fi\n";
    }
    page += line.empty() ? std::string(".PP\n") : concat(roff(line), "\n");
  }
  return page + (as_it_is ? ".fi\n" : "");
}

}  // namespace

std::string roff(std::string_view text) {
  std::string safe;
  if (text.starts_with('.') || text.starts_with('\'')) safe = "\\&";
  for (const char letter : text) {
    switch (letter) {
      case '\\': safe += "\\e"; break;
      case '-': safe += "\\-"; break;
      case '\'': safe += "\\(aq"; break;
      case '`': safe += "\\(ga"; break;
      case '^': safe += "\\(ha"; break;
      case '~': safe += "\\(ti"; break;
      case '\n': safe += ' '; break;
      default: safe += letter;
    }
  }
  return safe;
}

std::int64_t read_integer(std::string_view option, std::string_view word, Range range) {
  std::int64_t value = 0;
  const char* end = word.data() + word.size();
  const auto result = std::from_chars(word.data(), end, value);
  const bool in_range = static_cast<double>(value) >= range.low && static_cast<double>(value) <= range.high;
  if (result.ec != std::errc() || result.ptr != end || !in_range)
    not_allowed(option, "a whole number", range, word);
  return value;
}

// Not std::from_chars: its tables are 170 kB in the device program.
double read_number(std::string_view option, std::string_view word, Range range) {
  const std::string text(word);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool plain = !text.empty() && text.find_first_not_of("+-.0123456789eE") == std::string::npos;
  // False for NaN as well; what overflows is out of any range.
  const bool in_range = value >= range.low && value <= range.high;
  if (!plain || *end != '\0' || !in_range) not_allowed(option, "a number", range, word);
  return value;
}

OptionReader::OptionReader(std::string_view command, std::string_view summary, std::string_view details)
    : command_(command), summary_(summary), details_(details) {}

void OptionReader::flag(std::string_view name, bool& field, std::string_view help) {
  options_.push_back(
      {std::string(name), "", std::string(help), false, [&field](const std::string&) { field = true; }});
}

void OptionReader::value(std::string_view name, std::string_view value_name, std::string& field,
                         std::string_view help) {
  std::string text(help);
  if (!field.empty()) text += concat(" (default: ", field, ")");
  options_.push_back({std::string(name), std::string(value_name), std::move(text), false,
                      [&field](const std::string& word) { field = word; }});
}

template <typename Number>
void OptionReader::add_number(std::string_view name, std::string_view value_name, Number& field, Range range,
                              std::string_view help) {
  options_.push_back({std::string(name), std::string(value_name),
                      concat(help, " (", range.low, " to ", range.high, ", default: ", field, ")"), false,
                      [&field, range, option = std::string(name)](const std::string& word) {
                        field = read(option, word, range, Number());
                      }});
}

void OptionReader::value(std::string_view name, std::string_view value_name, double& field, Range range,
                         std::string_view help) {
  add_number(name, value_name, field, range, help);
}

void OptionReader::value(std::string_view name, std::string_view value_name, std::int64_t& field, Range range,
                         std::string_view help) {
  add_number(name, value_name, field, range, help);
}

template <typename Element, typename Read>
void OptionReader::add_list(std::string_view name, std::string_view value_name, std::vector<Element>& field,
                            std::string_view help, Read read_word) {
  options_.push_back({std::string(name), concat(value_name, "..."), std::string(help), true,
                      [&field, read_word, given = false](const std::string& word) mutable {
                        if (!given) field.clear();  // what is typed replaces the default
                        given = true;
                        field.push_back(read_word(word));
                      }});
}

void OptionReader::list(std::string_view name, std::string_view value_name, std::vector<std::string>& field,
                        std::string_view help) {
  add_list(name, value_name, field, help, [](const std::string& word) { return word; });
}

void OptionReader::list(std::string_view name, std::string_view value_name, std::vector<double>& field,
                        Range range, std::string_view help) {
  add_list(name, value_name, field, concat(help, " (", range.low, " to ", range.high, ")"),
           [range, option = std::string(name)](const std::string& word) {
             return read_number(option, word, range);
           });
}

void OptionReader::list(std::string_view name, std::string_view value_name, std::vector<std::int64_t>& field,
                        Range range, std::string_view help) {
  add_list(name, value_name, field, concat(help, " (", range.low, " to ", range.high, ")"),
           [range, option = std::string(name)](const std::string& word) {
             return read_integer(option, word, range);
           });
}

void OptionReader::positional(std::string_view value_name, std::string& field, std::string_view help) {
  positionals_.push_back({std::string(value_name), std::string(help), 1, false,
                          [&field](const std::string& word) { field = word; }});
}

void OptionReader::optional_positional(std::string_view value_name, std::string& field,
                                       std::string_view help) {
  positionals_.push_back({std::string(value_name), std::string(help), 0, false,
                          [&field](const std::string& word) { field = word; }});
}

void OptionReader::positionals(std::string_view value_name, std::vector<std::string>& field,
                               std::size_t at_least, std::string_view help) {
  positionals_.push_back({std::string(value_name), std::string(help), at_least, true,
                          [&field](const std::string& word) { field.push_back(word); }});
}

const OptionReader::Option& OptionReader::find(const std::string& name) const {
  for (const Option& option : options_) {
    if (option.name == name) return option;
  }
  unknown_option(name);
}

void OptionReader::unknown_option(const std::string& name) const {
  std::vector<std::string_view> names = {"--help"};
  for (const Option& option : options_) names.push_back(option.name);
  throw UsageError(
      concat("unknown option ", name, did_you_mean(name, names), " (see pupil ", command_, " --help)"));
}

void OptionReader::parse(Arguments arguments) {
  if (!arguments.empty() && arguments.back() == kManualWord) throw HelpRequested{manual_text()};
  if (arguments.size() > 1 && arguments.back() == kCompleteWord) {
    const Arguments words = arguments.first(arguments.size() - 1);
    throw HelpRequested{completions(words.first(words.size() - 1), words.back())};
  }
  std::vector<std::string> words;
  for (std::size_t i = 0; i < arguments.size();) {
    const std::string& word = arguments[i];
    if (word == "--") {
      words.insert(words.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      break;
    }
    if (word == "--help" || word == "-h") throw HelpRequested{help_text()};
    if (is_option(word) || word == kShortOut) {
      read_option(arguments, &i);
    } else {
      if (looks_like_option(word)) unknown_option(word);
      words.push_back(word);
      ++i;
    }
  }
  take_words(words);
}

// The option at arguments[*next] with its values; `next` goes behind them.
void OptionReader::read_option(Arguments arguments, std::size_t* next) const {
  const std::string& word = arguments[(*next)++];
  const std::size_t equals = word.find('=');
  const Option& option = find(word == kShortOut ? "--out" : word.substr(0, equals));
  if (option.value_name.empty()) {
    if (equals != std::string::npos) throw UsageError(concat(option.name, " takes no value"));
    option.set("");
    return;
  }
  if (equals != std::string::npos) {
    option.set(word.substr(equals + 1));
    return;
  }
  // A value may begin with one dash (a negative number, "-" for standard input) but not with two.
  const auto has_value = [&] { return *next < arguments.size() && !is_option(arguments[*next]); };
  if (!has_value()) throw UsageError(concat(option.name, ": ", option.value_name, " is missing"));
  do {
    option.set(arguments[(*next)++]);
  } while (option.takes_list && has_value());
}

void OptionReader::take_words(std::span<const std::string> words) const {
  std::size_t next = 0;
  for (const Positional& positional : positionals_) {
    std::size_t count = 0;
    while (next < words.size() && (positional.takes_all || count == 0)) {
      // A variable of a script that was never set; as a path it would be the present folder.
      if (words[next].empty())
        throw UsageError(concat(positional.value_name, " is empty; usage: ", usage_line()));
      positional.set(words[next++]);
      ++count;
    }
    if (count < positional.at_least) {
      throw UsageError(concat(positional.value_name, " is missing; usage: ", usage_line()));
    }
  }
  if (next < words.size()) {
    throw UsageError(concat("unexpected word '", words[next], "'; usage: ", usage_line()));
  }
}

std::string OptionReader::usage_line() const {
  std::string line = concat("pupil ", command_);
  for (const Positional& positional : positionals_) {
    std::string name = positional.value_name + (positional.takes_all ? "..." : "");
    line += positional.at_least == 0 ? concat(" [", name, "]") : concat(" ", name);
  }
  return options_.empty() ? line : line + " [options]";
}

std::string OptionReader::help_text() const {
  std::string text = concat("pupil ", command_, ": ", summary_, "\n\nusage: ", usage_line(), "\n");
  if (!details_.empty()) text += concat("\n", details_, "\n");
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Positional& positional : positionals_) rows.emplace_back(positional.value_name, positional.help);
  for (const Option& option : options_) {
    rows.emplace_back(option.value_name.empty() ? option.name : concat(option.name, " ", option.value_name),
                      option.help);
  }
  rows.emplace_back("--help", "this text");
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.first.size());
  text += "\n";
  for (const auto& [name, help] : rows) {
    text += concat("  ", name, std::string(width - name.size() + 2, ' '), help, "\n");
  }
  const auto takes_list = [](const Option& option) { return option.takes_list; };
  if (!positionals_.empty() && std::any_of(options_.begin(), options_.end(), takes_list)) {
    text += "\nA list (...) goes on to the next option; put the other words before it, or behind \"--\".\n";
  }
  return text;
}

std::string OptionReader::manual_text() const {
  std::string text = concat(".SS ", roff(usage_line()), "\n", roff(summary_), ".\n");
  if (!details_.empty()) text += concat(".PP\n", roff_paragraphs(details_));
  for (const Positional& positional : positionals_)
    text += concat(".TP\n.I ", roff(positional.value_name), "\n", roff(positional.help), "\n");
  for (const Option& option : options_) {
    text += concat(".TP\n.BI ", roff(option.name));
    if (!option.value_name.empty()) text += concat(" \" ", roff(option.value_name), "\"");
    text += concat("\n", roff(option.help), "\n");
  }
  return text;
}

// Of the options, those that begin with `word`; behind an option that has a value, and for words that are no options, files
// are what is usual, and shells know these themselves.
std::string OptionReader::completions(Arguments before, const std::string& word) const {
  if (!word.starts_with('-') || std::find(before.begin(), before.end(), "--") != before.end()) return "";
  const auto needs_value = [&](const Option& option) {
    return !before.empty() && !option.value_name.empty() && before.back() == option.name;
  };
  if (std::any_of(options_.begin(), options_.end(), needs_value)) return "";
  std::string lines;
  for (const Option& option : options_) {
    if (option.name.starts_with(word)) lines += concat(option.name, "\t", option.help, "\n");
  }
  if (std::string_view("--help").starts_with(word)) lines += "--help\tthis text\n";
  return lines;
}

}  // namespace pupil::cli
