// SPDX-License-Identifier: Apache-2.0
// Two ways out of a project. A CLAP learns from windows and captions: a list of files and places. A tagger learns what it will be
// asked for later: the very stretch that labelling gives a teacher, with the target that labelling and reviews gave its windows.
//
// 1. The labels are walked once, windows of one view behind one another, so that windows with one stretch (input = "clip") add
//    their targets up to it.
// 2. Which stretches are used is decided before any audio is read: what is left out costs nothing.
// 3. The hash is of what decides the examples, not of the audio: a view's own hash stands for that.

#include "pipeline/pretrain_project.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "audio/resampler.h"
#include "base/counter_random.h"
#include "base/error.h"
#include "base/pcm.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/lost_audio.h"
#include "corpus/scores.h"
#include "corpus/view_audio.h"
#include "pipeline/config_chain.h"
#include "pipeline/embedded_stretch.h"
#include "pretrain/tagger_batch.h"
#include "teacher/tagger_teacher.h"

namespace pupil::pipeline {
namespace {

constexpr std::uint64_t kChoice = 0x7A7;   // of examples, where there are too many
constexpr std::int64_t kHeldBackPart = 8;  // of so many examples, one more to measure by

// A stretch of audio that a teacher would be given, before it is read.
struct StretchOfView {
  std::string view_hash;
  std::int32_t rate_hz = 0;
  Stretch stretch;
  corpus::Split split = corpus::Split::train;
  std::vector<float> target;  // [K], or empty
};

void scale_to_one(std::vector<float>& target) {
  const float sum = std::accumulate(target.begin(), target.end(), 0.0F);
  if (!(sum > 0)) return target.clear();
  for (float& share : target) share /= sum;
}

// Gathers the stretches in one walk over the labels, windows of one view behind one another.
class StretchCollector {
 public:
  StretchCollector(const Project& project, corpus::Catalogue& catalogue, bool given_labels)
      : project_(project),
        catalogue_(catalogue),
        given_labels_(given_labels),
        classes_(project.all_classes()),
        class_count_(project.named_classes().size()) {}

  void add(const corpus::LabelledWindow& window) {
    if (window.split == corpus::Split::test) return;
    if (window.window.view_id != view_.id) begin_view(window);
    std::vector<float> target;
    if (given_labels_) {
      if (given_class_ < 0 || window.label.verdict == corpus::Verdict::background) return;
      target = one_class(given_class_);
    } else {
      target = accepted_target(window.label);
    }
    const bool same_clip = project_.teacher.input == "clip" && has_stretch_;
    if (!same_clip) stretches_.push_back(stretch_of(window));
    has_stretch_ = true;
    add_target(target);
  }

  std::vector<StretchOfView> finish() {
    for (StretchOfView& one : stretches_) scale_to_one(one.target);
    return std::move(stretches_);
  }

 private:
  void begin_view(const corpus::LabelledWindow& window) {
    view_ = corpus::get_view(catalogue_, window.window.view_id);
    has_stretch_ = false;
    if (!given_labels_) return;
    given_class_ = corpus::agreed_class(corpus::get_clip(catalogue_, window.window.clip_id).given,
                                        [&](const std::string& given) { return project_.class_of(given); });
  }

  std::vector<float> one_class(std::int32_t index) const {
    std::vector<float> target(class_count_);
    target[static_cast<std::size_t>(index)] = 1;
    return target;
  }

  // A review shows by naming another class than the soft target's first, or none of the classes; a window that no teacher
  // has scored has no soft target.
  std::vector<float> accepted_target(const corpus::WindowLabel& label) const {
    const auto found = std::ranges::find(classes_, label.label, &SoundClass::name);
    const auto index = static_cast<std::size_t>(found - classes_.begin());
    if (index >= class_count_) return {};
    const auto best = static_cast<std::size_t>(std::ranges::max_element(label.soft) - label.soft.begin());
    if (label.soft.empty() || best != index) return one_class(static_cast<std::int32_t>(index));
    return {label.soft.begin(), label.soft.begin() + static_cast<std::ptrdiff_t>(class_count_)};
  }

  StretchOfView stretch_of(const corpus::LabelledWindow& window) const {
    StretchOfView one;
    one.view_hash = window.view_hash;
    one.rate_hz = window.sample_rate_hz;
    one.split = window.split;
    const auto most = static_cast<std::int64_t>(kEmbeddedClipSeconds * one.rate_hz);
    if (project_.teacher.input == "clip") {
      one.stretch = {0, std::min(view_.sample_count, most)};
    } else {
      one.stretch =
          embedded_stretch(project_.teacher, {window.window.start_sample, window.window.length_samples},
                           one.rate_hz, view_.sample_count);
    }
    return one;
  }

  void add_target(const std::vector<float>& target) {
    std::vector<float>& sum = stretches_.back().target;
    if (sum.empty()) sum.resize(class_count_);
    for (std::size_t k = 0; k < target.size(); ++k) sum[k] += target[k];
  }

