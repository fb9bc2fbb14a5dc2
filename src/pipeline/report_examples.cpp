// SPDX-License-Identifier: Apache-2.0
// Which windows and views are shown, and how a sound becomes a picture and a player of the page.
//
// 1. Confidence and margin are computed from the set's soft targets: the page shows what the training got.
//    Sorting is stable over the set's order, which comes from the audio, so that ties give the same page
//    everywhere.
// 2. `taken` is shared by the surest and the doubtful windows of a class: a clip is shown once per class.
// 3. Before and after separation are drawn with the same brightest value, else a quieter picture would look
//    as loud.

#include "pipeline/report_examples.h"

#include <algorithm>
#include <set>
#include <span>

#include "audio/clip_frames.h"
#include "audio/resampler.h"
#include "audio/wav_writer.h"
#include "base/text.h"
#include "corpus/clips.h"
#include "corpus/judgements.h"
#include "corpus/lost_audio.h"
#include "corpus/views.h"
#include "picture/picture.h"
#include "report/html.h"

namespace pupil::pipeline {
namespace {

using student::SetVerdict;
using student::TrainingSet;
using student::TrainingWindow;

constexpr std::int32_t kExampleRateHz = student::kTrainingRateHz;
// A second of 16-bit audio is 43 kB in the page: above so many classes one example of each kind must do.
constexpr std::int32_t kManyClasses = 20;
constexpr std::size_t kSeparatedClips = 4;
constexpr double kSeparatedSeconds = 5;
constexpr float kRangeDb = 60;

struct Candidate {
  std::int64_t window = 0;
  double confidence = 0;
  double margin = 0;
};

Candidate candidate(const TrainingSet& set, std::int64_t index) {
  Candidate result{index, 0, 0};
  double second = 0;
  for (const float share : set.soft(index)) {
    if (share > result.confidence) {
      second = result.confidence;
      result.confidence = share;
    } else {
      second = std::max<double>(second, share);
    }
  }
  result.margin = result.confidence - second;
  return result;
}

/// The first `count` of sorted candidates that lie in different clips, and in none of `taken`.
std::vector<Candidate> of_different_clips(const TrainingSet& set, const std::vector<Candidate>& sorted,
                                          std::size_t count, std::set<std::int32_t>* taken) {
  std::vector<Candidate> chosen;
  for (const Candidate& one : sorted) {
    if (chosen.size() == count) break;
    if (taken->insert(set.windows()[static_cast<std::size_t>(one.window)].clip).second) chosen.push_back(one);
  }
  return chosen;
}

std::vector<float> frames_of(std::span<const float> samples) {
  std::vector<float> padded(samples.begin(), samples.end());
  padded.resize(std::max<std::size_t>(padded.size(), kExampleRateHz / 4));
  return audio::log_mel_frames(padded, audio::log_mel_preset("student"));
}

report::Snippet snippet(std::span<const float> samples, std::span<const float> frames, float brightest,
                        int width, float gain = 1) {
  constexpr int kHeight = 96;
  picture::Picture picture(width, kHeight, {0, 0, 0});
  // Frames are natural logarithms of power: 0.23 for each dB.
  picture::draw_spectrogram(picture, 0, 0, width, kHeight, frames, audio::log_mel_preset("student").mel_count,
                            kRangeDb * 0.23F, brightest);
  return {report::data_uri("image/png", picture.png()),
          report::data_uri("audio/wav", audio::wav_bytes(samples, kExampleRateHz)), gain};
}

// Peak at half of full scale: examples are for listening, quiet ones too. Returns the factor.
float make_audible(std::span<float> samples) {
  float peak = 1e-4F;
  for (const float sample : samples) peak = std::max(peak, std::abs(sample));
  const float gain = 0.5F / peak;
  for (float& sample : samples) sample *= gain;
  return gain;
}

class Examples {
 public:
  Examples(corpus::Catalogue& catalogue, const corpus::Store& store, const PreparedSet& prepared,
           const ConfigChain& chain, report::Media* media)
      : catalogue_(catalogue),
        store_(store),
        set_(prepared.set),
        clip_ids_(prepared.clip_ids),
        chain_(chain),
        media_(media) {}

