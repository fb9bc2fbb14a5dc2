// SPDX-License-Identifier: Apache-2.0
// pupil init: makes a project, a folder with a commented pupil.toml.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/name.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/class_examples.h"
#include "corpus/csv.h"
#include "corpus/index_columns.h"
#include "corpus/sources.h"
#include "presets.h"
#include "project/project_file.h"

namespace pupil::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kClassesComment =
    R"(# The sounds to tell apart. A class has a name, phrases that describe it for CLAP (several: they are averaged),
# AudioSet names for a tagger, and what the separator is asked for. Or it is shown: examples = "cans/" is a folder of 3 to
# 50 clips of it, beside words or without. `given` lists other labels of recordings that mean it.
)";

// What a project without a preset begins with: two classes to be replaced.
constexpr std::string_view kExampleClasses = R"(
[[class]]
name = "doorbell"
prompts = ["a doorbell rings", "the chime of a doorbell"]
audioset = ["Doorbell", "Ding-dong"]
query = "a doorbell"

[[class]]
name = "knock"
prompts = ["knocking on a door", "someone knocks on wood"]
audioset = ["Knock"]
query = "knocking on a door"
)";

constexpr std::string_view kNegativesComment = R"(
# What is told apart but not reported: without it everything would sound like one of the classes.
)";

struct Negative {
  std::string_view name;
  std::string_view text;
};

constexpr Negative kExampleNegatives[] = {{"speech", R"(
[[negative]]
name = "speech"
prompts = ["a person speaking", "people talking", "a voice on the television"]
audioset = ["Speech", "Conversation"]
)"},
                                          {"music", R"(
[[negative]]
name = "music"
prompts = ["music playing", "a song with instruments"]
audioset = ["Music"]
)"},
                                          {"quiet", R"(
[[negative]]
name = "quiet"
prompts = ["silence", "a quiet room", "background noise"]
audioset = ["Silence", "White noise", "Hum"]
)"}};

struct InitOptions {
  static constexpr std::string_view kDetails =
      "Writes DIR/pupil.toml with every setting, its default and what it does. Three words and a folder will "
      "do:\n"
      "  pupil init yard --classes \"dog barking\" doorbell rain --source recordings/";

  std::string dir;
  std::string preset;
  std::vector<std::string> classes;
  std::vector<std::string> sources;
  std::vector<std::string> examples;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "folder of the project; made when missing");
    v.value("--preset", "NAME", preset, "start from ready classes: dogs");
    v.list("--classes", "WORDS", classes,
           "the sounds to tell apart, each in a word or a few; commas divide them too");
    v.list("--examples", "NAME=FOLDER", examples,
           "clips that show a class, 3 to 50: can_opening=cans/; a class of --classes too, or without words");
    v.list("--source", "FOLDER", sources, "where recordings come from: folders, indexes, recordings");
  }
};

// "dog, cat" is two classes, whether a shell or a comma divides them. UsageError: a name that cannot be one.
std::vector<std::string> class_names(const std::vector<std::string>& words) {
  std::vector<std::string> names;
  for (const std::string& word : words) {
    const std::size_t count = names.size();
    for (std::size_t at = 0; at <= word.size();) {
      const std::size_t comma = std::min(word.find(',', at), word.size());
      const std::size_t begin = word.find_first_not_of(' ', at);
      if (begin < comma)
        names.push_back(word.substr(begin, word.find_last_not_of(' ', comma - 1) + 1 - begin));
      at = comma + 1;
    }
    if (names.size() == count) throw UsageError(concat("--classes '", word, "': names no class"));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string fault = label_fault(names[i]);
    if (!fault.empty()) throw UsageError(concat("--classes '", names[i], "' ", fault));
    for (std::size_t k = 0; k < i; ++k) {
      if (folded_name(names[i]) == folded_name(names[k]))
        throw UsageError(concat("--classes: '", names[k], "' and '", names[i], "' are the same class"));
    }
  }
  return names;
}

// As it is found from the project's folder: relative where it is in it or in its parent, so that both can be moved
// together.
std::string place_text(const fs::path& dir, const std::string& place) {
  const fs::path whole = fs::canonical(place);
  const fs::path near = whole.lexically_relative(fs::canonical(dir));
  const bool beside = !near.empty() && !near.string().starts_with("../..");
  return Json((beside ? near : whole).string()).dump();
}

// A class that is shown: its name, and the folder of its clips.
struct ShownClass {
  std::string name;
  std::string folder;
};

// UsageError: not NAME=FOLDER. Error: as corpus::list_examples(); better here than when everything is collected.
std::vector<ShownClass> shown_classes(const std::vector<std::string>& words) {
  std::vector<ShownClass> shown;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals + 1 == word.size())
      throw UsageError(concat("--examples '", word, "': expected NAME=FOLDER"));
    shown.push_back({word.substr(0, equals), word.substr(equals + 1)});
    const std::string fault = label_fault(shown.back().name);
    if (!fault.empty()) throw UsageError(concat("--examples '", word, "': the name ", fault));
    corpus::list_examples(shown.back().folder);
  }
  return shown;
}

// A class by its name alone. Whoever knows AudioSet's name for it can add that for a tagger.
std::string class_text(const std::string& words) {
  const std::vector<std::string> prompts = {words, concat("the sound of ", words)};
  return concat("\n[[class]]\nname = ", Json(words).dump(), "\nprompts = ", Json(prompts).dump(), "\n");
}

// Puts the examples of a class behind its words, or adds a class without any.
void add_examples(const std::string& name, const std::string& place, std::string* text) {
  const std::string line = concat("name = ", Json(name).dump(), "\n");
  const std::string key = concat("examples = ", place, "\n");
  const std::size_t at = text->find(line);
  if (at != std::string::npos) {
    text->insert(at + line.size(), key);
  } else {
    *text += concat("\n[[class]]\n", line, key);
  }
}

