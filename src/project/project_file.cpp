// SPDX-License-Identifier: Apache-2.0
// toml++ reads the text; everything about our keys is here. toml++ is included nowhere else.
//
// 1. A section's visit() is the one list of its keys. SectionReader asks for each of them, there or not; what
//    it never asked for is an unknown key (finish()).
// 2. A check that needs all classes comes after the reading, without a node at hand: `lines` keeps the line
//    of each class for its message, in the order of all_classes().

#include "project/project_file.h"

#include <toml++/toml.h>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "base/name.h"
#include "base/text.h"

namespace pupil {
namespace {

constexpr std::size_t kMaxFileBytes = 4'000'000;

// Where a value stands, for errors.
struct Place {
  std::string_view file;
  std::string section;

  [[noreturn]] void fail(const toml::node& node, std::string_view key, std::string_view message) const {
    throw Error(concat(file, ":", node.source().begin.line, ": [", section, "] ", key, ": ", message));
  }
};

std::string_view found(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "an array";
    case toml::node_type::string: return "a string";
    case toml::node_type::integer: return "an integer";
    case toml::node_type::floating_point: return "a number";
    case toml::node_type::boolean: return "a boolean";
    default: return "a date or time";
  }
}

struct FormerKey {
  std::string_view section, key, former;
};
// What keys were called in earlier versions: read with a warning, so that an old project goes on.
constexpr FormerKey kFormerKeys[] = {{"teacher", "input", "hears"}};

// Takes the keys of one table into fields; finish() reports what no field took.
class SectionReader {
 public:
  SectionReader(const toml::table& table, Place place) : table_(table), place_(std::move(place)) {}

  void operator()(std::string_view key, std::string& field, std::string_view) { read(key, field); }
  void operator()(std::string_view key, std::string& field, Choices choices, std::string_view) {
    if (const toml::node* node = read(key, field)) check_choice(*node, key, field, choices);
  }
  void operator()(std::string_view key, bool& field, std::string_view) { read(key, field); }
  void operator()(std::string_view key, std::int64_t& field, Range range, std::string_view) {
    if (const toml::node* node = read(key, field)) check_range(*node, key, static_cast<double>(field), range);
  }
  void operator()(std::string_view key, double& field, Range range, std::string_view) {
    if (const toml::node* node = read(key, field)) check_range(*node, key, field, range);
  }
  void operator()(std::string_view key, std::vector<TeacherSpec>& field, std::string_view) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    for (const toml::node& element : array(*node, key)) {
      if (!element.is_table()) place_.fail(element, key, concat("expected a table, found ", found(element)));
      TeacherSpec& spec = field.emplace_back();
      SectionReader reader(*element.as_table(), {place_.file, concat(place_.section, ".", key)});
      spec.visit(reader);
      reader.finish();
      if (spec.model.empty()) place_.fail(element, key, "`model` is missing");
    }
  }

  void operator()(std::string_view key, std::vector<std::string>& field, std::string_view) {
    strings(key, field);
  }

