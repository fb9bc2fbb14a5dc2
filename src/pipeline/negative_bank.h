// SPDX-License-Identifier: Apache-2.0
// The bank of negatives: recordings of everyday sounds that ship with pupil (models/negatives), or a folder of the
// user's. Its parts are apart by group: "train" is learned as "none of these", thresholds are chosen on "val", and
// false alarms are reported on "test". What the project's teacher takes for one of its classes is left out.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "corpus/clips.h"
#include "corpus/models.h"
#include "pipeline/config_chain.h"
#include "project/project_file.h"
#include "teacher/teacher.h"

namespace pupil::pipeline {

struct BankClip {
  std::filesystem::path file;
  std::string sha256;  ///< of the file; empty where the index has none
  std::string group;   ///< the recording it was cut from; parts never divide it
  corpus::Split part = corpus::Split::train;
  std::string hint;  ///< words of where it came from; nobody has checked them
  std::string licence, author, source;
};

/// A bank's index. No audio is held.
class NegativeBank {
 public:
  /// Reads `folder`/index.csv: path and, where there are any, licence, author, source, group, part, hint, sha256. A clip
  /// without a part gets one by its group's hash: half train, a quarter val, a quarter test. Error, with the line: no
  /// index, no clip, a part that is none, a group in two parts.
  static NegativeBank open(const std::filesystem::path& folder);

  const std::vector<BankClip>& clips() const { return clips_; }
  /// Of the index, and so of the clips where it has their hashes.
  const std::string& hash() const { return hash_; }

 private:
  std::vector<BankClip> clips_;
  std::string hash_;
};

/// The bank of [label] negative_bank; nothing where that or broad_negatives is off. Error: no such folder.
std::optional<NegativeBank> project_bank(const Project& project);

/// The whole clip, mono, at `rate_hz`. Error: it cannot be decoded, or is not the file that the index means.
std::vector<float> bank_audio(const BankClip& clip, std::int32_t rate_hz);

/// How many windows a clip of so many seconds is cut into, one behind the other: at least one.
std::int64_t bank_window_count(double clip_s, double window_s);

/// What a teacher's audio tower gives of a bank's windows.
struct BankEmbeddings {
  std::vector<std::int64_t> window_counts;     ///< per clip
  std::vector<std::vector<float>> of_windows;  ///< clip by clip; empty where the audio could not be embedded
};

/// As the project's teacher gets its own windows ([teacher] input; a clip is its own context). Kept in the cache folder
/// by all that decides them and looked up there; a cache that cannot be written costs a warning and the time.
BankEmbeddings embed_bank(const Project& project, const NegativeBank& bank, const teacher::Teacher& teacher,
                          const corpus::ModelRecord& model);

/// Stored scores [S] of the bank's windows, by teacher: DIR/label/bank.safetensors.
struct BankScores {
  std::vector<std::int64_t> window_counts;  ///< per clip
  /// Per teacher [N, S]; a row that begins with NaN: the audio could not be embedded.
  std::vector<std::vector<float>> scores;
};

void write_bank_scores(const Project& project, const ConfigChain& chain, const BankScores& scores);

/// Nothing where the project has no bank. Error: the bank was not scored with the present teachers and prompts (pupil
/// label does it).
std::optional<BankScores> read_bank_scores(const Project& project, const ConfigChain& chain);

/// Whether read_bank_scores() would find what it wants.
bool bank_is_scored(const Project& project, const ConfigChain& chain);

}  // namespace pupil::pipeline