  const Project& project_;
  corpus::Catalogue& catalogue_;
  const bool given_labels_;
  const std::vector<SoundClass> classes_;
  const std::size_t class_count_;  // of the named ones, which come first
  corpus::View view_;
  bool has_stretch_ = false;  // of view_
  std::int32_t given_class_ = -1;
  std::vector<StretchOfView> stretches_;
};

// The same number of each class, in the order in which they were.
std::vector<StretchOfView> chosen(std::vector<StretchOfView> all, std::int64_t most, std::uint64_t seed) {
  if (std::ssize(all) <= most) return all;
  std::map<std::int64_t, std::vector<std::pair<std::uint64_t, std::size_t>>> by_class;
  for (std::size_t i = 0; i < all.size(); ++i) {
    by_class[pretrain::first_class(all[i].target)].emplace_back(CounterRandom(seed, kChoice, 0, i).bits(), i);
  }
  const auto share = static_cast<std::size_t>(std::max<std::int64_t>(1, most / std::ssize(by_class)));
  std::vector<std::size_t> kept;
  for (auto& [index, members] : by_class) {
    std::ranges::sort(members);
    members.resize(std::min(members.size(), share));
    for (const auto& [draw, member] : members) kept.push_back(member);
  }
  std::ranges::sort(kept);
  std::vector<StretchOfView> some;
  for (const std::size_t i : kept) some.push_back(std::move(all[i]));
  return some;
}

std::vector<std::int16_t> rounded(const std::vector<float>& samples) {
  std::vector<std::int16_t> result(samples.size());
  std::ranges::transform(samples, result.begin(), float_to_pcm);
  return result;
}

std::vector<pretrain::TaggerExample> read_examples(corpus::Catalogue& catalogue, const corpus::Store& store,
                                                   std::int32_t rate_hz,
                                                   const std::vector<StretchOfView>& stretches) {
  if (stretches.empty()) return {};
  corpus::ViewAudio audio(store);
  Progress progress("reading", std::ssize(stretches), "stretches");
  std::vector<pretrain::TaggerExample> examples;
  for (const StretchOfView& one : stretches) {
    corpus::check_stored_audio(catalogue, one.view_hash);
    std::vector<float> samples =
        audio.read(one.view_hash, one.stretch.start_sample, one.stretch.length_samples);
    if (one.rate_hz != rate_hz) samples = audio::resample(samples, one.rate_hz, rate_hz);
    examples.push_back({rounded(samples), one.target});
    progress.advance();
  }
  return examples;
}

void hash_stretches(const std::vector<StretchOfView>& stretches, Sha256& hash) {
  for (const StretchOfView& one : stretches) {
    hash.update(concat(one.view_hash, " ", one.stretch.start_sample, " ", one.stretch.length_samples, "\n"));
    hash.update(std::as_bytes(std::span<const float>(one.target)));
  }
  hash.update("\n");
}

}  // namespace

std::vector<pretrain::ManifestClip> accepted_windows(const std::filesystem::path& project_dir) {
  const Project project = load_project(project_dir);
  corpus::Catalogue catalogue = corpus::Catalogue::open_to_look(project_dir);
  const corpus::Store store(project_dir);
  const ConfigChain chain = require_labels(project, catalogue);
  std::map<std::string, std::vector<std::string>> prompts;
  for (const SoundClass& sound : project.all_classes()) prompts[sound.name] = sound.prompts;
  std::vector<pretrain::ManifestClip> clips;
  corpus::for_each_labelled_window(
      catalogue, chain.filter, chain.label.id, corpus::Verdict::accepted,
      [&](const corpus::LabelledWindow& window) {
        if (window.split != corpus::Split::train) return;
        corpus::check_stored_audio(catalogue, window.view_hash);
        pretrain::ManifestClip clip;
        clip.file = store.path(window.view_hash);
        clip.label = window.label.label;
        clip.captions = prompts[window.label.label];
        clip.start_s = static_cast<double>(window.window.start_sample) / window.sample_rate_hz;
        clip.duration_s = static_cast<double>(window.window.length_samples) / window.sample_rate_hz;
        if (!clip.captions.empty()) clips.push_back(std::move(clip));
      });
  if (clips.empty()) throw Error("no window of the training split is accepted: pupil label");
  return clips;
}

pretrain::TaggerExamples tagger_examples(const Project& project, corpus::Catalogue& catalogue,
                                         const corpus::Store& store, const teacher::Tagger& tagger,
                                         const TaggerExampleOptions& options) {
  teacher::TaggerTeacher mapper(tagger);
  with_context(project.name, [&] { mapper.set_classes(project.named_classes()); });
  const ConfigChain chain = require_labels(project, catalogue);

  StretchCollector collector(project, catalogue, options.given_labels);
  const auto verdict = options.given_labels ? std::nullopt : std::optional(corpus::Verdict::accepted);
  corpus::for_each_labelled_window(catalogue, chain.filter, chain.label.id, verdict,
                                   [&](const corpus::LabelledWindow& window) { collector.add(window); });
  std::vector<StretchOfView> held_back = collector.finish();
  const auto validates = [](const StretchOfView& one) { return one.split == corpus::Split::val; };
  const auto first = std::stable_partition(held_back.begin(), held_back.end(), validates);
  std::vector<StretchOfView> train(std::make_move_iterator(first), std::make_move_iterator(held_back.end()));
  held_back.erase(first, held_back.end());
  train = chosen(std::move(train), options.most, options.seed);
  held_back = chosen(std::move(held_back), options.most / kHeldBackPart, options.seed);
  if (std::ranges::all_of(train, [](const StretchOfView& one) { return one.target.empty(); }))
    throw Error(options.given_labels
                    ? "no recording of the training split has a given label that means a class"
                    : "no window of the training split is accepted as one of the classes: pupil label");

  pretrain::TaggerExamples examples;
  examples.mapping = mapper.mapping();
  Sha256 hash;
  hash.update(teacher::class_config(teacher::TaggerTeacher::kKind, project.named_classes()));
  hash_stretches(train, hash);
  hash_stretches(held_back, hash);
  examples.sha256 = hash.hex();
  examples.train = read_examples(catalogue, store, tagger.sample_rate_hz(), train);
  examples.held_back = read_examples(catalogue, store, tagger.sample_rate_hz(), held_back);
  return examples;
}

}  // namespace pupil::pipeline
