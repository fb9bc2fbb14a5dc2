// SPDX-License-Identifier: Apache-2.0
#include "separate_file.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "audio/decoder.h"
#include "audio/sound_writer.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "condition_option.h"
#include "nn/model_store.h"
#include "nn/precision.h"
#include "output_paths.h"
#include "pipeline/separation_page.h"
#include "separator/stream_separation.h"

namespace pupil::cli {
namespace {

separator::Query make_query(const SeparateOptions& options, const separator::Separator& model) {
  if (options.condition.empty()) {
    if (const std::string unfamiliar = model.unfamiliar_words(options.query); !unfamiliar.empty())
      log_warning(unfamiliar);
    return model.query(options.query);
  }
  const std::vector<float> condition = read_condition(options.condition);
  return with_context(options.condition, [&] { return model.query(condition); });
}

std::string_view state_name(separator::OutputState state) {
  switch (state) {
    case separator::OutputState::silent: return "silent";
    case separator::OutputState::destroyed: return "destroyed";
    default: return "good";
  }
}

Json summary(const SeparateOptions& options, const separator::SeparationMeasure& measure,
             std::int64_t clipped_count) {
  Json json;
  json.set("in", options.words[0]);
  json.set("out", options.words[1]);
  json.set("sample_rate_hz", separator::kSampleRateHz);
  json.set("samples", measure.sample_count);
  json.set("energy_ratio", measure.energy_ratio());
  json.set("removed_db", measure.removed_db());
  json.set("state", state_name(separator::judge(measure)));
  json.set("clipped_samples", clipped_count);
  return json;
}

// Keeps the beginning of a recording for the page.
void keep_beginning(std::vector<float>& kept, std::span<const float> samples) {
  constexpr auto kMost = static_cast<std::size_t>(pipeline::kPageSecondsMax * separator::kSampleRateHz);
  const std::size_t count = std::min(samples.size(), kMost - std::min(kMost, kept.size()));
  kept.insert(kept.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(count));
}

void check_paths(const SeparateOptions& options) {
  const std::string condition = options.condition.substr(0, options.condition.find(':'));
  check_outputs(
      std::vector<NamedPath>{
          {"OUT", options.words[1]}, {"--residual", options.residual}, {"--report", options.report}},
      std::vector<NamedPath>{
          {"IN", options.words[0]}, {"--model", options.model}, {"--condition", condition}});
}

}  // namespace

Json separate_file(const SeparateOptions& options) {
  const std::string& in = options.words[0];
  const std::string& out = options.words[1];
  check_paths(options);
  audio::SoundWriter writer(out, separator::kSampleRateHz, options.raw_float);
  std::optional<audio::SoundWriter> residual;
  if (!options.residual.empty())
    residual.emplace(options.residual, separator::kSampleRateHz, options.raw_float);

  audio::DecodeOptions decode;
  decode.sample_rate_hz = separator::kSampleRateHz;
  decode.channel = static_cast<std::int32_t>(options.channel);
  decode.min_duration_s = 0;
  audio::Decoder decoder = with_context(in, [&] { return audio::Decoder(in, decode); });
  const separator::Separator model(nn::resolve_model(options.model, ".", nn::cache_dir()),
                                   {nn::read_precision(options.precision), options.device});
  const separator::Query query = make_query(options, model);

  separator::StreamOptions stream;
  if (options.reference_chunks) stream.plan = separator::reference_chunks();
  stream.mix = options.mix;
  pipeline::SeparatedSound shown;
  std::vector<float> removed;
  const separator::PairSink sink = [&](std::span<const float> mixture, std::span<const float> wanted) {
    writer.write(wanted);
    if (residual) {
      removed.resize(wanted.size());
      std::transform(mixture.begin(), mixture.end(), wanted.begin(), removed.begin(), std::minus<float>());
      residual->write(removed);
    }
    if (options.report.empty()) return;
    keep_beginning(shown.before, mixture);
    keep_beginning(shown.after, wanted);
  };
  const separator::SeparationMeasure measure =
      with_context(in, [&] { return separator::separate_stream(decoder, model, query, stream, sink); });
  with_context(in, [&] { audio::report_damage(decoder, in); });
  writer.commit();
  if (residual) residual->commit();

  if (!options.report.empty()) {
    shown.name = in;
    shown.query = options.query.empty() ? options.condition : options.query;
    shown.judgement = state_name(separator::judge(measure));
    shown.energy_ratio = measure.energy_ratio();
    shown.removed_db = measure.removed_db();
    shown.duration_s = static_cast<double>(measure.sample_count) / separator::kSampleRateHz;
    pipeline::write_separation_page(options.report, std::span(&shown, 1));
  }
  if (writer.clipped_count() > 0) {
    log_warning(concat(out, ": ", writer.clipped_count(),
                       " samples beyond full scale were cut (--raw-float keeps them)"));
  }
  return summary(options, measure, writer.clipped_count());
}

}  // namespace pupil::cli
