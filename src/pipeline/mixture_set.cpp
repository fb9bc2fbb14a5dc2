// SPDX-License-Identifier: Apache-2.0
// 1. A file's number is its trial's place in the plan, so that what is there from an earlier run is the same mixture.
// 2. The clean file is written last of the two: where it is, both are whole.
// 3. The indexes are written when all audio is there.

#include "pipeline/mixture_set.h"

#include <cstdio>
#include <map>

#include "audio/flac_writer.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/progress.h"
#include "base/read_file.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "corpus/csv.h"
#include "corpus/splits.h"
#include "pipeline/separation_trial.h"
#include "separator/separator.h"

namespace pupil::pipeline {
namespace {

std::string recording_of(const corpus::SourceItem& item) {
  return item.recording.empty() ? item.path : item.recording;
}

// With a split for every item.
corpus::Source divided(corpus::Source source) {
  for (corpus::SourceItem& item : source.items) {
    if (!item.split) item.split = corpus::split_of(recording_of(item), {});
  }
  return source;
}

corpus::Source part_of(const corpus::Source& source, corpus::Split split) {
  corpus::Source part;
  part.name = source.name;
  for (const corpus::SourceItem& item : source.items) {
    if (item.split == split) part.items.push_back(item);
  }
  return part;
}

void write_flac(const std::filesystem::path& path, std::span<const float> samples) {
  audio::FlacWriter writer(path.parent_path(), separator::kSampleRateHz);
  writer.write(samples);
  writer.commit(path);
}

// Audio that other options made would be taken for these: a folder is of one set of options.
void claim_folder(const std::filesystem::path& out, const std::string& options) {
  const std::filesystem::path note = out / "options.txt";
  if (!std::filesystem::exists(note)) {
    if (!std::filesystem::is_empty(out))
      throw Error(concat(out.string(), ": holds something else: give a new folder"));
    return write_whole(note, options);
  }
  if (read_text(note) != options)
    throw Error(concat(out.string(), ": holds mixtures of other sources or options (",
                       note.filename().string(), "): give another folder, or remove it"));
}

std::string options_text(const corpus::Source& clean, const std::vector<corpus::Source>& backgrounds,
                         const MixtureSetOptions& options) {
  std::string text = concat("clean ", clean.name, ", ", clean.items.size(), " items\n");
  for (const corpus::Source& source : backgrounds)
    text += concat("background ", source.name, ", ", source.items.size(), " items\n");
  for (const double snr_db : options.snr_db) text += concat("snr ", snr_db, "\n");
  return text + concat("clips per class ", options.clips_per_class, "\nduration ", options.duration_s,
                       "\nseed ", options.seed, "\n");
}

class MixtureSet {
 public:
  MixtureSet(const MixtureSetOptions& options, std::filesystem::path out)
      : options_(options), out_(std::move(out)) {
    make_folders(out_ / "noisy");
    make_folders(out_ / "clean");
  }

  void add_split(const corpus::Source& clean, const std::vector<corpus::Source>& backgrounds,
                 corpus::Split split) {
    if (clean.items.empty()) return;
    TrialPlan plan;
    plan.snr_db = options_.snr_db;
    plan.clips_per_class = options_.clips_per_class;
    plan.seed = options_.seed;
    const std::vector<SeparationTrial> trials = plan_trials(clean, backgrounds, plan);
    std::map<std::filesystem::path, std::string> recordings;
    for (const corpus::SourceItem& item : clean.items) recordings[item.file] = recording_of(item);
    Progress progress(concat("mixing ", corpus::split_name(split)), std::ssize(trials), "mixtures");
    for (std::size_t i = 0; i < trials.size(); ++i) {
      add(trials[i], file_name(split, i), recordings.at(trials[i].clean), split);
      progress.advance();
    }
  }

  MixtureSetSummary finish() {
    for (const char* kind : {"noisy", "clean"}) {
      std::string index = "path,label,group,split,snr_db,background\n";
      for (const Row& row : rows_) index += concat(kind, "/", row.file, ",", row.rest, "\n");
      write_whole(out_ / concat(kind, ".csv"), index);
    }
    return summary_;
  }

 private:
  struct Row {
    std::string file;
    std::string rest;  // of the line
  };

  static std::string file_name(corpus::Split split, std::size_t place) {
    char number[32];
    std::snprintf(number, sizeof number, "%06zu", place);
    return concat(corpus::split_name(split), "-", number, ".flac");
  }

  void add(const SeparationTrial& trial, const std::string& file, const std::string& recording,
           corpus::Split split) {
    if (!std::filesystem::exists(out_ / "clean" / file)) {
      const std::optional<TrialAudio> audio = mix_trial(trial, options_.duration_s);
      if (!audio) {
        ++summary_.silent_count;
        return;
      }
      write_flac(out_ / "noisy" / file, audio->mixture);
      write_flac(out_ / "clean" / file, audio->truth);
    }
    ++summary_.mixture_count;
    rows_.push_back({file, concat(corpus::quoted_field(trial.label), ",", corpus::quoted_field(recording),
                                  ",", corpus::split_name(split), ",", trial.snr_db, ",",
                                  corpus::quoted_field(trial.background.filename().string()))});
  }

  const MixtureSetOptions& options_;
  std::filesystem::path out_;
  std::vector<Row> rows_;
  MixtureSetSummary summary_;
};

}  // namespace

MixtureSetSummary write_mixture_set(const corpus::Source& clean,
                                    const std::vector<corpus::Source>& backgrounds,
                                    const MixtureSetOptions& options, const std::filesystem::path& out) {
  const corpus::Source all = divided(clean);
  std::vector<corpus::Source> all_backgrounds;
  for (const corpus::Source& source : backgrounds) all_backgrounds.push_back(divided(source));
  make_folders(out);
  claim_folder(out, options_text(clean, backgrounds, options));
  MixtureSet set(options, out);
  for (const corpus::Split split : {corpus::Split::train, corpus::Split::val, corpus::Split::test}) {
    std::vector<corpus::Source> parts;
    for (const corpus::Source& source : all_backgrounds) parts.push_back(part_of(source, split));
    set.add_split(part_of(all, split), parts, split);
  }
  return set.finish();
}

}  // namespace pupil::pipeline
