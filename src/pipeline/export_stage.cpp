#include "pipeline/export_stage.h"

#include <optional>
#include <set>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "pipeline/calibration_stage.h"
#include "pipeline/config_chain.h"
#include "corpus/clips.h"
#include "pipeline/model_metadata.h"
#include "base/revision.h"
#include "corpus/stage_run.h"
#include "student/model_draft.h"
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
void add_origins(corpus::Catalogue& catalogue, edge::ModelDraft* draft) {
  std::set<std::string> licences, sources;
  for (const corpus::Attribution& row : corpus::list_attributions(catalogue)) {
    licences.insert(row.licence.empty() ? "not stated" : row.licence);
    sources.insert(source_name(row.source));
  }
  set_metadata("licences", joined({licences.begin(), licences.end()}), draft);
  set_metadata("sources", joined({sources.begin(), sources.end()}), draft);
}

/// What the project knows and the student's file does not.
void describe(const Project& project, corpus::Catalogue* catalogue, const std::filesystem::path& student,
              std::string_view name, edge::ModelDraft* draft) {
  set_metadata("name", std::string(name), draft);
  set_metadata("created_by", concat("pupil ", version()), draft);
  set_metadata("reported_classes", concat(project.classes.size()), draft);
  set_metadata("config_sha256", sha256_file(project.dir / "pupil.toml"), draft);
  set_metadata("checkpoint_sha256", sha256_file(student), draft);
  if (catalogue != nullptr) add_origins(*catalogue, draft);
}

/// Who taught it, and by which words; the classes are the project's.
void describe_labels(const Project& project, edge::ModelDraft* draft) {
  set_metadata("teacher", teacher_names(project), draft);
  const std::vector<SoundClass> classes = project.all_classes();
  for (std::size_t k = 0; k < classes.size(); ++k) draft->classes[k].prompts = joined(classes[k].prompts);
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
edge::ModelDraft read_student(const std::filesystem::path& path) {
  if (path.extension() == ".pupil") return deploy::QuantisedNetwork::read(path).draft();
  const student::Student student = student::load_student(path);
  edge::ModelDraft draft = with_context(path.string(), [&] { return student::make_model_draft(student); });
  set_metadata("train_config_sha256", sha256_hex(student.configuration), &draft);
  if (const std::string labels = learned_labels(student); !labels.empty())
    set_metadata("label_config_sha256", labels, &draft);
  return draft;
}

// A student of other classes would get the project's thresholds, prompts and number of reported classes.
void require_classes(const Project& project, const edge::ModelDraft& draft, const std::filesystem::path& student) {
  std::vector<std::string> known;
  for (const edge::ClassDraft& c : draft.classes) known.push_back(c.label);
  const std::string difference = class_difference(known, class_names(project));
  if (!difference.empty())
    throw Error(concat(student.string(), ": trained for other classes: ", difference, ": pupil label ",
                       project.dir.string(), ", then pupil train"));
}

std::string metadata_value(const edge::ModelDraft& draft, std::string_view key) {
  for (const auto& [known, value] : draft.metadata) {
    if (known == key) return value;
  }
  return "";
}

// Whether the student learned from the labels that pupil.toml asks for, so that its teacher and prompts are those.
// The project's own student must; another one (--student) is the user's choice.
bool learned_present_labels(const Project& project, corpus::Catalogue* catalogue, const edge::ModelDraft& draft,
                            const ExportStageOptions& options, const std::filesystem::path& student) {
  const std::string learned = metadata_value(draft, "label_config_sha256");
  if (catalogue == nullptr || corpus::list_configs(*catalogue, "label").empty()) return options.student.empty();
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

deploy::ExportedFiles run_export_stage(const Project& project, corpus::Catalogue* catalogue,
                                       const ExportStageOptions& options) {
  const std::filesystem::path student = options.student.empty() ? student_path(project) : options.student;
  if (!std::filesystem::exists(student)) {
    throw Error(concat(student.string(), ": no trained student yet (pupil train ", project.dir.string(),
                       " makes it)"));
  }
  std::optional<corpus::StageRun> run;
  if (catalogue != nullptr) {
    run.emplace(*catalogue, "export", options.record, 0, inputs_hash(project, *catalogue, options, student));
  }
  const auto start = std::chrono::steady_clock::now();
  const std::string name = options.name.empty() ? project.name : options.name;
  edge::ModelDraft draft = read_student(student);
  require_classes(project, draft, student);
  if (learned_present_labels(project, catalogue, draft, options, student)) describe_labels(project, &draft);
  describe(project, catalogue, student, name, &draft);
  calibrate_draft(project, catalogue, &draft);
  const std::filesystem::path folder = options.folder.empty() ? project.dir / "model" : options.folder;
  const deploy::ExportedFiles files =
      deploy::write_exports(deploy::QuantisedNetwork(std::move(draft)), name, folder);
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