  void strings(std::string_view key, std::vector<std::string>& field) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    for (const toml::node& element : array(*node, key)) {
      field.push_back(string(element, key));
    }
  }

  void finish() {
    for (const auto& [key, node] : table_) {
      const std::string_view name = key.str();
      if (known_.contains(name)) continue;
      const std::vector<std::string_view> names(known_.begin(), known_.end());
      place_.fail(node, name, concat("unknown key", did_you_mean(name, names)));
    }
  }

 private:
  const toml::node* take(std::string_view key) {
    known_.insert(key);
    const toml::node* node = table_.get(key);
    return node != nullptr ? node : take_former(key);
  }

  const toml::node* take_former(std::string_view key) {
    for (const FormerKey& known : kFormerKeys) {
      if (known.section != place_.section || known.key != key) continue;
      const toml::node* node = table_.get(known.former);
      if (node == nullptr) continue;
      known_.insert(known.former);
      log_warning(concat(place_.file, ":", node->source().begin.line, ": [", known.section, "] ",
                         known.former, " is called `", key, "` now"));
      return node;
    }
    return nullptr;
  }

  const toml::array& array(const toml::node& node, std::string_view key) const {
    if (!node.is_array()) place_.fail(node, key, concat("expected an array, found ", found(node)));
    return *node.as_array();
  }

  const std::string& string(const toml::node& node, std::string_view key) const {
    if (!node.is_string()) place_.fail(node, key, concat("expected a string, found ", found(node)));
    const std::string& text = node.as_string()->get();
    // Paths and names would silently end there.
    if (text.find('\0') != std::string::npos) place_.fail(node, key, "has a NUL character");
    return text;
  }

  // Null when the key is absent; then the default stays.
  const toml::node* read(std::string_view key, std::string& field) {
    const toml::node* node = take(key);
    if (node == nullptr) return nullptr;
    field = string(*node, key);
    return node;
  }
  const toml::node* read(std::string_view key, bool& field) {
    const toml::node* node = take(key);
    if (node == nullptr) return nullptr;
    if (!node->is_boolean()) place_.fail(*node, key, concat("expected true or false, found ", found(*node)));
    field = node->as_boolean()->get();
    return node;
  }
  const toml::node* read(std::string_view key, std::int64_t& field) {
    const toml::node* node = take(key);
    if (node == nullptr) return nullptr;
    if (!node->is_integer()) place_.fail(*node, key, concat("expected an integer, found ", found(*node)));
    field = node->as_integer()->get();
    return node;
  }
  const toml::node* read(std::string_view key, double& field) {
    const toml::node* node = take(key);
    if (node == nullptr) return nullptr;
    if (!node->is_number()) place_.fail(*node, key, concat("expected a number, found ", found(*node)));
    field = node->value<double>().value();
    return node;
  }

  void check_range(const toml::node& node, std::string_view key, double value, Range range) const {
    if (value >= range.low && value <= range.high) return;  // false for NaN
    place_.fail(node, key,
                concat(value, " is out of range, ", range.low, " to ", range.high, " are allowed"));
  }

  void check_choice(const toml::node& node, std::string_view key, const std::string& value,
                    Choices choices) const {
    std::string list;
    for (const std::string_view choice : choices) {
      if (choice == value) return;
      list += concat(list.empty() ? "" : ", ", "\"", choice, "\"");
    }
    place_.fail(node, key, concat("\"", value, "\" is not known; choose one of ", list));
  }

  const toml::table& table_;
  Place place_;
  std::set<std::string_view> known_;
};

