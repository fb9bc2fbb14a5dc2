// pupil export: the trained student as files for the device and for other engines.

#include <cstdio>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/project_file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "calibration_stage.h"
#include "commands.h"
#include "corpus/clips.h"
#include "deploy/export.h"
#include "export_options.h"
#include "metadata.h"
#include "student/model_draft.h"
#include "student/student_file.h"

namespace pupil::cli {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += concat(text.empty() ? "" : "\n", line);
  return text;
}

std::string teacher_names(const Project& project) {
  std::vector<std::string> names;
  for (const TeacherSpec& teacher : project.teacher.teachers()) names.push_back(teacher.model);
  return joined(names);
}

// In short: a device shows whose sounds it learned from; `pupil licences DIR` has every author.
void add_origins(corpus::Catalogue& catalogue, edge::ModelDraft* draft) {
  std::set<std::string> licences, sources;
  for (const corpus::Attribution& row : corpus::list_attributions(catalogue)) {
    licences.insert(row.licence.empty() ? "not stated" : row.licence);
    sources.insert(row.source);
  }
  set_metadata("licences", joined({licences.begin(), licences.end()}), draft);
  set_metadata("sources", joined({sources.begin(), sources.end()}), draft);
  const auto labels = corpus::latest_config(catalogue, "label");
  if (labels) set_metadata("label_config_sha256", labels->hash, draft);
}

/// What the project knows and the student's file does not.
void describe(const Project& project, const std::filesystem::path& student, std::string_view name,
              edge::ModelDraft* draft) {
  set_metadata("name", std::string(name), draft);
  set_metadata("created_by", concat("pupil ", PUPIL_VERSION), draft);
  set_metadata("teacher", teacher_names(project), draft);
  set_metadata("reported_classes", concat(project.classes.size()), draft);
  set_metadata("config_sha256", sha256_file(project.dir / "pupil.toml"), draft);
  set_metadata("checkpoint_sha256", sha256_file(student), draft);
  if (std::filesystem::exists(project.dir / "catalogue.db")) {
    auto catalogue = corpus::Catalogue::open(project.dir);
    add_origins(catalogue, draft);
  }
  for (edge::ClassDraft& c : draft->classes) {
    for (const SoundClass& known : project.all_classes()) {
      if (known.name == c.label) c.prompts = joined(known.prompts);
    }
  }
}

std::filesystem::path student_path(const ExportOptions& options) {
  if (!options.student.empty()) return options.student;
  const std::filesystem::path path = std::filesystem::path(options.dir) / "train" / "student.safetensors";
  if (!std::filesystem::exists(path)) {
    throw Error(concat(path.string(), ": no trained student yet (pupil train ", options.dir, " makes it)"));
  }
  return path;
}

/// A student as training left it, or the network of a model file.
edge::ModelDraft read_student(const std::filesystem::path& path) {
  if (path.extension() == ".pupil") return deploy::QuantisedNetwork::read(path).draft();
  const student::Student student = student::load_student(path);
  edge::ModelDraft draft = with_context(path.string(), [&] { return student::make_model_draft(student); });
  set_metadata("train_config_sha256", sha256_hex(student.configuration), &draft);
  return draft;
}

void print(const ExportOptions& options, const deploy::ExportedFiles& files) {
  Json summary;
  const auto add = [&](const char* key, const std::filesystem::path& path) {
    const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(path));
    Json file;
    file.set("path", path.string());
    file.set("bytes", bytes);
    summary.set(key, file);
    if (!options.json) std::printf("%-40s %10s\n", path.c_str(), readable_bytes(bytes).c_str());
  };
  add("model", files.model);
  add("onnx", files.onnx);
  add("c_array", files.c_array);
  add("golden", files.golden);
  if (options.json) std::printf("%s\n", summary.dump(2).c_str());
}

}  // namespace

int run_export(const Command& command, Arguments arguments) {
  const ExportOptions options = parse_options<ExportOptions>(command, arguments);
  if (options.name.find('/') != std::string::npos)
    throw UsageError("--name is a name, not a path (see --out)");
  const Project project = load_project(options.dir);
  const std::string name = options.name.empty() ? project.name : options.name;
  const std::filesystem::path student = student_path(options);
  edge::ModelDraft draft = read_student(student);
  describe(project, student, name, &draft);
  calibrate_draft(project, &draft);
  const std::filesystem::path folder =
      options.out.empty() ? std::filesystem::path(options.dir) / "model" : std::filesystem::path(options.out);
  print(options, deploy::write_exports(deploy::QuantisedNetwork(std::move(draft)), name, folder));
  return 0;
}

}  // namespace pupil::cli
