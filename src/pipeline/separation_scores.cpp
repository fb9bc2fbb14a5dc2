// SPDX-License-Identifier: Apache-2.0
#include "pipeline/separation_scores.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "audio/decoder.h"
#include "base/error.h"
#include "corpus/judgements.h"
#include "corpus/lost_audio.h"
#include "corpus/models.h"
#include "corpus/views.h"
#include "pipeline/project_teacher.h"
#include "pipeline/separate_shard.h"

namespace pupil::pipeline {
namespace {

// Views judged per transaction.
constexpr std::int64_t kBatch = 64;

// Softmax over classes and negatives; a tagger's classes do not compete, so each has its own logistic.
std::vector<double> probabilities(const teacher::Teacher& teacher, std::span<const float> embedding) {
  const std::vector<float> logits = teacher.score(embedding);
  const float highest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> result;
  double sum = 0;
  for (const float logit : logits) {
    result.push_back(teacher.standardise() ? 1 / (1 + std::exp(-logit))
                                           : std::exp(static_cast<double>(logit) - highest));
    sum += result.back();
  }
  if (!teacher.standardise()) {
    for (double& value : result) value /= sum;
  }
  return result;
}

}  // namespace

corpus::Judgement ViewJudge::judge(const std::filesystem::path& original, const std::filesystem::path& view,
                                   const std::string& query) {
  if (original != original_) before_ = score(original);
  original_ = original;
  const std::vector<double> after = score(view);
  if (before_.empty() || after.empty()) return {std::nan(""), false};
  const double was = wanted(before_, query);
  const double change = wanted(after, query) - was;
  return {change, was > kSureProbability && change < -kLostShare * was};
}

// Per class and negative; empty where the teacher cannot embed the file.
std::vector<double> ViewJudge::score(const std::filesystem::path& file) const {
  audio::DecodeOptions decode;
  decode.sample_rate_hz = teacher_.sample_rate_hz();
  decode.min_duration_s = 0;
  std::vector<float> samples(static_cast<std::size_t>(kJudgedSeconds * teacher_.sample_rate_hz()));
  with_context(file.string(), [&] { samples.resize(audio::Decoder(file, decode).read(samples)); });
  const std::vector<teacher::AudioEmbedding> embedded = teacher_.embed(std::span(&samples, 1));
  if (!embedded.front().problem.empty()) return {};
  return probabilities(teacher_, embedded.front().embedding);
}

// Of the class a query stands for; of all classes together where one query serves all.
double ViewJudge::wanted(const std::vector<double>& probability, const std::string& query) const {
  double sum = 0;
  for (std::size_t i = 0; i < project_.classes.size(); ++i) {
    if (!project_.separate.query.empty() || own_query(project_.classes[i]) == query) sum += probability[i];
  }
  return std::min(sum, 1.0);
}

std::int64_t judge_separated_views(const Project& project, corpus::Catalogue& catalogue,
                                   const corpus::Store& store, const ConfigChain& chain,
                                   const corpus::ShardResults* results, const TeacherLoader& load_teacher) {
  if (!chain.separate || chain.separate->id == 0) return 0;
  std::int64_t judge_id = chain.judge->id;
  const auto pending = [&](std::int64_t after) {
    return corpus::pending_judgements(catalogue, chain.separate->id, judge_id, after, kBatch);
  };
  std::vector<corpus::View> views = pending(0);
  if (views.empty()) return 0;
  std::unique_ptr<teacher::Teacher> teacher;
  std::unique_ptr<ViewJudge> judge;
  const auto judge_here = [&](const corpus::View& original, const corpus::View& view) {
    for (const std::string& hash : {original.hash, view.hash}) corpus::check_stored_audio(catalogue, hash);
    if (!judge) {
      teacher = load_teacher(project, chain.teachers.front().spec);
      judge = std::make_unique<ViewJudge>(project, *teacher);
    }
    return judge->judge(store.path(original.hash), store.path(view.hash), view.separation.query);
  };
  std::int64_t count = 0;
  for (; !views.empty(); views = pending(views.back().id)) {
    // Before the transaction: it takes seconds, and other writers would wait for it.
    std::vector<corpus::Judgement> judgements;
    for (const corpus::View& view : views) {
      const corpus::View original = corpus::original_view(catalogue, view.clip_id);
      const auto known = results != nullptr ? find_judgement(*results, chain.judge->hash, original.hash, view)
                                            : std::nullopt;
      judgements.push_back(known ? *known : judge_here(original, view));
    }
    if (count == 0) {
      corpus::put_model(catalogue, chain.teachers.front().model);
      judge_id = corpus::configure(catalogue, "judge", chain.judge->text).id;
    }
    corpus::Transaction transaction(catalogue);
    for (std::size_t i = 0; i < views.size(); ++i) {
      corpus::put_judgement(catalogue, judge_id, views[i].id, judgements[i]);
    }
    transaction.commit();
    count += std::ssize(views);
  }
  return count;
}

}  // namespace pupil::pipeline
