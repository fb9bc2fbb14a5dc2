// SPDX-License-Identifier: Apache-2.0
// From the student's file to an image, with what only the project knows, and from there to files
// (src/deploy).
//
// 1. The same project gives the same bytes on any machine: no path, no time and no row's id goes into the
//    metadata.
// 2. inputs_hash() has to cover everything that decides the files; export_is_current() relies on it.
// 3. A student that learned from other labels is refused if it is the project's own. One named with --student
//    is taken, but without the project's teacher and prompts: it did not learn from them.

#include "pipeline/export_stage.h"

#include <optional>
#include <set>

#include "base/error.h"
#include "base/revision.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/clips.h"
#include "corpus/licences.h"
#include "corpus/stage_run.h"
#include "pipeline/calibration_stage.h"
#include "pipeline/config_chain.h"
#include "pipeline/model_metadata.h"
#include "student/model_image.h"
#include "student/student_file.h"

namespace pupil::pipeline {
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

// A folder by its name alone: where it lies on this machine is nobody's business and would make other bytes elsewhere.
std::string source_name(const std::string& source) {
  const std::filesystem::path path(source);
  return path.is_absolute() ? path.filename().string() : source;
}

// In short: a device shows whose sounds it learned from; `pupil licences DIR` has every author.
void add_origins(corpus::Catalogue& catalogue, edge::ModelImage* image) {
  std::set<std::string> licences, sources;
  for (const corpus::Attribution& row : corpus::list_attributions(catalogue)) {
    licences.insert(row.licence.empty() ? "not stated" : row.licence);
    sources.insert(source_name(row.source));
  }
  set_metadata("licences", joined({licences.begin(), licences.end()}), image);
  set_metadata("sources", joined({sources.begin(), sources.end()}), image);
}

/// What the project knows and the student's file does not.
void describe(const Project& project, corpus::Catalogue* catalogue, const std::filesystem::path& student,
              std::string_view name, edge::ModelImage* image) {
  set_metadata("name", std::string(name), image);
  set_metadata("created_by", concat("pupil ", version()), image);
  set_metadata("reported_classes", concat(project.classes.size()), image);
  set_metadata("config_sha256", sha256_file(project.dir / "pupil.toml"), image);
  set_metadata("checkpoint_sha256", sha256_file(student), image);
  if (catalogue != nullptr) add_origins(*catalogue, image);
}

/// Who taught it, and by which words; the classes are the project's.
void describe_labels(const Project& project, edge::ModelImage* image) {
  set_metadata("teacher", teacher_names(project), image);
  const std::vector<SoundClass> classes = project.all_classes();
  for (std::size_t k = 0; k < classes.size(); ++k) image->classes[k].prompts = joined(classes[k].prompts);
}

std::filesystem::path student_path(const Project& project) {
  return project.dir / "train" / "student.safetensors";
}

// The "label" configuration that a student learned from; empty where its set was made elsewhere.
std::string learned_labels(const student::Student& student) {
  const Json configuration = parse_json(student.configuration);
  const Json* set = configuration.is_object() ? configuration.find("set") : nullptr;
  const Json* labels = set != nullptr && set->is_object() ? set->find("labels") : nullptr;
  return labels != nullptr && labels->is_string() ? labels->as_string() : "";
}

/// A student as training left it, or the network of a model file.
edge::ModelImage read_student(const std::filesystem::path& path) {
  if (path.extension() == ".pupil") return deploy::QuantisedNetwork::read(path).image();
  const student::Student student = student::load_student(path);
  edge::ModelImage image = with_context(path.string(), [&] { return student::make_model_image(student); });
  set_metadata("train_config_sha256", sha256_hex(student.configuration), &image);
  if (const std::string labels = learned_labels(student); !labels.empty())
    set_metadata("label_config_sha256", labels, &image);
  return image;
}

// A student of other classes would get the project's thresholds, prompts and number of reported classes.
void require_classes(const Project& project, const edge::ModelImage& image,
                     const std::filesystem::path& student) {
  std::vector<std::string> known;
  for (const edge::ClassDraft& c : image.classes) known.push_back(c.label);
  const std::string difference = class_difference(known, class_names(project));
  if (!difference.empty())
    throw Error(concat(student.string(), ": trained for other classes: ", difference, ": pupil label ",
                       project.dir.string(), ", then pupil train"));
}

std::string metadata_value(const edge::ModelImage& image, std::string_view key) {
  for (const auto& [known, value] : image.metadata) {
    if (known == key) return value;
  }
  return "";
}

// Whether the student learned from the labels that pupil.toml asks for, so that its teacher and prompts are those.
// The project's own student must; another one (--student) is the user's choice.
bool learned_present_labels(const Project& project, corpus::Catalogue* catalogue,
                            const edge::ModelImage& image, const ExportStageOptions& options,
                            const std::filesystem::path& student) {
  const std::string learned = metadata_value(image, "label_config_sha256");
  if (catalogue == nullptr || corpus::list_configs(*catalogue, "label").empty())
    return options.student.empty();
  if (learned == require_labels(project, *catalogue).label.hash) return true;
  if (!options.student.empty()) return false;
  throw Error(concat(student.string(), ": trained on other labels than pupil.toml asks for now: pupil train ",
                     project.dir.string(), " (or name the student with --student)"));
}

// Over all that decides the files' bytes.
std::string inputs_hash(const Project& project, corpus::Catalogue& catalogue,
                        const ExportStageOptions& options, const std::filesystem::path& student) {
  Sha256 hash;
  const auto add = [&](std::string_view text) { hash.update(concat(text.size(), " ", text, "\n")); };
  add(revision());  // another program may write other bytes
  add(options.name);
  add(options.folder.string());
  add(sha256_file(student));
  add(sha256_file(project.dir / "pupil.toml"));
  for (const corpus::Attribution& row : corpus::list_attributions(catalogue)) {
    add(row.licence);
    add(source_name(row.source));
  }
  add(options.student.string());
  const bool labelled = !corpus::list_configs(catalogue, "label").empty();
  add(labelled ? find_config_chain(project, catalogue).label.hash : "");
  return hash.hex();
}

}  // namespace