  Json teacher() {
    std::vector<std::vector<Candidate>> sure(static_cast<std::size_t>(set_.class_count())), doubtful = sure;
    for (std::size_t i = 0; i < set_.windows().size(); ++i) {
      const TrainingWindow& window = set_.windows()[i];
      const auto clip = static_cast<std::size_t>(window.clip);
      if (window.label < 0 || set_.clips()[clip].separated || clip_ids_[clip] == kNoClip) continue;
      const auto k = static_cast<std::size_t>(window.label);
      const auto index = static_cast<std::int64_t>(i);
      if (window.verdict == SetVerdict::accepted || window.verdict == SetVerdict::capped)
        sure[k].push_back(candidate(set_, index));
      if (window.verdict == SetVerdict::doubtful) doubtful[k].push_back(candidate(set_, index));
    }
    const std::size_t count = set_.class_count() > kManyClasses ? 1 : 2;
    Json list = Json(Json::Array());
    for (std::size_t k = 0; k < sure.size(); ++k) {
      std::set<std::int32_t> taken;
      std::stable_sort(sure[k].begin(), sure[k].end(),
                       [](const Candidate& a, const Candidate& b) { return a.confidence > b.confidence; });
      for (const Candidate& one : of_different_clips(set_, sure[k], count, &taken))
        add(k, "surest", one, &list);
      std::stable_sort(doubtful[k].begin(), doubtful[k].end(),
                       [](const Candidate& a, const Candidate& b) { return a.margin < b.margin; });
      for (const Candidate& one : of_different_clips(set_, doubtful[k], count, &taken))
        add(k, "most doubtful", one, &list);
    }
    return list;
  }

  Json separation() {
    Json list = Json(Json::Array());
    if (!chain_.separate) return list;
    std::vector<std::pair<corpus::Clip, corpus::View>> chosen;
    std::set<std::string> queries;
    corpus::for_each_clip(catalogue_, {}, [&](const corpus::Clip& clip) {
      if (chosen.size() == kSeparatedClips) return;
      for (const corpus::View& view : corpus::list_views(catalogue_, clip.id)) {
        const bool fits = view.kind == corpus::ViewKind::separated && view.config_id == chain_.separate->id &&
                          corpus::judged_state(catalogue_, view, chain_.judge->id) == corpus::ViewState::good;
        // Another query each time, as long as there are others.
        if (!fits || (queries.contains(view.separation.query) && queries.size() > 1)) continue;
        queries.insert(view.separation.query);
        chosen.emplace_back(clip, view);
        break;
      }
    });
    for (const auto& [clip, view] : chosen) add_separated(clip, view, &list);
    return list;
  }

 private:
  void add(std::size_t k, const char* kind, const Candidate& one, Json* list) {
    const TrainingWindow& window = set_.windows()[static_cast<std::size_t>(one.window)];
    const corpus::Clip clip = corpus::get_clip(catalogue_, clip_ids_[static_cast<std::size_t>(window.clip)]);
    std::vector<float> audio(static_cast<std::size_t>(set_.window_samples()));
    set_.read_window(window, 0, audio);
    const float gain = make_audible(audio);
    const std::vector<float> frames = frames_of(audio);
    const std::string name = concat("window-", one.window);
    (*media_)[name] = snippet(audio, frames, *std::max_element(frames.begin(), frames.end()), 192, gain);
    Json json;
    json.set("class", set_.class_names()[k]);
    json.set("kind", kind);
    json.set("confidence", one.confidence);
    json.set("margin", one.margin);
    json.set("file", clip.path);
    json.set("start_s", static_cast<double>(window.start_sample) / kExampleRateHz);
    json.set("media", name);
    list->push_back(json);
  }

  std::vector<float> read(const std::string& hash, std::int32_t rate_hz) const {
    const auto samples = static_cast<std::int64_t>(kSeparatedSeconds * rate_hz);
    corpus::check_stored_audio(catalogue_, hash);
    return audio::resample(store_.read_window(hash, 0, samples), rate_hz, kExampleRateHz);
  }

  void add_separated(const corpus::Clip& clip, const corpus::View& view, Json* list) {
    const double seconds = std::min(kSeparatedSeconds, clip.duration_s());
    std::vector<float> before = read(clip.hash, clip.sample_rate_hz);
    std::vector<float> after = read(view.hash, view.sample_rate_hz);
    for (std::vector<float>* audio : {&before, &after})
      audio->resize(std::min(audio->size(), static_cast<std::size_t>(seconds * kExampleRateHz)));
    const std::vector<float> frames = frames_of(before);
    const float brightest = *std::max_element(frames.begin(), frames.end());
    const std::string name = concat("view-", view.id);
    (*media_)[name + "-before"] = snippet(before, frames, brightest, 480);
    (*media_)[name + "-after"] = snippet(after, frames_of(after), brightest, 480);
    Json json;
    json.set("file", clip.path);
    json.set("query", view.separation.query);
    json.set("removed_db", view.separation.removed_db);
    json.set("energy_ratio", view.separation.energy_ratio);
    json.set("before", name + "-before");
    json.set("after", name + "-after");
    list->push_back(json);
  }

  corpus::Catalogue& catalogue_;
  const corpus::Store& store_;
  const TrainingSet& set_;
  const std::vector<std::int64_t>& clip_ids_;
  const ConfigChain& chain_;
  report::Media* media_;
};

}  // namespace

Json report_examples(corpus::Catalogue& catalogue, const corpus::Store& store, const PreparedSet& prepared,
                     const ConfigChain& chain, report::Media* media) {
  Examples examples(catalogue, store, prepared, chain, media);
  Json json;
  json.set("teacher", examples.teacher());
  json.set("separation", examples.separation());
  return json;
}

}  // namespace pupil::pipeline
