// SPDX-License-Identifier: Apache-2.0
// 1. Nobody is trusted: the first bytes decide before FFmpeg sees a file, then the container that FFmpeg found, and no more is decoded
//    than the longest recording that is taken, so a small file that unfolds to hours costs little.
// 2. What is wrong is said to the sender in one sentence with what to do; the disk's faults alone go further up.
// 3. Samples are kept as they came. What is measured on them (level, clipping) decides, and changes nothing.

#include "submit/recording.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "audio/dc_blocker.h"
#include "audio/decoder.h"
#include "base/error.h"
#include "base/text.h"
#include "corpus/intake.h"

namespace pupil::submit {
namespace {

constexpr std::string_view kKinds = "WAV, FLAC, Ogg, MP3, M4A, WebM or AIFF";
constexpr std::int32_t kLowestRateHz = 8000, kHighestRateHz = 192000, kHighestStoredRateHz = 48000;
constexpr std::int32_t kMostChannels = 8;
constexpr std::size_t kPieceSamples = 1 << 14;

// FFmpeg's names of the containers whose beginnings begins_as_sound() knows: a file may begin as one and be read as another.
constexpr std::array<std::string_view, 8> kContainers = {
    "wav", "flac", "ogg", "mp3", "aac", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "aiff"};

struct Sign {
  std::size_t at;
  std::string_view bytes;
};

using namespace std::string_view_literals;

bool has_sign(std::string_view text, std::initializer_list<Sign> signs) {
  return std::ranges::all_of(signs, [&](const Sign& sign) {
    return text.size() >= sign.at && text.substr(sign.at).starts_with(sign.bytes);
  });
}

// The first eleven bits of a frame of MP3 or AAC.
bool has_frame_sync(std::string_view text) {
  return text.size() >= 4 && text[0] == '\xff' && (static_cast<unsigned char>(text[1]) & 0xe0) == 0xe0;
}

std::string too_short(double duration_s, const RecordingLimits& limits) {
  return concat("It is too short: ", fixed(duration_s, 2), " s, and ", limits.min_s, " s are the least.");
}

std::string problem_of(const Recording& recording, const RecordingLimits& limits) {
  if (recording.duration_s < limits.min_s) return too_short(recording.duration_s, limits);
  if (recording.peak_db < limits.silence_db)
    return "There is no sound in it. Is the microphone muted, or another one chosen?";
  if (recording.peak_db < limits.quiet_db)
    return concat("It is too quiet: its loudest moment is at ", fixed(recording.peak_db, 0),
                  " dB of full scale, and ", fixed(limits.quiet_db, 0),
                  " dB are the least. Come nearer, or turn the microphone up.");
  if (recording.clipped_share > limits.clipped_share)
    return concat("It is clipped: ", fixed(100 * recording.clipped_share, 1),
                  " % of it is at full scale, and ", fixed(100 * limits.clipped_share, 1),
                  " % are the most. Go further away, or turn the microphone down.");
  return {};
}

void measure(Recording* recording) {
  audio::DcBlocker dc(recording->rate_hz);
  double peak = 0;
  std::int64_t clipped = 0;
  for (const float sample : recording->samples) {
    peak = std::max(peak, std::abs(dc(sample)));
    clipped += std::abs(sample) >= corpus::kFullScale;
  }
  const auto count = static_cast<double>(recording->samples.size());
  recording->duration_s = count / recording->rate_hz;
  recording->peak_db = peak > 0 ? std::max(kQuietestDb, 20 * std::log10(peak)) : kQuietestDb;
  recording->clipped_share = count > 0 ? static_cast<double>(clipped) / count : 0;
}

// Takes the samples; or says what keeps them from being taken before anything is measured.
std::string decode(audio::Decoder& decoder, const RecordingLimits& limits, Recording* recording) {
  const auto most = static_cast<std::size_t>(limits.max_s * recording->rate_hz);
  std::vector<float> piece(kPieceSamples);
  while (const std::size_t count = decoder.read(piece)) {
    recording->samples.insert(recording->samples.end(), piece.begin(),
                              piece.begin() + static_cast<std::ptrdiff_t>(count));
    if (recording->samples.size() > most)
      return concat("It is too long: ", limits.max_s, " s are the most. Send the part that matters.");
  }
  const auto bad = static_cast<double>(decoder.damage().bad_sample_count);
  if (bad > corpus::kBadShareMax * static_cast<double>(decoder.source_sample_count()))
    return "It is damaged: some of its samples are not numbers.";
  return {};
}

std::string source_problem(const audio::AudioInfo& info) {
  if (std::ranges::find(kContainers, info.container) == kContainers.end())
    return concat("It is no sound file of a kind that is taken (", kKinds, ").");
  if (info.sample_rate_hz < kLowestRateHz || info.sample_rate_hz > kHighestRateHz)
    return concat("It has ", info.sample_rate_hz, " samples a second; ", kLowestRateHz, " to ",
                  kHighestRateHz, " are taken.");
  if (info.channel_count > kMostChannels)
    return concat("It has ", info.channel_count, " channels; ", kMostChannels, " are the most.");
  return {};
}

std::string read_into(std::span<const std::byte> bytes, const RecordingLimits& limits, Recording* recording) {
  audio::DecodeOptions options;
  options.min_duration_s = 0;
  audio::Decoder decoder(bytes, options);
  if (std::string problem = source_problem(decoder.info()); !problem.empty()) return problem;
  recording->is_sound = true;
  if (decoder.sample_rate_hz() > kHighestStoredRateHz) {
    options.sample_rate_hz = kHighestStoredRateHz;
    decoder = audio::Decoder(bytes, options);
  }
  recording->rate_hz = decoder.sample_rate_hz();
  if (std::string problem = decode(decoder, limits, recording); !problem.empty()) return problem;
  measure(recording);
  return problem_of(*recording, limits);
}

}  // namespace

bool begins_as_sound(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return has_sign(text, {{0, "RIFF"}, {8, "WAVE"}}) || has_sign(text, {{0, "fLaC"}}) ||
         has_sign(text, {{0, "OggS"}}) || has_sign(text, {{4, "ftyp"}}) ||
         has_sign(text, {{0, "\x1a\x45\xdf\xa3"sv}}) || has_sign(text, {{0, "FORM"}, {8, "AIF"}}) ||
         has_sign(text, {{0, "ID3"}}) || has_frame_sync(text);
}

Recording read_recording(std::span<const std::byte> bytes, const RecordingLimits& limits) {
  Recording recording;
  if (bytes.empty()) {
    recording.problem = "There is nothing in it: 0 bytes.";
  } else if (std::ssize(bytes) > limits.max_bytes) {
    recording.problem = concat("It is too large: ", readable_bytes(std::ssize(bytes)), ", and ",
                               readable_bytes(limits.max_bytes), " are the most.");
  } else if (!begins_as_sound(bytes)) {
    recording.problem = concat("It is no sound file of a kind that is taken (", kKinds, ").");
  } else {
    try {
      recording.problem = read_into(bytes, limits, &recording);
    } catch (const DiskError&) {
      throw;
    } catch (const Error& error) {
      recording.problem = concat("It cannot be decoded: ", error.what(), ".");
    }
  }
  if (!recording.problem.empty()) recording.samples = std::vector<float>();  // {} would keep the memory
  return recording;
}

}  // namespace pupil::submit