namespace {

void check_licences(const Project& project, corpus::Catalogue& catalogue) {
  const corpus::LicenceBreach breach = corpus::find_licence_breach(catalogue, project.licence.allow);
  if (breach.clip_count == 0) return;
  throw Error(concat(breach.clip_count,
                     " clips in train and val have licences that [licence] allow does not have, such as ",
                     breach.example, ": allow them, or take them out (pupil licences ", project.dir.string(),
                     " lists them, pupil forget removes) and train again"));
}

}  // namespace

deploy::ExportedFiles run_export_stage(const Project& project, corpus::Catalogue* catalogue,
                                       const ExportStageOptions& options) {
  const std::filesystem::path student = options.student.empty() ? student_path(project) : options.student;
  if (!std::filesystem::exists(student)) {
    throw Error(concat(student.string(), ": no trained student yet (pupil train ", project.dir.string(),
                       " makes it)"));
  }
  if (catalogue != nullptr) check_licences(project, *catalogue);
  std::optional<corpus::StageRun> run;
  if (catalogue != nullptr) {
    run.emplace(*catalogue, "export", options.record, 0, inputs_hash(project, *catalogue, options, student));
  }
  const auto start = std::chrono::steady_clock::now();
  const std::string name = options.name.empty() ? project.name : options.name;
  edge::ModelImage image = read_student(student);
  require_classes(project, image, student);
  if (learned_present_labels(project, catalogue, image, options, student)) describe_labels(project, &image);
  describe(project, catalogue, student, name, &image);
  calibrate_image(project, catalogue, &image);
  const std::filesystem::path folder = options.folder.empty() ? project.dir / "model" : options.folder;
  const deploy::ExportedFiles files =
      deploy::write_exports(deploy::QuantisedNetwork(std::move(image)), name, folder);
  if (run) {
    run->set_work("models", 1, start);
    Json summary;
    summary.set("model", files.model.string());
    run->finish(summary);
  }
  return files;
}

std::filesystem::path model_path(const Project& project) {
  return project.dir / "model" / concat(project.name, ".pupil");
}

bool export_is_current(const Project& project, corpus::Catalogue& catalogue) {
  if (!std::filesystem::exists(student_path(project))) return false;
  for (const char* ending : kExportEndings) {
    if (!std::filesystem::exists(model_path(project).replace_extension(ending))) return false;
  }
  const auto run = corpus::latest_finished_run(catalogue, "export");
  return run && run->inputs_hash == inputs_hash(project, catalogue, {}, student_path(project));
}

}  // namespace pupil::pipeline
