// SPDX-License-Identifier: Apache-2.0
// Finding duplicates decodes every recording, minutes for thousands of them: the findings, a letter a clip, are kept
// beside a hash of names and sizes. Whether a group is held out depends on its name alone, so that clips that are added
// later move no others from one side to the other.
#include "pretrain/backbone_clips.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/log.h"
#include "base/ordered_work.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "corpus/csv.h"
#include "corpus/duplicate_index.h"
#include "corpus/folder_listing.h"
#include "corpus/licences.h"

namespace pupil::pretrain {
namespace {

namespace fs = std::filesystem;

constexpr std::int32_t kFingerprintRateHz = 16000;
constexpr std::string_view kMayShip =
    "may_ship";                      // column of an index whose author has looked at the licences
constexpr float kLeastPeak = 1e-4F;  // -80 dB of full scale

struct Recording {
  bool readable = false;
  corpus::Fingerprint fingerprint;
};

Recording read_recording(const fs::path& file) {
  try {
    const std::vector<float> samples = audio::decode_file(file, {.sample_rate_hz = kFingerprintRateHz});
    const bool silent = std::ranges::all_of(samples, [](float x) { return std::abs(x) < kLeastPeak; });
    if (silent) return {};
    return {true, corpus::fingerprint(samples, kFingerprintRateHz)};
  } catch (const DiskError&) {
    throw;
  } catch (const Error&) {
    return {};
  }
}

// `use` gets them in the order of `files`.
template <typename Use>
void read_all(const char* label, const std::vector<fs::path>& files, std::int32_t threads, const Use& use) {
  OrderedWork<Recording> work(std::ssize(files), threads, [&](std::int64_t i) {
    return read_recording(files[static_cast<std::size_t>(i)]);
  });
  Progress progress(label, std::ssize(files), "clips");
  for (std::size_t i = 0; i < files.size(); ++i, progress.advance()) use(i, work.take());
  progress.finish();
}

std::vector<fs::path> excluded_files(const std::vector<fs::path>& folders) {
  std::vector<fs::path> files;
  for (const fs::path& folder : folders) {
    for (const std::string& path : corpus::list_folder(folder).paths) files.push_back(folder / path);
  }
  return files;
}

enum class Finding : char { used = 'u', duplicate = 'd', unreadable = 'x' };

// One letter a clip.
std::string examine(const std::vector<ManifestClip>& clips, const std::vector<fs::path>& excluded,
                    std::int32_t threads) {
  std::map<std::int64_t, corpus::Fingerprint> indexed;
  corpus::DuplicateIndex index([&](std::int64_t clip) { return indexed.at(clip); });
  read_all("excluded", excluded, threads, [&](std::size_t i, Recording recording) {
    const auto id = static_cast<std::int64_t>(i);
    index.add(id, recording.fingerprint);
    indexed[id] = std::move(recording.fingerprint);
  });
  std::vector<fs::path> files;
  for (const ManifestClip& clip : clips) files.push_back(clip.file);
  std::string findings;
  read_all("clips", files, threads, [&](std::size_t, const Recording& recording) {
    const Finding finding = !recording.readable                 ? Finding::unreadable
                            : index.find(recording.fingerprint) ? Finding::duplicate
                                                                : Finding::used;
    findings += static_cast<char>(finding);
  });
  return findings;
}

std::string inputs_hash(const std::vector<ManifestClip>& clips, const std::vector<fs::path>& excluded) {
  Sha256 hash;
  const auto add = [&](const fs::path& file) {
    std::error_code unknown;
    const std::uintmax_t bytes = fs::file_size(file, unknown);
    hash.update(concat(file.string(), " ", unknown ? 0 : bytes, "\n"));
  };
  for (const ManifestClip& clip : clips) add(clip.file);
  hash.update("\n");
  for (const fs::path& file : excluded) add(file);
  return hash.hex();
}

std::string examine_once(const std::vector<ManifestClip>& clips, const BackboneClipOptions& options) {
  const std::vector<fs::path> excluded = excluded_files(options.exclude);
  const std::string inputs = inputs_hash(clips, excluded);
  if (!options.cache.empty() && fs::exists(options.cache)) {
    const Json stored = read_json(options.cache);
    if (stored.at("inputs").as_string() == inputs) return stored.at("findings").as_string();
  }
  std::string findings = examine(clips, excluded, options.threads);
  if (!options.cache.empty()) {
    Json json;
    json.set("inputs", inputs);
    json.set("findings", findings);
    make_folders(options.cache.parent_path());
    write_whole(options.cache, json.dump() + "\n");
  }
  return findings;
}

bool is_held_out(const std::string& group, double share) {
  const std::string first = sha256_hex(group).substr(0, 8);
  return static_cast<double>(std::stoul(first, nullptr, 16)) < share * 0x1p32;
}

}  // namespace

Manifest read_audio_folder(const fs::path& folder, const ManifestOptions& columns) {
  ManifestOptions options = columns;
  options.root = folder;
  options.csv = folder / "index.csv";
  if (fs::exists(options.csv)) {
    const bool says = corpus::read_csv(options.csv).find_column(kMayShip).has_value();
    if (says && !options.any_licence) options.where.push_back(concat(kMayShip, "=yes"));
    return read_manifest(options);
  }
  Manifest manifest;
  for (const std::string& path : corpus::list_folder(folder).paths) {
    const std::string refusal = options.any_licence ? "" : corpus::refusal_to_ship(options.licence);
    if (refusal.empty()) {
      manifest.clips.push_back(
          {.file = folder / path, .captions = {}, .label = path, .licence = options.licence});
      ++manifest.licences[options.licence];
    } else {
      ++manifest.refused[refusal];
    }
  }
  if (manifest.clips.empty())
    throw Error(concat(folder.string(), ": nothing to learn from: ", describe(manifest)));
  return manifest;
}

BackboneClips choose_clips(const std::vector<ManifestClip>& clips, const BackboneClipOptions& options) {
  const std::string findings = examine_once(clips, options);
  BackboneClips chosen;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    switch (static_cast<Finding>(findings[i])) {
      case Finding::duplicate: ++chosen.duplicates; break;
      case Finding::unreadable: ++chosen.unreadable; break;
      case Finding::used:
        (is_held_out(clips[i].label, options.held_out) ? chosen.held_out : chosen.train).push_back(clips[i]);
    }
  }
  if (chosen.train.empty() && !clips.empty()) throw Error("no clip is left to learn from");
  return chosen;
}

}  // namespace pupil::pretrain
