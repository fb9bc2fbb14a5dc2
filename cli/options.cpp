#include "options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace pupil::cli {
namespace {

[[noreturn]] void not_a_number(std::string_view name, const std::string& word, const char* wanted) {
  throw UsageError(concat(name, ": expected ", wanted, ", found '", word, "'"));
}

template <typename Number>
Number read_number(std::string_view name, const std::string& word);

template <>
std::int64_t read_number(std::string_view name, const std::string& word) {
  std::int64_t value = 0;
  const char* end = word.data() + word.size();
  const auto result = std::from_chars(word.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) not_a_number(name, word, "a whole number");
  return value;
}

// Decimal digits alone: strtod would also take spaces, hexadecimal, "inf" and "nan".
template <>
double read_number(std::string_view name, const std::string& word) {
  char* end = nullptr;
  const double value = std::strtod(word.c_str(), &end);
  const bool plain = !word.empty() && word.find_first_not_of("+-.0123456789eE") == std::string::npos;
  if (!plain || *end != '\0' || !std::isfinite(value)) not_a_number(name, word, "a number");
  return value;
}

bool is_option(const std::string& word) { return word.size() > 2 && word.starts_with("--"); }

}  // namespace

OptionReader::OptionReader(std::string_view command, std::string_view summary, std::string_view details)
    : command_(command), summary_(summary), details_(details) {}

void OptionReader::flag(std::string_view name, bool& field, std::string_view help) {
  options_.push_back({std::string(name), "", std::string(help), false, [&field](const std::string&) { field = true; }});
}

void OptionReader::value(std::string_view name, std::string_view value_name, std::string& field,
                         std::string_view help) {
  std::string text(help);
  if (!field.empty()) text += concat(" (default: ", field, ")");
  options_.push_back({std::string(name), std::string(value_name), std::move(text), false,
                      [&field](const std::string& word) { field = word; }});
}

void OptionReader::value(std::string_view name, std::string_view value_name, double& field, std::string_view help) {
  options_.push_back({std::string(name), std::string(value_name), concat(help, " (default: ", field, ")"), false,
                      [&field, option = std::string(name)](const std::string& word) {
                        field = read_number<double>(option, word);
                      }});
}

void OptionReader::integer(std::string_view name, std::string_view value_name, std::int64_t shown,
                           std::string_view help, std::function<void(std::int64_t)> set) {
  options_.push_back({std::string(name), std::string(value_name), concat(help, " (default: ", shown, ")"), false,
                      [set = std::move(set), option = std::string(name)](const std::string& word) {
                        set(read_number<std::int64_t>(option, word));
                      }});
}

void OptionReader::list(std::string_view name, std::string_view value_name, std::vector<std::string>& field,
                        std::string_view help) {
  options_.push_back({std::string(name), concat(value_name, "..."), std::string(help), true,
                      [&field, given = false](const std::string& word) mutable {
                        if (!given) field.clear();  // what is typed replaces the default
                        given = true;
                        field.push_back(word);
                      }});
}

void OptionReader::positional(std::string_view value_name, std::string& field, std::string_view help) {
  positionals_.push_back({std::string(value_name), std::string(help), 1, false,
                          [&field](const std::string& word) { field = word; }});
}

void OptionReader::optional_positional(std::string_view value_name, std::string& field, std::string_view help) {
  positionals_.push_back({std::string(value_name), std::string(help), 0, false,
                          [&field](const std::string& word) { field = word; }});
}

void OptionReader::positionals(std::string_view value_name, std::vector<std::string>& field, std::size_t at_least,
                               std::string_view help) {
  positionals_.push_back({std::string(value_name), std::string(help), at_least, true,
                          [&field](const std::string& word) { field.push_back(word); }});
}

const OptionReader::Option& OptionReader::find(const std::string& name) const {
  for (const Option& option : options_) {
    if (option.name == name) return option;
  }
  std::vector<std::string_view> names = {"--help"};
  for (const Option& option : options_) names.push_back(option.name);
  throw UsageError(concat("unknown option ", name, did_you_mean(name, names), " (see pupil ", command_, " --help)"));
}

void OptionReader::parse(Arguments arguments) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--") {
      words.insert(words.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      break;
    }
    if (word == "--help" || word == "-h") throw HelpRequested{help_text()};
    if (!is_option(word)) {
      words.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const Option& option = find(word.substr(0, equals));
    if (option.value_name.empty()) {
      if (equals != std::string::npos) throw UsageError(concat(option.name, " takes no value"));
      option.set("");
    } else if (equals != std::string::npos) {
      option.set(word.substr(equals + 1));
    } else {
      // A value may begin with one dash (a negative number, "-" for standard input) but not with two.
      if (i + 1 >= arguments.size() || is_option(arguments[i + 1])) {
        throw UsageError(concat(option.name, ": ", option.value_name, " is missing"));
      }
      option.set(arguments[++i]);
      while (option.takes_list && i + 1 < arguments.size() && !is_option(arguments[i + 1])) {
        option.set(arguments[++i]);
      }
    }
  }

  std::size_t next = 0;
  for (const Positional& positional : positionals_) {
    std::size_t count = 0;
    while (next < words.size() && (positional.takes_all || count == 0)) {
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
  return text;
}

}  // namespace pupil::cli
