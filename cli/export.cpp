// SPDX-License-Identifier: Apache-2.0
// pupil export: the trained student as files for the device and for other engines.

#include <cstdio>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/name.h"
#include "base/project_lock.h"
#include "base/text.h"
#include "commands.h"
#include "cproject/c_project.h"
#include "device/model_file.h"
#include "export_options.h"
#include "output_paths.h"
#include "pipeline/export_stage.h"

namespace pupil::cli {
namespace {

constexpr std::int32_t kCProjectHopMs = 100;  // as `pupil classify` and `pupil listen` have it

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
  if (!options.c_project.empty()) {
    summary.set("c_project", options.c_project);
    if (!options.json) std::printf("%-40s a folder: see its README.md\n", options.c_project.c_str());
  }
  if (options.json) std::printf("%s\n", summary.dump(2).c_str());
}

void check_paths(const Project& project, const ExportOptions& options) {
  const std::filesystem::path folder =
      options.out.empty() ? project.dir / "model" : std::filesystem::path(options.out);
  std::vector<NamedPath> outputs;
  for (const char* ending : pipeline::kExportEndings)
    outputs.push_back({"--out", folder / ((options.name.empty() ? project.name : options.name) + ending)});
  check_outputs(outputs, std::vector<NamedPath>{{"--student", options.student}});
}

}  // namespace

int run_export(const Command& command, Arguments arguments) {
  ExportOptions options = parse_options<ExportOptions>(command, arguments);
  const std::string fault = options.name.empty() ? "" : file_name_fault(options.name);
  if (!fault.empty()) throw UsageError(concat("--name '", options.name, "' ", fault, " (the folder: --out)"));
  const Project project = load_project(options.dir);
  check_paths(project, options);
  if (!options.c_project.empty()) cproject::check_c_project_folder(options.c_project);
  std::optional<corpus::Catalogue> catalogue;
  if (std::filesystem::exists(project.dir / "catalogue.db")) catalogue = corpus::Catalogue::open(project.dir);
  const ProjectLock lock(options.dir, "pupil export",
                         options.out.empty() ? ProjectLock::Kind::exclusive : ProjectLock::Kind::shared);
  const pipeline::ExportStageOptions stage{options.name, options.student, options.out, options_json(options)};
  const deploy::ExportedFiles files =
      pipeline::run_export_stage(project, catalogue ? &*catalogue : nullptr, stage);
  if (!options.c_project.empty()) {
    const device::ModelFile file(files.model.string());
    cproject::write_c_project(file.model(), options.name.empty() ? project.name : options.name,
                              kCProjectHopMs, options.c_project);
  }
  print(options, files);
  return 0;
}

}  // namespace pupil::cli
