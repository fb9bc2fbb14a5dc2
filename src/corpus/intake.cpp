// SPDX-License-Identifier: Apache-2.0
// One decoding does all: samples pass through the peak, the level meter, the fingerprint and the FLAC encoder, piece by piece,
// so memory does not grow with the file. What is refused is known at the end of it and its FLAC dropped.
//
// Two cases decode again. A quiet recording of more than 16 bits is encoded with 24: its peak is known only after the
// first pass. And where the mean of the channels is silent, each channel is listened to, so that the remark can name one.

#include "corpus/intake.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <vector>

#include "audio/dc_blocker.h"
#include "audio/decoder.h"
#include "audio/flac_writer.h"
#include "audio/resampler.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/system_error.h"
#include "base/text.h"
#include "corpus/folder_listing.h"

namespace pupil::corpus {
namespace {

constexpr std::size_t kPieceSamples = 1 << 15;
// Quieter clips whose source has more than 16 bits are stored with 24: at -40 dB of full scale 16 bits leave nine.
constexpr double kQuietPeakDbfs = -40;
constexpr std::int32_t kStoredBits = 16, kQuietStoredBits = 24;
constexpr std::int32_t kMostChannelsTried = 8;

double to_dbfs(double peak) {
  return peak > 0 ? 20.0 * std::log10(peak) : kQuietestDbfs;
}

Intake refuse(SetAsideReason reason, std::string detail) {
  Intake intake;
  intake.refused = reason;
  intake.detail = std::move(detail);
  return intake;
}

// Everything that is learned of a clip in one pass over its samples.
class Pass {
 public:
  Pass(const Store& store, std::int32_t sample_rate_hz, std::int32_t bits_per_sample)
      : writer_(store.temporary_folder(), sample_rate_hz, {.bits_per_sample = bits_per_sample}),
        levels_(sample_rate_hz),
        fingerprint_(sample_rate_hz) {}

  void push(std::span<const float> samples) {
    for (const float sample : samples) {
      sum_ += sample;
      clipped_count_ += std::abs(sample) >= kFullScale;
    }
    sample_count_ += std::ssize(samples);
    writer_.write(samples);
    levels_.push(samples);
    fingerprint_.push(samples);
  }

  /// Of what sounds: without a constant offset.
  double peak_dbfs() const { return to_dbfs(levels_.peak()); }