std::string classes_text(const fs::path& dir, const std::vector<std::string>& classes,
                         const std::vector<ShownClass>& shown) {
  std::string text(kClassesComment);
  for (const std::string& words : classes) text += class_text(words);
  if (classes.empty() && shown.empty()) text += kExampleClasses;
  for (const ShownClass& one : shown) add_examples(one.name, place_text(dir, one.folder), &text);
  text += kNegativesComment;
  for (const Negative& negative : kExampleNegatives) {
    const bool is_class = std::any_of(classes.begin(), classes.end(), [&](const std::string& name) {
      return folded_name(name) == negative.name;
    });
    if (!is_class) text += negative.text;
  }
  return text;
}

// What collect will say of an index: better before the work than after. Its faults are collect's to refuse, so that there
// is a pupil.toml in which to name what it lacks (split_map).
void say_of_index(const fs::path& index, const corpus::CsvColumns& columns) {
  try {
    const corpus::Source source = corpus::read_csv_source(index, columns);
    for (const std::string& remark : source.remarks) log_info(remark);
    log_warnings(source.warnings);
  } catch (const Error& error) {
    log_warning(error.what());
  }
}

// The [[source]] of an index, with the columns found by their usual names. `place`: the index as TOML. Error: none says
// where the files are.
std::string index_text(const fs::path& index, const std::string& place) {
  const corpus::CsvTable table = corpus::read_csv(index);
  if (corpus::is_esc50(table)) return concat("[[source]]\npath = ", place, "\n\n");
  const corpus::CsvColumns columns = corpus::find_usual_columns(table, {});
  corpus::check_names_files(table, columns);
  say_of_index(index, columns);
  std::string text = concat("[[source]]\ncsv = ", place, "\n");
  for (const corpus::ColumnPurpose& purpose : corpus::column_purposes()) {
    const std::string& column = columns.*purpose.column;
    if (!column.empty()) text += concat(purpose.name, "_column = ", Json(column).dump(), "\n");
  }
  return text + "\n";
}

std::string source_text(const fs::path& dir, const std::string& source) {
  if (!fs::exists(source)) throw Error(source + ": no such folder or file");
  const fs::path whole = fs::canonical(source);
  const std::string place = place_text(dir, source);
  return corpus::is_index(whole) ? index_text(whole, place) : concat("[[source]]\npath = ", place, "\n\n");
}

std::string sources_text(const fs::path& dir, const std::vector<std::string>& sources) {
  std::string text = concat(
      "# Where recordings come from: folders, indexes, recordings (pupil collect --help). Paths are relative "
      "to this\n"
      "# file. An index: csv = \"index.csv\" and its columns where they have no usual names: path_column, label_column,\n"
      "# group_column (the recording a clip was cut from), split_column, licence_column, ...; licence and author serve recordings that name none.\n\n");
  if (sources.empty()) text += "#[[source]]\n#path = \"../recordings\"\n\n";
  for (const std::string& source : sources) text += source_text(dir, source);
  return text;
}

std::string_view preset_text(const std::string& name) {
  std::vector<std::string_view> names;
  std::string all;
  for (const Preset& preset : presets()) {
    if (preset.name == name) return preset.text;
    names.push_back(preset.name);
    all += concat(all.empty() ? "" : ", ", preset.name);
  }
  throw UsageError(concat("unknown preset '", name, "'", did_you_mean(name, names), " (presets: ", all, ")"));
}

// The folder's name, where files can be named so.
std::string project_name(const fs::path& dir) {
  const std::string name = fs::canonical(dir).filename().string();
  const std::string fault = file_name_fault(name);
  if (fault.empty()) return name;
  log_warning(
      concat("the folder's name '", name, "' ", fault, "; the project is named '", Project().name, "'"));
  return Project().name;
}

std::string project_text(const std::string& name, std::string_view sources, std::string_view classes) {
  return concat(
      "# A pupil project: what to listen for, and how. Lines that are commented out show the "
      "defaults.\n\nname = ",
      Json(name).dump(), "\n\n", sources, classes, "\n", default_sections_text());
}

void write_new_file(const fs::path& path, const std::string& text) {
  if (fs::exists(path)) throw Error(path.string() + ": exists already; remove it first to start anew");
  write_whole(path, text);
}

}  // namespace

int run_init(const Command& command, Arguments arguments) {
  const InitOptions options = parse_options<InitOptions>(command, arguments);
  if (!options.preset.empty() && !options.classes.empty())
    throw UsageError("give either --preset or --classes");
  if (!options.preset.empty() && !options.examples.empty())
    throw UsageError("give either --preset or --examples");
  const std::vector<std::string> names = class_names(options.classes);
  const std::vector<ShownClass> shown = shown_classes(options.examples);
  const std::string preset = options.preset.empty() ? "" : std::string(preset_text(options.preset));
  make_folders(options.dir);
  const std::string classes = options.preset.empty() ? classes_text(options.dir, names, shown) : preset;
  const fs::path file = fs::path(options.dir) / "pupil.toml";
  const std::string text =
      project_text(project_name(options.dir), sources_text(options.dir, options.sources), classes);
  parse_project(text, file.string());  // what we write we also read
  write_new_file(file, text);
  const bool ready = !options.sources.empty() &&
                     (!options.preset.empty() || !options.classes.empty() || !options.examples.empty());
  const char* next = ready                     ? ""
                     : options.sources.empty() ? "name your recordings in [[source]], edit the classes, then "
                                               : "edit the classes, then ";
  std::printf("%s\nnext: %spupil run %s\n", file.c_str(), next, options.dir.c_str());
  return 0;
}

}  // namespace pupil::cli
