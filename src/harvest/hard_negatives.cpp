// SPDX-License-Identifier: Apache-2.0
#include "harvest/hard_negatives.h"

#include <algorithm>

#include "base/error.h"
#include "base/name.h"
#include "base/read_file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "harvest/json_fields.h"

namespace pupil::harvest {
namespace {

namespace fs = std::filesystem;

Json read_report(const fs::path& file) {
  if (!fs::exists(file)) throw Error("there is no report");
  const std::string text = read_text(file);
  return with_context(file.string(), [&] { return parse_json(text); });
}

// A name is a given label later: it keeps to what labels may be.
bool is_usable(const SoundClass& sound) {
  return label_fault(sound.name).empty() && !sound.prompts.empty();
}

Confusion read_confusion(const Json& row) {
  Confusion confusion;
  confusion.sound.name = text_of(row, {"sound"});
  confusion.false_alarm_count = count_of(row, {"false_alarms"});
  for (const Json& prompt : list_of(row, {"prompts"}))
    if (prompt.is_string() && !prompt.as_string().empty())
      confusion.sound.prompts.push_back(prompt.as_string());
  for (const Json& name : list_of(row, {"taken_for"}))
    if (name.is_string()) confusion.taken_for.push_back(name.as_string());
  return confusion;
}

void require_current(const Project& project, const Json& report) {
  if (!field(report, {"confusions"}).is_array())
    throw Error("the report was written by an earlier pupil and says nothing of what was confused");
  const fs::path model = project.dir / "model" / (project.name + ".pupil");
  if (!fs::exists(model) || sha256_file(model) != text_of(report, {"model", "sha256"}))
    throw Error("the report is of another model than the project has now");
}

}  // namespace

std::vector<Confusion> read_confusions(const Project& project) {
  std::vector<Confusion> confusions;
  try {
    const Json report = read_report(project.dir / "report" / "report.json");
    require_current(project, report);
    for (const Json& row : list_of(report, {"confusions"})) {
      Confusion confusion = read_confusion(row);
      if (confusion.false_alarm_count > 0 && is_usable(confusion.sound))
        confusions.push_back(std::move(confusion));
    }
  } catch (const Error& error) {
    throw Error(concat("hard negatives: ", error.what(), ": pupil evaluate ", project.dir.string()));
  }
  std::ranges::stable_sort(confusions, std::greater{}, &Confusion::false_alarm_count);
  return confusions;
}

}  // namespace pupil::harvest
