// SPDX-License-Identifier: Apache-2.0
#include "project/project_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "base/test_folder.h"
#include "base/text.h"

namespace pupil {
namespace {

constexpr const char* kGood = R"(name = "yard"
[[class]]
name = "bark"
prompts = ["a dog barking", "a dog barks"]
audioset = ["Bark"]
[[negative]]
name = "rain"
prompts = ["rain"]
[window]
length_s = 2
[teacher]
ensemble = [{model = "a", weight = 2}, {model = "b"}]
)";

std::string error_of(const std::string& text) {
  try {
    parse_project(text, "pupil.toml");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ProjectFile, ReadsClassesAndKeepsDefaults) {
  const Project project = parse_project(kGood, "pupil.toml");
  EXPECT_EQ(project.name, "yard");
  ASSERT_EQ(project.classes.size(), 1u);
  EXPECT_EQ(project.classes[0].prompts.size(), 2u);
  EXPECT_EQ(project.all_classes()[1].name, "rain");
  EXPECT_EQ(project.window.length_s, 2.0);
  EXPECT_EQ(project.window.hop_s, 0.5);
  EXPECT_EQ(project.teacher.teachers().size(), 2u);
  EXPECT_EQ(project.teacher.teachers()[0].weight, 2.0);
}

TEST(ProjectFile, KeysOfEarlierVersionsAreRead) {
  EXPECT_EQ(parse_project(concat(kGood, "hears = \"clip\"\n"), "pupil.toml").teacher.input, "clip");
  EXPECT_EQ(error_of("[teacher]\nhears = \"clip\"\ninput = \"window\"\n").substr(0, 39),
            "pupil.toml:2: [teacher] hears: unknown ");
  EXPECT_TRUE(
      parse_project(concat(kGood, "[train]\nuse_truth = true\n"), "pupil.toml").train.use_given_labels);
}

TEST(ProjectFile, ErrorsNameFileLineAndNearestKey) {
  EXPECT_EQ(error_of("[window]\nlenght_s = 1\n"),
            "pupil.toml:2: [window] lenght_s: unknown key, did you mean 'length_s'?");
  EXPECT_EQ(error_of("[windows]\n"), "pupil.toml:1: windows: unknown key or section, did you mean 'window'?");
  EXPECT_EQ(error_of("\n[window]\nlength_s = \"1\"\n"),
            "pupil.toml:3: [window] length_s: expected a number, found a string");
  EXPECT_EQ(error_of("[window]\nlength_s = nan\n"),
            "pupil.toml:2: [window] length_s: nan is out of range, 0.1 to 30 are allowed");
  EXPECT_EQ(
      error_of("[separate]\nmode = \"on\"\n"),
      "pupil.toml:2: [separate] mode: \"on\" is not known; choose one of \"off\", \"separated\", \"both\"");
  EXPECT_EQ(error_of("[window\n").substr(0, 13), "pupil.toml:1:");
}

TEST(ProjectFile, ClassesAreChecked) {
  EXPECT_EQ(error_of("[[class]]\nname = \"a\"\n"),
            "pupil.toml:1: [class] a: needs `prompts` (for CLAP), `audioset` (for a tagger) or "
            "`examples` (a folder of clips)");
  EXPECT_EQ(error_of("[[class]]\nname = \"a\"\nprompts = [\" \"]\n"),
            "pupil.toml:1: [class] a: has an empty prompt");
  EXPECT_NE(error_of("[[class]]\nname=\"a\"\nprompts=[\"x\"]\n[[negative]]\nname=\"a\"\nprompts=[\"y\"]\n")
                .find("twice"),
            std::string::npos);
}

TEST(ProjectFile, NameIsAFileName) {
  EXPECT_EQ(error_of("\nname = \"a/b\"\n"),
            "pupil.toml:2: name: \"a/b\" is a path: files are named so, '/' and '\\' are not allowed");
  for (const char* name :
       {"", ".", "..", ".hidden", "../../x", "/x", "con\\n", "a\\u0000b", "a ", " a", "a\\\\b"}) {
    EXPECT_EQ(error_of(std::string("name = \"") + name + "\"\n").substr(0, 19), "pupil.toml:1: name:")
        << name;
  }
  EXPECT_EQ(parse_project("name = \"Höfe 2.1\"\n", "pupil.toml").name, "Höfe 2.1");
}

std::string classes(std::initializer_list<const char*> lines) {
  std::string text;
  for (const char* line : lines) text += std::string("[[class]]\n") + line + "\nprompts = [\"x\"]\n";
  return text;
}

TEST(ProjectFile, ClassesDifferInMoreThanCaseAndBlanks) {
  EXPECT_EQ(
      error_of(classes({"name=\"Dog  bark\"", "name=\"dog bark\""})),
      "pupil.toml:5: class 'dog bark': differs from class 'Dog  bark' (line 2) in case or blanks only; name one of them "
      "otherwise");
  EXPECT_NE(error_of("[[class]]\nname=\"É\"\nprompts=[\"x\"]\n[[negative]]\nname=\"é\"\nprompts=[\"y\"]\n")
                .find("(line 2)"),
            std::string::npos);
  for (const char* name : {"", " ", "dog ", "a\\nb", "a\\u0000"}) {
    EXPECT_NE(error_of(classes({(std::string("name=\"") + name + "\"").c_str()}))
                  .find("pupil.toml:2: [class] name"),
              std::string::npos)
        << name;
  }
}

TEST(ProjectFile, EveryClassCanBeGiven) {
  EXPECT_EQ(
      error_of(classes({"name=\"a\"\ngiven=[\"b*\"]", "name=\"bark\""})),
      "pupil.toml:6: class 'bark': the given label 'bark' means class 'a' (line 2) by 'b*' already; take it out of one of "
      "them");
  EXPECT_NE(error_of(classes({"name=\"a\"\ngiven=[\"woof\"]", "name=\"b\"\ngiven=[\"woof\"]"})), "");
  EXPECT_NE(error_of(classes({"name=\"a\"\ngiven=[\"\"]"})), "");
  EXPECT_EQ(error_of(classes({"name=\"bark\"", "name=\"rest\"\ngiven=[\"b*\"]"})), "");  // the rest of them
}

TEST(ProjectFile, SourcesAreReadAndChecked) {
  const std::string good = R"([[source]]
path = "recordings"
licence = "CC0"
[[source]]
csv = "index.csv"
label_column = "what"
split_map = ["1=train"]
)";
  const Project project = parse_project(good, "pupil.toml");
  ASSERT_EQ(project.sources.size(), 2u);
  EXPECT_EQ(project.sources[0].licence, "CC0");
  EXPECT_EQ(project.sources[1].path_column, "path");
  EXPECT_EQ(project.sources[1].label_column, "what");
  EXPECT_NE(error_of("[[source]]\npath = \"a\"\nlabel_colum = \"b\"\n").find("did you mean 'label_column'?"),
            std::string::npos);
  EXPECT_NE(error_of("[[source]]\npath = \"a\\u0000b\"\n").find("pupil.toml:2: [source] path: has a NUL"),
            std::string::npos);
  const Project searched = parse_project(
      "[[source]]\nsearch = \"freesound\"\nby = \"meaning\"\nhard_negatives = true\n", "pupil.toml");
  EXPECT_EQ(searched.sources[0].by, "meaning");
  EXPECT_TRUE(searched.sources[0].hard_negatives);
  EXPECT_NE(error_of("[[source]]\npath = \"a\"\nhard_negatives = true\n")
                .find("hard_negatives: goes with `search`"),
            std::string::npos);
  EXPECT_NE(error_of("[[source]]\npath = \"a\"\nby = \"meaning\"\n").find("by: goes with `search`"),
            std::string::npos);
  EXPECT_NE(error_of("[[source]]\nlicence = \"CC0\"\n").find("pupil.toml:1"), std::string::npos);
  EXPECT_NE(error_of("[[source]]\npath = \"a\"\ncsv = \"b\"\n").find("name one of `path`"),
            std::string::npos);
}

TEST(ProjectFile, GivenLabelsFindTheirClass) {
  const Project project = parse_project(
      "any_class = [\"dog*\"]\n[[class]]\nname=\"bark\"\nprompts=[\"x\"]\ngiven=[\"woof\"]\n"
      "[[negative]]\nname=\"person\"\nprompts=[\"y\"]\ngiven=[\"neg/human_*\"]\n",
      "pupil.toml");
  EXPECT_EQ(project.class_of("bark"), 0);
  EXPECT_EQ(project.class_of("woof"), 0);
  EXPECT_EQ(project.class_of("neg/human_cough"), 1);
  EXPECT_EQ(project.class_of("dog_unspecified"), -1);
  EXPECT_TRUE(project.means_any_class("dog_unspecified"));
  EXPECT_TRUE(project.means_any_class("woof"));
  EXPECT_FALSE(project.means_any_class("neg/human_cough"));
  EXPECT_FALSE(project.means_any_class("rain"));
}

// What init writes is read back, also with every default line made active, and gives the defaults.
TEST(ProjectFile, DefaultTextIsValidAndComplete) {
  std::string text = default_sections_text();
  EXPECT_NO_THROW(parse_project(text, "pupil.toml"));
  std::string active;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    std::string line = text.substr(at, end - at);
    if (line.size() > 1 && line[0] == '#' && line[1] != ' ') line.erase(0, 1);
    active += line + "\n";
    at = end + 1;
  }
  const Project project = parse_project(active, "pupil.toml");
  EXPECT_EQ(section_json(project.train).dump(), section_json(TrainSection()).dump());
  EXPECT_EQ(section_json(project.teacher).dump(), section_json(TeacherSection()).dump());
}

// A file beside pupil.toml; a name that is no file is left for the built-in models.
TEST(ProjectFile, AClassCanBeShownAlone) {
  const SoundClass sound =
      parse_project("[[class]]\nname = \"a\"\nexamples = \"clips/\"\n", "pupil.toml").classes.at(0);
  EXPECT_EQ(sound.examples, "clips/");
  EXPECT_TRUE(sound.prompts.empty());
}

TEST(ProjectFile, ABackbonesPathIsRelativeToTheProject) {
  const TestFolder folder;
  const auto init_of = [&](const std::string& init) {
    std::ofstream(folder / "pupil.toml") << kGood << "[train]\ninit = \"" << init << "\"\n";
    return load_project(folder.path()).train.init;
  };
  std::ofstream(folder / "body.safetensors") << "x";
  EXPECT_EQ(init_of("body.safetensors"), (folder / "body.safetensors").string());
  EXPECT_EQ(init_of("backbone-small"), "backbone-small");
  EXPECT_EQ(init_of(""), "");
}

}  // namespace
}  // namespace pupil
