#include "corpus/intake.h"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <vector>

#include "audio/decoder.h"
#include "audio/flac_writer.h"
#include "audio/resampler.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/system_error.h"
#include "base/text.h"

namespace pupil::corpus {
namespace {

constexpr std::size_t kPieceSamples = 1 << 15;
constexpr float kFullScale = 0.99F;

Intake refuse(SetAsideReason reason, std::string detail) {
  Intake intake;
  intake.refused = reason;
  intake.detail = std::move(detail);
  return intake;
}

// Everything that is learned of a clip in one pass over its samples.
class Pass {
 public:
  Pass(const Store& store, std::int32_t sample_rate_hz)
      : writer_(store.temporary_folder(), sample_rate_hz),
        levels_(sample_rate_hz),
        fingerprint_(sample_rate_hz) {}

  void push(std::span<const float> samples) {
    for (const float sample : samples) {
      const float size = std::abs(sample);
      peak_ = std::max(peak_, size);
      clipped_count_ += size >= kFullScale;
    }
    sample_count_ += std::ssize(samples);
    writer_.write(samples);
    levels_.push(samples);
    fingerprint_.push(samples);
  }

  // A reason to set the clip aside, or the finished intake.
  Intake finish(std::int32_t sample_rate_hz, const CollectOptions& options) {
    const double duration_s = static_cast<double>(sample_count_) / sample_rate_hz;
    if (duration_s < options.min_duration_s) {
      return refuse(SetAsideReason::too_short,
                    concat(fixed(duration_s, 3), " s, less than ", options.min_duration_s, " s"));
    }
    const double peak_dbfs = peak_ > 0 ? 20.0 * std::log10(static_cast<double>(peak_)) : kQuietestDbfs;
    if (peak_dbfs < options.silence_dbfs) {
      return refuse(SetAsideReason::silent, concat("peak at ", fixed(peak_dbfs, 1),
                                                   " dB of full scale, below ", options.silence_dbfs, " dB"));
    }
    const double clipped_share = static_cast<double>(clipped_count_) / static_cast<double>(sample_count_);
    if (clipped_share > options.clipped_share_max) {
      return refuse(SetAsideReason::clipped,
                    concat(fixed(100 * clipped_share, 1), " % of the samples at full scale, more than ",
                           100 * options.clipped_share_max, " %"));
    }
    Intake intake;
    intake.temporary = keep();
    intake.hash = sha256_file(intake.temporary);
    intake.sample_rate_hz = sample_rate_hz;
    intake.sample_count = sample_count_;
    intake.levels = levels_.finish();
    intake.fingerprint = fingerprint_.finish();
    return intake;
  }

 private:
  // Out of the writer's hands: its own temporary file would go with it.
  std::filesystem::path keep() {
    const std::filesystem::path& temporary = writer_.close();
    std::filesystem::path kept = temporary;
    kept += ".flac";
    writer_.commit(kept);
    return kept;
  }

  audio::FlacWriter writer_;
  LevelMeter levels_;
  FingerprintMeter fingerprint_;
  float peak_ = 0;
  std::int64_t clipped_count_ = 0;
  std::int64_t sample_count_ = 0;
};

// Decodes into `pass`; the decoder's own complaint where it cannot.
std::optional<std::string> decode(audio::Decoder& decoder, std::int32_t rate_hz, Pass& pass) {
  std::optional<audio::Resampler> resampler;
  if (decoder.sample_rate_hz() != rate_hz) resampler.emplace(decoder.sample_rate_hz(), rate_hz);
  std::vector<float> piece(kPieceSamples);
  std::vector<float> resampled;
  for (;;) {
    std::size_t count = 0;
    try {
      count = decoder.read(piece);
    } catch (const DiskError&) {
      throw;
    } catch (const Error& error) {
      return error.what();
    }
    if (count == 0) break;
    if (!resampler) {
      pass.push(std::span(piece).first(count));
      continue;
    }
    resampler->push(std::span(piece).first(count), resampled);
    pass.push(resampled);
    resampled.clear();
  }
  if (resampler) {
    resampler->finish(resampled);
    pass.push(resampled);
  }
  return std::nullopt;
}

Intake take_in_open(audio::Decoder& decoder, const Store& store, const CollectOptions& options) {
  const std::int32_t rate_hz = std::min(decoder.sample_rate_hz(), options.sample_rate_hz);
  Pass pass(store, rate_hz);
  if (const auto complaint = decode(decoder, rate_hz, pass))
    return refuse(SetAsideReason::undecodable, *complaint);
  Intake intake = pass.finish(rate_hz, options);
  intake.original_rate_hz = decoder.info().sample_rate_hz;
  intake.original_channel_count = decoder.info().channel_count;
  intake.original_codec = decoder.info().codec;
  return intake;
}

}  // namespace

Intake take_in(const std::filesystem::path& file, const Store& store, const CollectOptions& options) {
  return with_context(file.string(), [&] {
    if (access(file.c_str(), R_OK) != 0) {
      if (is_machine_failure(errno)) throw_system_error("cannot be reached", errno);
      return refuse(SetAsideReason::unreadable, std::strerror(errno));
    }
    std::optional<audio::Decoder> decoder;
    try {
      decoder.emplace(
          file, audio::DecodeOptions{.sample_rate_hz = 0, .channel = options.channel, .min_duration_s = 0});
    } catch (const DiskError&) {
      throw;
    } catch (const Error& error) {
      return refuse(SetAsideReason::undecodable, error.what());
    }
    return take_in_open(*decoder, store, options);
  });
}

}  // namespace pupil::corpus
