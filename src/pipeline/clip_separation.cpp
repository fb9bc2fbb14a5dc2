// SPDX-License-Identifier: Apache-2.0
#include "pipeline/clip_separation.h"

#include "audio/decoder.h"
#include "audio/flac_writer.h"
#include "base/error.h"
#include "base/log.h"
#include "nn/model_store.h"
#include "nn/precision.h"
#include "nn/threads.h"
#include "pipeline/config_chain.h"

namespace pupil::pipeline {
namespace {

corpus::ViewState view_state(const separator::SeparationMeasure& measure) {
  switch (separator::judge(measure)) {
    case separator::OutputState::silent: return corpus::ViewState::silent;
    case separator::OutputState::destroyed: return corpus::ViewState::destroyed;
    default: return corpus::ViewState::good;
  }
}

}  // namespace

ClipSeparator::ClipSeparator(const Project& project, const std::string& device)
    : project_(project),
      model_(nn::resolve_model(project.separate.model, project.dir, nn::cache_dir()),
             {nn::read_precision(project.separate.precision), device}),
      queries_(separation_queries(project)) {
  if (queries_.empty()) throw Error("pupil.toml: no class to ask for ([[class]], or [separate] query)");
  stream_.mix = project.separate.mix;
  std::vector<std::string> warnings;
  for (const std::string& query : queries_) {
    if (const std::string unfamiliar = model_.unfamiliar_words(query); !unfamiliar.empty())
      warnings.push_back(unfamiliar);
    turned_.push_back(model_.query(query));
  }
  log_warnings(warnings);
}

ClipSeparation ClipSeparator::separate(const std::string& clip_hash, const std::string& path,
                                       const corpus::Store& store) const {
  nn::set_thread_count(1);  // of this thread: clips are what runs in parallel
  const std::filesystem::path file = corpus::stored_audio_path(project_.dir, clip_hash);
  ClipSeparation result;
  try {
    for (std::size_t i = 0; i < queries_.size(); ++i) result.views.push_back(separate_view(file, i, store));
  } catch (const DiskError& error) {
    error.rethrow_with(path);
  } catch (const Error& error) {
    // A damaged file is one clip's misfortune; a store without it is not.
    if (!std::filesystem::exists(file)) error.rethrow_with(path);
    result.views.clear();
    result.problem = error.what();
  }
  return result;
}

NewView ClipSeparator::separate_view(const std::filesystem::path& file, std::size_t query,
                                     const corpus::Store& store) const {
  audio::DecodeOptions decode;
  decode.sample_rate_hz = separator::kSampleRateHz;
  decode.min_duration_s = 0;
  audio::Decoder decoder(file, decode);
  audio::FlacWriter writer(store.temporary_folder(), separator::kSampleRateHz);
  corpus::LevelMeter meter(separator::kSampleRateHz);
  const separator::PairSink sink = [&](std::span<const float>, std::span<const float> wanted) {
    writer.write(wanted);
    meter.push(wanted);
  };
  const separator::SeparationMeasure measure =
      separator::separate_stream(decoder, model_, turned_[query], stream_, sink);
  corpus::check_damage(file, decoder.damage());

  NewView made;
  made.levels = meter.finish();
  corpus::View& view = made.view;
  view.kind = corpus::ViewKind::separated;
  view.state = view_state(measure);
  view.hash = store.commit(writer.close());
  view.sample_rate_hz = separator::kSampleRateHz;
  view.sample_count = measure.sample_count;
  view.size_bytes = static_cast<std::int64_t>(std::filesystem::file_size(store.path(view.hash)));
  view.separation = {queries_[query], measure.energy_ratio(), measure.removed_db()};
  return made;
}

}  // namespace pupil::pipeline