// `lines` gets the line of each class, for errors found later.
std::vector<SoundClass> read_classes(const toml::table& root, std::string_view key, std::string_view file,
                                     std::vector<std::uint32_t>* lines) {
  std::vector<SoundClass> classes;
  const toml::node* node = root.get(key);
  if (node == nullptr) return classes;
  const Place place{file, std::string(key)};
  if (!node->is_array_of_tables()) place.fail(*node, key, concat("expected [[", key, "]] tables"));
  for (const toml::node& element : *node->as_array()) {
    SoundClass& sound = classes.emplace_back();
    const toml::table& table = *element.as_table();
    SectionReader reader(table, place);
    reader("name", sound.name, "");
    reader.strings("prompts", sound.prompts);
    reader.strings("audioset", sound.audioset);
    reader("query", sound.query, "");
    reader.strings("given", sound.given);
    reader.finish();
    const toml::node* name = table.get("name");
    if (name == nullptr) place.fail(element, "name", "is missing");
    lines->push_back(name->source().begin.line);
    const std::string fault = label_fault(sound.name);
    if (!fault.empty()) place.fail(*name, "name", concat(Json(sound.name).dump(), " ", fault));
    if (sound.prompts.empty() && sound.audioset.empty()) {
      place.fail(element, sound.name, "needs `prompts` (for CLAP) or `audioset` (for a tagger)");
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

std::vector<SourceSpec> read_sources(const toml::table& root, std::string_view file) {
  std::vector<SourceSpec> sources;
  const toml::node* node = root.get("source");
  if (node == nullptr) return sources;
  const Place place{file, "source"};
  if (!node->is_array_of_tables()) place.fail(*node, "source", "expected [[source]] tables");
  for (const toml::node& element : *node->as_array()) {
    SourceSpec& source = sources.emplace_back();
    SectionReader reader(*element.as_table(), place);
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
  }
  return sources;
}

// Reads every section of a project from the tables of the same names.
class ProjectReader {
 public:
  ProjectReader(const toml::table& root, std::string_view file) : root_(root), file_(file) {}

  template <typename Section>
  void section(std::string_view name, Section& section, std::string_view) {
    known_.insert(name);
    const toml::node* node = root_.get(name);
    if (node == nullptr) return;
    const Place place{file_, std::string(name)};
    if (!node->is_table()) place.fail(*node, name, concat("expected a table, found ", found(*node)));
    SectionReader reader(*node->as_table(), place);
    section.visit(reader);
    reader.finish();
  }

  void finish() {
    known_.insert({"name", "class", "negative", "any_class", "source"});
    const std::vector<std::string_view> names(known_.begin(), known_.end());
    for (const auto& [key, node] : root_) {
      if (known_.contains(key.str())) continue;
      throw Error(concat(file_, ":", node.source().begin.line, ": ", key.str(), ": unknown key or section",
                         did_you_mean(key.str(), names)));
    }
  }

 private:
  const toml::table& root_;
  std::string_view file_;
  std::set<std::string_view> known_;
};

bool matches(std::string_view pattern, std::string_view text) {
  if (!pattern.ends_with('*')) return pattern == text;
  return text.starts_with(pattern.substr(0, pattern.size() - 1));
}

void read_any_class(const toml::table& root, std::string_view file, std::vector<std::string>* names) {
  const toml::node* node = root.get("any_class");
  if (node == nullptr) return;
  const bool strings =
      node->is_array() && (node->as_array()->empty() || node->as_array()->is_homogeneous<std::string>());
  if (!strings)
    throw Error(concat(file, ":", node->source().begin.line, ": any_class: expected an array of strings"));
  for (const toml::node& element : *node->as_array()) {
    names->push_back(element.as_string()->get());
    if (folded_name(names->back()).empty())
      throw Error(concat(file, ":", element.source().begin.line, ": any_class: an empty given label"));
  }
}

std::string read_project_name(const toml::table& root, std::string_view file) {
  const toml::node* node = root.get("name");
  if (node == nullptr) return Project().name;
  const std::string place = concat(file, ":", node->source().begin.line, ": name: ");
  if (!node->is_string()) throw Error(concat(place, "expected a string, found ", found(*node)));
  const std::string name = node->as_string()->get();
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

// `lines` of the classes, in the order of all_classes().
void check_classes(const Project& project, const std::vector<std::uint32_t>& lines, std::string_view file) {
  const std::vector<SoundClass> all = project.all_classes();
  for (std::size_t i = 0; i < all.size(); ++i) {
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
  for (const SoundClass& sound : project.all_classes()) {
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

// Writes sections as a commented TOML text.
class DefaultsWriter {
 public:
  template <typename Section>
  void section(std::string_view name, Section& section, std::string_view comment) {
    text += concat("\n# ", comment, "\n[", name, "]\n");
    section.visit(*this);
  }
  void operator()(std::string_view key, const std::string& field, std::string_view comment) {
    line(key, concat("\"", field, "\""), comment);
  }
  void operator()(std::string_view key, const std::string& field, Choices, std::string_view comment) {
    (*this)(key, field, comment);
  }
  void operator()(std::string_view key, bool field, std::string_view comment) {
    line(key, field ? "true" : "false", comment);
  }
  void operator()(std::string_view key, std::int64_t field, Range, std::string_view comment) {
    line(key, concat(field), comment);
  }
  void operator()(std::string_view key, double field, Range, std::string_view comment) {
    std::string number = concat(field);
    if (number.find_first_of(".e") == std::string::npos) number += ".0";
    line(key, number, comment);
  }
  template <typename Element>
  void operator()(std::string_view key, const std::vector<Element>&, std::string_view comment) {
    line(key, "[]", comment);
  }
  std::string text;

 private:
  void line(std::string_view key, std::string_view value, std::string_view comment) {
    text += concat("# ", comment, "\n#", key, " = ", value, "\n");
  }
};

}  // namespace

std::vector<TeacherSpec> TeacherSection::teachers() const {
  if (!ensemble.empty()) return ensemble;
  return {TeacherSpec{model, 1.0, 1.0}};
}

std::vector<SoundClass> Project::all_classes() const {
  std::vector<SoundClass> all = classes;
  all.insert(all.end(), negatives.begin(), negatives.end());
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
  toml::table root;
  try {
    root = toml::parse(text, file_name);
  } catch (const toml::parse_error& error) {
    throw Error(concat(file_name, ":", error.source().begin.line, ": ", error.description()));
  }
  Project project;
  project.name = read_project_name(root, file_name);
  std::vector<std::uint32_t> lines;
  project.classes = read_classes(root, "class", file_name, &lines);
  project.negatives = read_classes(root, "negative", file_name, &lines);
  read_any_class(root, file_name, &project.any_class);
  project.sources = read_sources(root, file_name);
  ProjectReader reader(root, file_name);
  project.visit_sections(reader);
  reader.finish();
  check_classes(project, lines, file_name);
  check_split(project, file_name);
  return project;
}

Project load_project(const std::filesystem::path& dir) {
  const std::filesystem::path path = dir / "pupil.toml";
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw Error(
        concat(path.string(), ": no project file here (make one with: pupil init ", dir.string(), ")"));
  }
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  Project project = parse_project(text, path.string());
  warn_of_shared_prompts(project, path.string());
  project.dir = dir;
  const std::filesystem::path init = dir / project.train.init;
  if (!project.train.init.empty() && std::filesystem::exists(init)) project.train.init = init.string();
  return project;
}

std::string default_sections_text() {
  DefaultsWriter writer;
  Project project;
  project.visit_sections(writer);
  return writer.text;
}

}  // namespace pupil
