// SPDX-License-Identifier: Apache-2.0
#include "harvest/previews.h"

#include <algorithm>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/text.h"

namespace pupil::harvest {
namespace {

std::vector<float> beginning_of(const std::filesystem::path& file, std::int32_t rate_hz) {
  audio::Decoder decoder(file, {.sample_rate_hz = rate_hz});
  std::vector<float> samples(static_cast<std::size_t>(kJudgedSeconds * rate_hz));
  samples.resize(decoder.read(samples));
  return samples;
}

}  // namespace

std::vector<Judgement> judge_file(const Judge& judge, const std::filesystem::path& file) {
  std::vector<float> audio;
  try {
    audio = beginning_of(file, judge.sample_rate_hz());
  } catch (const Error&) {
    return {};
  }
  return audio.empty() ? std::vector<Judgement>() : judge.judge(audio);
}

bool PreviewScores::is_scoring() const {
  return judge_ != nullptr && project_.harvest.preview_score > 0;
}

bool PreviewScores::is_wanted(const corpus::WebItem& item) {
  if (!is_scoring() || item.judge == judge_->id()) return false;
  if (!item.hard_negative && project_.class_of(item.class_name) < 0) return false;
  if (loaded_) return true;
  try {
    judge_->load();
    loaded_ = true;
  } catch (const Error& error) {
    problem_ = error.what();
    judge_ = nullptr;
  }
  return loaded_;
}

bool PreviewScores::score(const std::filesystem::path& file, corpus::WebItem& item) const {
  const std::vector<Judgement> judgements = judge_file(*judge_, file);
  if (judgements.empty()) return false;
  const auto best = std::ranges::max_element(
      judgements.begin(), judgements.begin() + std::ssize(project_.classes), {}, &Judgement::score);
  auto taken = best;
  if (!item.hard_negative) {
    taken = judgements.begin() + project_.class_of(item.class_name);
    if (taken->score < project_.harvest.preview_score && best->score >= project_.label.accept) {
      taken = best;
      item.class_name = project_.classes[static_cast<std::size_t>(best - judgements.begin())].name;
    }
  }
  item.judge = judge_->id();
  item.score = taken->score;
  item.accepted_count = taken->accepted_count;
  return true;
}

std::string PreviewScores::fault(const corpus::WebItem& item) const {
  if (!is_scoring() || item.judge != judge_->id()) return "";
  const std::string score = fixed(item.score, 3);
  if (item.hard_negative)
    return item.score < project_.label.accept ? "" : concat(score, " for one of the classes");
  return item.score >= project_.harvest.preview_score ? "" : concat(score, " for '", item.class_name, "'");
}

}  // namespace pupil::harvest
