#include "teacher/teacher.h"

#include "base/error.h"
#include "teacher/clap_teacher.h"
#include "teacher/tagger_teacher.h"

namespace pupil::teacher {

std::unique_ptr<Teacher> load_teacher(const std::filesystem::path& path, const TeacherOptions& options) {
  const nn::Precision precision = nn::read_precision(options.precision);
  if (Clap::is_clap(path)) return std::make_unique<ClapTeacher>(Clap::load(path, {.precision = precision}));
  return std::make_unique<TaggerTeacher>(Tagger::load(path));
}

}  // namespace pupil::teacher
