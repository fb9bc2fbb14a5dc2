// pupil init: makes a project, a folder with a commented pupil.toml.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/error.h"
#include "base/project_file.h"
#include "base/text.h"
#include "commands.h"
#include "presets.h"

namespace pupil::cli {
namespace {

namespace fs = std::filesystem;

// What a project without a preset begins with: two classes to be replaced.
constexpr std::string_view kExampleClasses =
    R"(# The sounds to tell apart. A class has a name, phrases that describe it for CLAP (several: they are averaged),
# AudioSet names for a tagger, and what the separator is asked for.

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

# What is told apart but not reported: without it everything would sound like one of the classes.

[[negative]]
name = "speech"
prompts = ["a person speaking", "people talking", "a voice on the television"]
audioset = ["Speech", "Conversation"]

[[negative]]
name = "music"
prompts = ["music playing", "a song with instruments"]
audioset = ["Music"]

[[negative]]
name = "quiet"
prompts = ["silence", "a quiet room", "background noise"]
audioset = ["Silence", "White noise", "Hum"]
)";

struct InitOptions {
  static constexpr std::string_view kDetails =
      "Writes DIR/pupil.toml with every setting, its default and what it does. Edit the classes, then pupil "
      "collect.";

  std::string dir;
  std::string preset;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "folder of the project; made when missing");
    v.value("--preset", "NAME", preset, "start from ready classes: dogs");
  }
};

std::string_view preset_text(const std::string& name) {
  if (name.empty()) return kExampleClasses;
  std::vector<std::string_view> names;
  std::string all;
  for (const Preset& preset : presets()) {
    if (preset.name == name) return preset.text;
    names.push_back(preset.name);
    all += concat(all.empty() ? "" : ", ", preset.name);
  }
  throw UsageError(concat("unknown preset '", name, "'", did_you_mean(name, names), " (presets: ", all, ")"));
}

std::string project_text(const std::string& name, std::string_view classes) {
  return concat(
      "# A pupil project: what to listen for, and how. Lines that are commented out show the "
      "defaults.\n\nname = ",
      Json(name).dump(), "\n\n", classes, "\n", default_sections_text());
}

void write_new_file(const fs::path& path, const std::string& text) {
  if (fs::exists(path)) throw Error(path.string() + ": exists already; remove it first to start anew");
  std::ofstream out(path, std::ios::binary);
  out << text << std::flush;
  if (!out) throw Error(path.string() + ": cannot write");
}

}  // namespace

int run_init(const Command& command, Arguments arguments) {
  const InitOptions options = parse_options<InitOptions>(command, arguments);
  const std::string_view classes = preset_text(options.preset);
  std::error_code code;
  fs::create_directories(options.dir, code);
  if (code) throw Error(concat(options.dir, ": cannot make folder: ", code.message()));
  const fs::path file = fs::path(options.dir) / "pupil.toml";
  write_new_file(file, project_text(fs::canonical(options.dir).filename().string(), classes));
  load_project(options.dir);  // what we write we also read
  std::printf("%s\nnext: edit the classes, then pupil collect %s FOLDER\n", file.c_str(),
              options.dir.c_str());
  return 0;
}

}  // namespace pupil::cli
