// SPDX-License-Identifier: Apache-2.0
#include "synth/dataset_tables.h"

#include <span>
#include <string>

#include "base/temp_file.h"
#include "base/text.h"

namespace pupil::synth {
namespace {

constexpr std::string_view kLicence = "CC0-1.0";
constexpr std::string_view kAuthor = "pupil synth";

// RFC 4180; only captions can hold what needs quotes.
std::string cell(std::string_view text) {
  if (text.find_first_of(",\"\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char letter : text) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  return quoted + "\"";
}

std::string bed_names(const DatasetItem& item) {
  std::string names;
  for (const SoundKind kind : item.spec.bed) {
    if (kind_name(kind) != item.label) names += concat(names.empty() ? "" : ";", kind_name(kind));
  }
  return names;
}

}  // namespace

std::int64_t write_tables(const std::filesystem::path& folder, const std::vector<DatasetItem>& items) {
  std::string clips = "path,label,group,split,licence,author,duration_s,background,caption\n";
  std::string captions = "file,caption\n";
  std::string events = "file,class,onset_s,offset_s,snr_db\n";
  std::int64_t event_count = 0;
  for (const DatasetItem& item : items) {
    const Scene scene = plan_scene(item.spec, item.seed);
    clips += concat(item.file, ",", item.label, ",", item.group, ",", item.split, ",", kLicence, ",", kAuthor,
                    ",", item.duration_s, ",", bed_names(item), ",", cell(scene.caption), "\n");
    captions += concat(item.file, ",", cell(scene.caption), "\n");
    for (const SceneEvent& event : scene.events) {
      events += concat(item.file, ",", kind_name(event.kind), ",", fixed(event.onset_s, 5), ",",
                       fixed(event.offset_s, 5), ",", event.snr_db ? fixed(*event.snr_db, 2) : "", "\n");
      ++event_count;
    }
    if (scene.events.empty() && !item.label.empty()) {
      events += concat(item.file, ",", item.label, ",0,", item.duration_s, ",\n");
      ++event_count;
    }
  }
  write_whole(folder / "clips.csv", clips);
  write_whole(folder / "captions.csv", captions);
  write_whole(folder / "events.csv", events);
  return event_count;
}

}  // namespace pupil::synth
