// SPDX-License-Identifier: Apache-2.0
// base/toml.h reads the text; everything about our keys is here.
//
// 1. A section's visit() is the one list of its keys. TomlSection asks for each of them, there or not; what
//    it never asked for is an unknown key (finish()).
// 2. A check that needs all classes comes after the reading, without a node at hand: `lines` keeps the line
//    of each class for its message, in the order of all_classes().

#include "project/project_file.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "base/name.h"
#include "base/read_file.h"
#include "base/text.h"
#include "base/toml_section.h"
#include "base/toml_writer.h"

namespace pupil {
namespace {

constexpr std::size_t kMaxFileBytes = 4'000'000;

// What a key was called in earlier versions: read with a warning, so that an old project goes on.
std::string_view former_key(std::string_view section, std::string_view key) {
  if (section == "teacher" && key == "input") return "hears";
  return section == "train" && key == "use_given_labels" ? "use_truth" : "";
}

// `lines` gets the line of each class, for errors found later.
std::vector<SoundClass> read_classes(const TomlNode& root, std::string_view key, std::string_view file,
                                     std::vector<std::uint32_t>* lines) {
  std::vector<SoundClass> classes;
  const TomlNode* node = root.find(key);
  if (node == nullptr) return classes;
  const TomlPlace place{file, std::string(key)};
  if (!node->is_array_of_tables()) place.fail(*node, key, concat("expected [[", key, "]] tables"));
  for (const TomlNode& element : node->array()) {
    SoundClass& sound = classes.emplace_back();
    const TomlNode& table = element;
    TomlSection reader(table, place, former_key);
    reader("name", sound.name, "");
    reader.strings("prompts", sound.prompts);
    reader.strings("audioset", sound.audioset);
    reader("query", sound.query, "");
    reader.strings("given", sound.given);
    reader("examples", sound.examples, "");
    reader.finish();
    const TomlNode* name = table.find("name");
    if (name == nullptr) place.fail(element, "name", "is missing");
    lines->push_back(name->line);
    const std::string fault = label_fault(sound.name);
    if (!fault.empty()) place.fail(*name, "name", concat(Json(sound.name).dump(), " ", fault));
    if (sound.prompts.empty() && sound.audioset.empty() && sound.examples.empty()) {
      place.fail(element, sound.name,
                 "needs `prompts` (for CLAP), `audioset` (for a tagger) or `examples` (a folder of clips)");
    }
    for (const std::string& prompt : sound.prompts) {
      if (folded_name(prompt).empty()) place.fail(element, sound.name, "has an empty prompt");
    }
    for (const std::string& given : sound.given) {
      if (folded_name(given).empty()) place.fail(element, sound.name, "has an empty `given` label");
    }
  }
  return classes;
}

std::vector<SourceSpec> read_sources(const TomlNode& root, std::string_view file) {
  std::vector<SourceSpec> sources;
  const TomlNode* node = root.find("source");
  if (node == nullptr) return sources;
  const TomlPlace place{file, "source"};
  if (!node->is_array_of_tables()) place.fail(*node, "source", "expected [[source]] tables");
  for (const TomlNode& element : node->array()) {
    SourceSpec& source = sources.emplace_back();
    TomlSection reader(element, place, former_key);
    source.visit(reader);
    reader.finish();
    const auto places = {&source.path, &source.csv,      &source.search,
                         &source.urls, &source.segments, &source.video};
    if (std::ranges::count_if(places, [](const std::string* one) { return !one->empty(); }) != 1) {
      place.fail(
          element, "path",
          "name one of `path` (a folder), `csv` (an index and its columns), `search` (a sound library), "
          "`urls`, `segments`, `video`");
    }
    if (!source.query.empty() && source.search.empty()) place.fail(element, "query", "goes with `search`");
    if (source.by != "words" && source.search.empty()) place.fail(element, "by", "goes with `search`");
    if (source.hard_negatives && (source.search.empty() || !source.query.empty() || !source.label.empty()))
      place.fail(element, "hard_negatives", "goes with `search`, without `query` and `label`");
  }
  return sources;
}

bool matches(std::string_view pattern, std::string_view text) {
  if (!pattern.ends_with('*')) return pattern == text;
  return text.starts_with(pattern.substr(0, pattern.size() - 1));
}

void read_any_class(const TomlNode& root, std::string_view file, std::vector<std::string>* names) {
  const TomlNode* node = root.find("any_class");
  if (node == nullptr) return;
  const bool strings =
      node->is_array() && std::all_of(node->array().begin(), node->array().end(),
                                      [](const TomlNode& element) { return element.is_string(); });
  if (!strings) throw Error(concat(file, ":", node->line, ": any_class: expected an array of strings"));
  for (const TomlNode& element : node->array()) {
    names->push_back(element.string());
    if (folded_name(names->back()).empty())
      throw Error(concat(file, ":", element.line, ": any_class: an empty given label"));
  }
}

std::string read_project_name(const TomlNode& root, std::string_view file) {
  const TomlNode* node = root.find("name");
  if (node == nullptr) return Project().name;
  const std::string place = concat(file, ":", node->line, ": name: ");
  if (!node->is_string()) throw Error(concat(place, "expected a string, found ", node->kind()));
  const std::string name = node->string();
  const std::string fault = file_name_fault(name);
  if (!fault.empty()) throw Error(concat(place, Json(name).dump(), " ", fault));
  return name;
}

// Whether every label that `b` means is one that `a` means.
bool covers(std::string_view a, std::string_view b) {
  return a == b || (a.ends_with('*') && b.starts_with(a.substr(0, a.size() - 1)));
}

std::vector<std::string> meant_labels(const SoundClass& sound) {
  std::vector<std::string> labels = {sound.name};
  labels.insert(labels.end(), sound.given.begin(), sound.given.end());
  return labels;
}

// `lines` of the classes, in the order of named_classes().
void check_classes(const Project& project, const std::vector<std::uint32_t>& lines, std::string_view file) {
  const std::vector<SoundClass> all = project.named_classes();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (project.label.broad_negatives && folded_name(all[i].name) == kNoneOfThese)
      throw Error(concat(file, ":", lines[i], ": class '", all[i].name,
                         "' is what [label] broad_negatives calls all other sounds; name it otherwise"));
    for (std::size_t k = 0; k < i; ++k) {
      const std::string place = concat(file, ":", lines[i], ": class '", all[i].name, "': ");
      const std::string other = concat("class '", all[k].name, "' (line ", lines[k], ")");
      if (all[i].name == all[k].name)
        throw Error(concat(place, "stands there twice: ", other, "; name one of them otherwise"));
      if (folded_name(all[i].name) == folded_name(all[k].name)) {
        throw Error(
            concat(place, "differs from ", other, " in case or blanks only; name one of them otherwise"));
      }
      for (const std::string& label : meant_labels(all[i])) {
        for (const std::string& first : meant_labels(all[k])) {
          if (!covers(first, label)) continue;
          throw Error(concat(place, "the given label '", label, "' means ", other,
                             first == label ? "" : concat(" by '", first, "'"),
                             " already; take it out of one of them"));
        }
      }
    }
  }
}

// One warning for each prompt and AudioSet name that two classes share: they cannot be told apart by it.
void warn_of_shared_prompts(const Project& project, std::string_view file) {
  std::map<std::string, std::string> owners;
  for (const SoundClass& sound : project.named_classes()) {
    for (const std::vector<std::string>* list : {&sound.prompts, &sound.audioset}) {
      for (const std::string& text : *list) {
        const auto [owner, is_new] = owners.try_emplace(
            concat(list == &sound.prompts ? "prompt '" : "AudioSet name '", folded_name(text)), sound.name);
        if (is_new || owner->second == sound.name) continue;
        log_warning(concat(file, ": classes '", owner->second, "' and '", sound.name, "' share the ",
                           owner->first, "': it tells the teacher nothing about which of them is heard"));
      }
    }
  }
}

void check_split(const Project& project, std::string_view file) {
  if (project.split.val + project.split.test >= 1.0) {
    throw Error(concat(file, ": [split] val and test leave nothing to train on"));
  }
}

}  // namespace