  // A reason to set the clip aside, or the finished intake.
  Intake finish(std::int32_t sample_rate_hz, const CollectOptions& options) {
    const double duration_s = static_cast<double>(sample_count_) / sample_rate_hz;
    if (duration_s < options.min_duration_s) {
      return refuse(SetAsideReason::too_short,
                    concat(fixed(duration_s, 3), " s, less than ", options.min_duration_s, " s"));
    }
    if (peak_dbfs() < options.silence_dbfs) {
      const std::string offset = std::abs(mean()) >= kNoticedOffset
                                     ? concat(" without its constant offset of ", fixed(mean(), 3))
                                     : "";
      return refuse(SetAsideReason::silent, concat("peak at ", fixed(peak_dbfs(), 1), " dB of full scale",
                                                   offset, ", below ", options.silence_dbfs, " dB"));
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
    intake.size_bytes = static_cast<std::int64_t>(std::filesystem::file_size(intake.temporary));
    intake.sample_rate_hz = sample_rate_hz;
    intake.sample_count = sample_count_;
    intake.levels = levels_.finish();
    intake.fingerprint = fingerprint_.finish();
    intake.offset = mean();
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

  double mean() const { return sample_count_ > 0 ? sum_ / static_cast<double>(sample_count_) : 0; }

  audio::FlacWriter writer_;
  LevelMeter levels_;
  FingerprintMeter fingerprint_;
  double sum_ = 0;
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

audio::DecodeOptions decode_options(std::int32_t channel) {
  return {.sample_rate_hz = 0, .channel = channel, .min_duration_s = 0};
}

double channel_peak(const std::filesystem::path& file, std::int32_t channel) {
  double peak = 0;
  try {
    audio::Decoder decoder(file, decode_options(channel));
    audio::DcBlocker dc(decoder.sample_rate_hz());
    std::vector<float> piece(kPieceSamples);
    while (const std::size_t count = decoder.read(piece)) {
      for (const float sample : std::span(piece).first(count)) peak = std::max(peak, std::abs(dc(sample)));
    }
  } catch (const DiskError&) {
    throw;
  } catch (const Error&) {  // a channel that ends midway; what was read of it counts
  }
  return peak;
}

// Which channel sounds where the mean of all does not: " (the mean of 2 channels cancels: channel 0 alone peaks at ...)".
std::string cancelled_channels(const std::filesystem::path& file, std::int32_t channel_count,
                               const CollectOptions& options) {
  for (std::int32_t channel = 0; channel < std::min(channel_count, kMostChannelsTried); ++channel) {
    const double peak = channel_peak(file, channel);
    if (to_dbfs(peak) < options.silence_dbfs) continue;
    return concat(": the mean of its ", channel_count, " channels cancels, channel ", channel,
                  " alone peaks at ", fixed(to_dbfs(peak), 1), " dB; [collect] channel = \"", channel,
                  "\" takes that one");
  }
  return {};
}

// One decoding. None: the clip is too quiet for `bits_per_sample`, and its source has more.
std::optional<Intake> take_in_with(const std::filesystem::path& file, const Store& store,
                                   const CollectOptions& options, std::int32_t bits_per_sample) {
  std::optional<audio::Decoder> opened;
  try {
    opened.emplace(file, decode_options(options.channel));
  } catch (const DiskError&) {
    throw;
  } catch (const Error& error) {
    return refuse(SetAsideReason::undecodable, error.what());
  }
  audio::Decoder& decoder = *opened;
  const std::int32_t rate_hz = std::min(decoder.sample_rate_hz(), options.sample_rate_hz);
  Pass pass(store, rate_hz, bits_per_sample);
  if (const auto complaint = decode(decoder, rate_hz, pass))
    return refuse(SetAsideReason::undecodable, *complaint);
  const std::string damage = audio::damage_text(decoder.damage(), decoder.source_sample_count());
  const auto bad_share = static_cast<double>(decoder.damage().bad_sample_count) /
                         static_cast<double>(std::max<std::int64_t>(1, decoder.source_sample_count()));
  if (bad_share > kBadShareMax) return refuse(SetAsideReason::damaged, damage);
  const bool is_deeper = decoder.info().bits_per_sample > bits_per_sample;
  const bool is_silent = pass.peak_dbfs() < options.silence_dbfs;
  if (is_deeper && bits_per_sample < kQuietStoredBits && !is_silent && pass.peak_dbfs() < kQuietPeakDbfs)
    return std::nullopt;
  Intake intake = pass.finish(rate_hz, options);
  if (intake.refused == SetAsideReason::silent && options.channel < 0 && decoder.info().channel_count > 1)
    intake.detail += cancelled_channels(file, decoder.info().channel_count, options);
  intake.original_rate_hz = decoder.info().sample_rate_hz;
  intake.original_channel_count = decoder.info().channel_count;
  intake.original_codec = decoder.info().codec;
  intake.damage = damage;
  return intake;
}

}  // namespace

Intake take_in(const std::filesystem::path& file, const Store& store, const CollectOptions& options) {
  return with_context(file.string(), [&] {
    if (const auto problem = file_problem(file)) return refuse(SetAsideReason::unreadable, *problem);
    if (access(file.c_str(), R_OK) != 0) {
      if (is_machine_failure(errno)) throw_system_error("cannot be reached", errno);
      return refuse(SetAsideReason::unreadable, std::strerror(errno));
    }
    if (std::optional<Intake> intake = take_in_with(file, store, options, kStoredBits))
      return std::move(*intake);
    return *take_in_with(file, store, options, kQuietStoredBits);
  });
}

}  // namespace pupil::corpus
