#include "separation_scores.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "corpus/clips.h"
#include "corpus/lost_audio.h"
#include "corpus/views.h"
#include "nn/model_store.h"
#include "teacher/teacher.h"

namespace pupil::cli {
namespace {

constexpr double kHeardSeconds = 10;
constexpr double kSureProbability = 0.5;
constexpr double kLostShare = 0.5;

std::unique_ptr<teacher::Teacher> load_project_teacher(const Project& project) {
  const std::string model = project.teacher.teachers().front().model;
  try {
    auto teacher = teacher::load_teacher(nn::resolve_model(model, project.dir, nn::cache_dir()),
                                         {project.teacher.precision});
    teacher->set_classes(project.all_classes());
    return teacher;
  } catch (const Error& error) {
    log_info(concat("views get no change of the teacher's score: ", error.what()));
    return nullptr;
  }
}

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

class ViewScorer {
 public:
  ViewScorer(const Project& project, const corpus::Store& store, const teacher::Teacher& teacher)
      : project_(project), store_(store), teacher_(teacher) {}

  // Per class and negative; empty where the teacher cannot hear the view.
  std::vector<double> hear(const corpus::View& view) const {
    audio::DecodeOptions decode;
    decode.sample_rate_hz = teacher_.sample_rate_hz();
    decode.min_duration_s = 0;
    audio::Decoder decoder(store_.path(view.hash), decode);
    std::vector<float> samples(static_cast<std::size_t>(kHeardSeconds * teacher_.sample_rate_hz()));
    samples.resize(decoder.read(samples));
    const std::vector<teacher::Heard> heard = teacher_.hear(std::span(&samples, 1));
    if (!heard.front().problem.empty()) return {};
    return probabilities(teacher_, heard.front().embedding);
  }

  // Of the class a query stands for; of all classes together where one query serves all.
  double wanted(const std::vector<double>& probability, const std::string& query) const {
    double sum = 0;
    for (std::size_t i = 0; i < project_.classes.size(); ++i) {
      const SoundClass& sound = project_.classes[i];
      const std::string& own = !sound.query.empty()     ? sound.query
                               : !sound.prompts.empty() ? sound.prompts.front()
                                                        : sound.name;
      if (!project_.separate.query.empty() || own == query) sum += probability[i];
    }
    return std::min(sum, 1.0);
  }

 private:
  const Project& project_;
  const corpus::Store& store_;
  const teacher::Teacher& teacher_;
};

void score_clip(const ViewScorer& scorer, corpus::Catalogue& catalogue,
                const std::vector<corpus::View>& views, std::int64_t config_id) {
  std::vector<double> before;
  for (const corpus::View& view : views) {
    const bool pending = view.config_id == config_id && view.kind == corpus::ViewKind::separated &&
                         view.state == corpus::ViewState::good && std::isnan(view.separation.score_change);
    if (!pending) continue;
    if (before.empty()) before = scorer.hear(views.front());
    const std::vector<double> after = scorer.hear(view);
    if (before.empty() || after.empty()) continue;
    const double was = scorer.wanted(before, view.separation.query);
    const double change = scorer.wanted(after, view.separation.query) - was;
    const bool lost = was > kSureProbability && change < -kLostShare * was;
    corpus::set_view_score_change(catalogue, view.id, change,
                                  lost ? corpus::ViewState::destroyed : view.state);
  }
}

}  // namespace

void score_separated_views(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
                           std::int64_t config_id, const corpus::Shard& shard) {
  const std::unique_ptr<teacher::Teacher> teacher = load_project_teacher(project);
  if (!teacher) return;
  const ViewScorer scorer(project, store, *teacher);
  std::vector<std::int64_t> clip_ids;
  corpus::ClipFilter filter;
  filter.shard = shard;
  corpus::for_each_clip(catalogue, filter, [&](const corpus::Clip& clip) { clip_ids.push_back(clip.id); });
  for (const std::int64_t clip_id : clip_ids) {
    corpus::Transaction transaction(catalogue);
    const std::vector<corpus::View> views = corpus::list_views(catalogue, clip_id);
    for (const corpus::View& view : views) corpus::check_stored_audio(catalogue, view.hash);
    score_clip(scorer, catalogue, views, config_id);
    transaction.commit();
  }
}

}  // namespace pupil::cli
