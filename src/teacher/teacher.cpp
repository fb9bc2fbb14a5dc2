// SPDX-License-Identifier: Apache-2.0
#include "teacher/teacher.h"

#include "base/error.h"
#include "base/json.h"
#include "teacher/clap_teacher.h"
#include "teacher/tagger_teacher.h"

namespace pupil::teacher {

std::string_view teacher_kind(const std::filesystem::path& path) {
  return Clap::is_clap(path) ? ClapTeacher::kKind : TaggerTeacher::kKind;
}

bool is_standardised(std::string_view kind) {
  return kind != ClapTeacher::kKind;
}

std::string class_config(std::string_view kind, std::span<const SoundClass> classes) {
  Json config = Json(Json::Array());
  for (const SoundClass& sound : classes) {
    config.push_back(Json(kind == ClapTeacher::kKind ? sound.prompts : sound.audioset));
  }
  return config.dump();
}

std::unique_ptr<Teacher> load_teacher(const std::filesystem::path& path, const TeacherOptions& options) {
  const nn::Precision precision = nn::read_precision(options.precision);
  if (Clap::is_clap(path)) return std::make_unique<ClapTeacher>(Clap::load(path, {.precision = precision}));
  return std::make_unique<TaggerTeacher>(Tagger::load(path));
}

}  // namespace pupil::teacher