std::vector<TeacherSpec> TeacherSection::teachers() const {
  if (!ensemble.empty()) return ensemble;
  return {TeacherSpec{model, 1.0, 1.0}};
}

std::vector<SoundClass> Project::named_classes() const {
  std::vector<SoundClass> named = classes;
  named.insert(named.end(), negatives.begin(), negatives.end());
  return named;
}

std::vector<SoundClass> Project::all_classes() const {
  std::vector<SoundClass> all = named_classes();
  if (label.broad_negatives) all.emplace_back().name = kNoneOfThese;
  return all;
}

bool SoundClass::is_meant_by(std::string_view given_label) const {
  if (given_label == name) return true;
  return std::any_of(given.begin(), given.end(),
                     [&](const std::string& pattern) { return matches(pattern, given_label); });
}

std::int32_t Project::class_of(std::string_view given_label) const {
  std::int32_t index = 0;
  for (const std::vector<SoundClass>* list : {&classes, &negatives}) {
    for (const SoundClass& sound : *list) {
      if (sound.is_meant_by(given_label)) return index;
      ++index;
    }
  }
  return -1;
}

bool Project::means_any_class(std::string_view given_label) const {
  const std::int32_t index = class_of(given_label);
  if (index >= 0) return index < static_cast<std::int32_t>(classes.size());
  return std::any_of(any_class.begin(), any_class.end(),
                     [&](const std::string& pattern) { return matches(pattern, given_label); });
}

Project parse_project(std::string_view text, std::string_view file_name) {
  if (text.size() > kMaxFileBytes) throw Error(concat(file_name, ": too large for a project file"));
  const TomlNode root = parse_toml(text, file_name);
  Project project;
  project.name = read_project_name(root, file_name);
  std::vector<std::uint32_t> lines;
  project.classes = read_classes(root, "class", file_name, &lines);
  project.negatives = read_classes(root, "negative", file_name, &lines);
  read_any_class(root, file_name, &project.any_class);
  project.sources = read_sources(root, file_name);
  TomlFile reader(root, file_name, former_key);
  for (const char* read_above : {"name", "class", "negative", "any_class", "source"}) reader.find(read_above);
  project.visit_sections(reader);
  reader.finish();
  check_classes(project, lines, file_name);
  check_split(project, file_name);
  return project;
}

Project load_project(const std::filesystem::path& dir) {
  const std::filesystem::path path = dir / "pupil.toml";
  if (!std::filesystem::exists(path)) {
    throw Error(
        concat(path.string(), ": no project file here (make one with: pupil init ", dir.string(), ")"));
  }
  Project project = parse_project(read_text(path), path.string());
  warn_of_shared_prompts(project, path.string());
  project.dir = dir;
  const std::filesystem::path init = dir / project.train.init;
  if (!project.train.init.empty() && std::filesystem::exists(init)) project.train.init = init.string();
  return project;
}

std::string default_sections_text() {
  TomlWriter writer;
  Project project;
  project.visit_sections(writer);
  return writer.text;
}

}  // namespace pupil
