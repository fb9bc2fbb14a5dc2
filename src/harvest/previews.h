// SPDX-License-Identifier: Apache-2.0
// Scores of results before they are kept: decoding, judging, deciding.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "corpus/web_items.h"
#include "harvest/judge.h"
#include "project/project_file.h"

namespace pupil::harvest {

/// Of a longer recording the beginning is judged.
inline constexpr double kJudgedSeconds = 60;

/// A loaded judge's judgements of the beginning of `file`, one for each class of its project; empty: no audio.
std::vector<Judgement> judge_file(const Judge& judge, const std::filesystem::path& file);

class PreviewScores {
 public:
  /// `judge` may be null: nothing is scored then. Both must outlive this object.
  PreviewScores(const Project& project, Judge* judge) : project_(project), judge_(judge) {}

  /// Whether `item` is to be scored, and was not by this judge: of a class that the project has, or a hard negative.
  /// Loads the judge; where that fails, nothing is scored from then on and problem() says why.
  bool is_wanted(const corpus::WebItem& item);

  /// Judges the beginning of `file` and writes it into `item`: of its class; where that gets too little, and another of the
  /// project's classes what labelling accepts, of that one, which is the item's class then. Of a hard negative: of the
  /// reported class that gets most. False, and nothing written: no audio.
  bool score(const std::filesystem::path& file, corpus::WebItem& item) const;

  /// Why an item is not kept by its score: "0.03 for 'bark'". Empty: it may be, or has no score of this judge.
  std::string fault(const corpus::WebItem& item) const;

  /// Why nothing is scored though a judge was given; empty: it is.
  const std::string& problem() const { return problem_; }
  /// Whether there is a judge, as far as is known, and [harvest] preview_score asks for one.
  bool is_scoring() const;

 private:
  const Project& project_;
  Judge* judge_ = nullptr;
  bool loaded_ = false;
  std::string problem_;
};

}  // namespace pupil::harvest
