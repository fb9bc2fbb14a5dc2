// SPDX-License-Identifier: Apache-2.0
#include "harvest/settings.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/environment.h"
#include "base/error.h"
#include "base/read_file.h"
#include "base/text.h"
#include "fetch/url.h"

namespace pupil::harvest {
namespace {

// "NAME=VALUE", blanks around either dropped.
std::pair<std::string, std::string> divide(const std::string& line, const std::string& place) {
  const std::size_t equals = line.find('=');
  const auto trim = [](std::string text) {
    constexpr std::string_view kBlank = " \t\r\"";
    text.erase(0, text.find_first_not_of(kBlank));
    text.erase(text.find_last_not_of(kBlank) + 1);
    return text;
  };
  // The line may be a key: it is not shown.
  if (equals == std::string::npos) throw Error(concat(place, ": expected NAME=VALUE"));
  return {trim(line.substr(0, equals)), trim(line.substr(equals + 1))};
}

void read_key_file(const std::filesystem::path& file, Keys& keys) {
  if (!std::filesystem::exists(file)) return;
  std::istringstream in(read_text(file));
  std::int64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const auto [name, value] = divide(line, concat(file.string(), ":", number));
    keys[name] = value;
  }
}

void read_environment(Keys& keys) {
  for (const Library* library : libraries()) {
    std::string name(library->name);
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (const std::string value = environment((name + "_KEY").c_str()); !value.empty())
      keys[std::string(library->name)] = value;
  }
}

std::vector<fetch::RateRule> read_rules(const std::string& text) {
  std::vector<fetch::RateRule> rules;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    fetch::RateRule rule;
    char slash = 0;
    std::istringstream parts(word);
    if (!(parts >> rule.count >> slash >> rule.window_s) || slash != '/' || rule.count < 1 ||
        rule.count > 4096 || !(rule.window_s > 0))
      throw Error(concat("[harvest] limits: '", word, "': expected COUNT/SECONDS, COUNT from 1 to 4096"));
    rules.push_back(rule);
  }
  return rules;
}

}  // namespace

fetch::Request Settings::signed_request(const Library& library, fetch::Request request) const {
  const auto key = keys.find(std::string(library.name));
  if (key == keys.end() && library.needs_key) {
    throw Error(concat(library.name, " needs a key (", library.key_help, "): put '", library.name,
                       "=KEY' into the file that [harvest] keys names, or into the environment"));
  }
  const bool at_home =
      fetch::parse_url(request.url).authority() == fetch::parse_url(endpoint(library)).authority();
  if (key != keys.end() && library.sign != nullptr && at_home) library.sign(key->second, request);
  return request;
}

Settings read_settings(const HarvestSection& section, const std::filesystem::path& project_dir,
                       const std::filesystem::path& cache) {
  Settings settings;
  settings.client.user_agent =
      section.contact.empty() ? std::string("pupil") : concat("pupil (", section.contact, ")");
  settings.client.limit_folder = cache / "limits";
  settings.client.other_limit = {{4, 1}};
  for (const Library* library : libraries())
    settings.endpoints[std::string(library->name)] = library->endpoint;
  for (const std::string& line : section.endpoints) {
    const auto [name, url] = divide(line, "[harvest] endpoints");
    settings.endpoints[std::string(find_library(name).name)] = url;
    settings.client.private_authorities.push_back(fetch::parse_url(url).authority());
  }
  std::map<std::string, std::vector<fetch::RateRule>> rules;
  for (const Library* library : libraries()) rules[std::string(library->name)] = library->limits;
  for (const std::string& line : section.limits) {
    const auto [name, text] = divide(line, "[harvest] limits");
    rules[std::string(find_library(name).name)] = read_rules(text);
  }
  for (const Library* library : libraries()) {
    const std::string name(library->name);
    settings.client.limits[fetch::parse_url(settings.endpoints[name]).authority()] = rules[name];
  }
  read_key_file(project_dir / section.keys, settings.keys);
  read_environment(settings.keys);
  return settings;
}

}  // namespace pupil::harvest
