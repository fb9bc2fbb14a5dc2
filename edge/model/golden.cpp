// SPDX-License-Identifier: Apache-2.0
// The file: a Header, then for each case its samples, logits and scores, without gaps. Little-endian, as the
// machines are that write and read it. The checksum covers everything after it, so that read_golden() can
// trust the counts once they agree with the model and with the size of the file.
//
// The expected answers come from the reference kernels: what a device computes with its own set must be the
// same bits.

#include "model/golden.h"

#include <array>
#include <cstring>
#include <utility>

#include "model/checksum.h"
#include "pupil/edge/network.h"

namespace pupil::edge {

namespace {

constexpr std::array<unsigned char, 8> kMagic = {0x89, 'P', 'U', 'P', 'G', 'L', 'D', '\n'};
constexpr std::uint32_t kVersion = 1;

struct Header {
  std::array<unsigned char, 8> magic;
  std::uint32_t version;
  std::uint32_t checksum;  // CRC-32 of everything after it
  std::uint32_t model_checksum;
  std::uint32_t case_count;
  std::uint32_t window_samples;
  std::uint32_t class_count;
};
static_assert(sizeof(Header) == 32);
constexpr std::size_t kChecksumStart = 16;

constexpr float kSampleScale = 1.0F / 32768.0F;  // 16-bit samples to [-1, 1)

template <typename Element>
void append(std::vector<std::byte>* file, const std::vector<Element>& elements) {
  const auto* bytes = reinterpret_cast<const std::byte*>(elements.data());
  file->insert(file->end(), bytes, bytes + elements.size() * sizeof(Element));
}

template <typename Element>
std::vector<Element> take(std::span<const std::byte>* bytes, std::size_t count) {
  std::vector<Element> elements(count);
  std::memcpy(elements.data(), bytes->data(), count * sizeof(Element));
  *bytes = bytes->subspan(count * sizeof(Element));
  return elements;
}

// Signals use integers alone: the same samples from every compiler and machine.
enum class Signal { silence, click, square, noise, bursts, sweep };
constexpr std::int32_t kSignalCount = 6;

constexpr std::int64_t kClickSample = 4000;
constexpr std::int32_t kClickPeak = 32767;
constexpr std::int64_t kSquareHalfPeriod = 18;  // 444 Hz at 16 kHz
constexpr std::int32_t kSquarePeak = 9000;
constexpr std::int32_t kNoisePeak = 12000;
constexpr std::int64_t kBurstSamples = 1600;  // 100 ms at 16 kHz, loud and quiet in turn
constexpr std::int32_t kQuietPeak = 200;
constexpr std::int32_t kLoudPeak = 20000;
// A sawtooth whose phase is i^2 / kSweepSlowness: its pitch rises.
constexpr std::int64_t kSweepSlowness = 997;
constexpr std::int64_t kSweepPeriod = 160;
constexpr std::int64_t kSweepStep = 150;
constexpr std::int32_t kSweepNoisePeak = 300;

/// A linear congruential generator (Numerical Recipes); its upper bits are random enough for noise.
class Noise {
 public:
  explicit Noise(std::uint32_t seed) : state_(seed) {}

  /// -peak to peak.
  std::int32_t next(std::int32_t peak) {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<std::int32_t>(state_ >> 16) % (2 * peak + 1) - peak;
  }

 private:
  std::uint32_t state_;
};

std::int64_t sample_of(Signal signal, std::int64_t i, Noise* noise) {
  switch (signal) {
    case Signal::silence: break;
    case Signal::click: return i == kClickSample ? kClickPeak : 0;
    case Signal::square: return i / kSquareHalfPeriod % 2 == 0 ? kSquarePeak : -kSquarePeak;
    case Signal::noise: return noise->next(kNoisePeak);
    case Signal::bursts: return noise->next(i / kBurstSamples % 2 == 0 ? kQuietPeak : kLoudPeak);
    case Signal::sweep:
      return (i * i / kSweepSlowness % kSweepPeriod - kSweepPeriod / 2) * kSweepStep +
             noise->next(kSweepNoisePeak);
  }
  return 0;
}

std::vector<std::int16_t> samples_of(Signal signal, std::int64_t count, std::uint32_t seed) {
  Noise noise(seed);
  std::vector<std::int16_t> samples;
  for (std::int64_t i = 0; i < count; ++i) {
    samples.push_back(static_cast<std::int16_t>(sample_of(signal, i, &noise)));
  }
  return samples;
}

}  // namespace

std::vector<GoldenCase> make_golden_cases(const Model& model, std::int32_t count) {
  std::vector<GoldenCase> cases;
  for (std::int32_t n = 0; n < count; ++n) {
    const auto signal = static_cast<Signal>(n % kSignalCount);
    auto answered =
        answer_golden(model, KernelSet::reference,
                      samples_of(signal, model.window_samples(), static_cast<std::uint32_t>(n) + 1));
    if (answered) cases.push_back(std::move(*answered));
  }
  return cases;
}

std::optional<GoldenCase> answer_golden(const Model& model, KernelSet kernels,
                                        std::vector<std::int16_t> samples) {
  std::vector<std::byte> front_end_state(LogMel::state_bytes(model.front_end()));
  std::vector<std::byte> arena(Network::arena_bytes(model, kernels));
  LogMel log_mel;
  Network network;
  if (log_mel.init(model.front_end(), front_end_state) != Status::ok ||
      network.init(model, arena, kernels) != Status::ok) {
    return std::nullopt;
  }
  std::vector<float> audio;
  for (const std::int16_t sample : samples) audio.push_back(static_cast<float>(sample) * kSampleScale);
  std::vector<float> frames(static_cast<std::size_t>(model.window_frames()) *
                            static_cast<std::size_t>(model.mel_count()));
  GoldenCase answer;
  answer.scores.resize(static_cast<std::size_t>(model.class_count()));
  std::int32_t written = 0;
  if (log_mel.push(audio, frames, &written) != Status::ok || written != model.window_frames() ||
      network.run(frames, answer.scores) != Status::ok) {
    return std::nullopt;
  }
  answer.samples = std::move(samples);
  answer.logits.assign(network.logits().begin(), network.logits().end());
  return answer;
}

std::vector<std::byte> write_golden(const Model& model, const std::vector<GoldenCase>& cases) {
  Header header{};
  header.magic = kMagic;
  header.version = kVersion;
  header.model_checksum = model.checksum();
  header.case_count = static_cast<std::uint32_t>(cases.size());
  header.window_samples = static_cast<std::uint32_t>(model.window_samples());
  header.class_count = static_cast<std::uint32_t>(model.class_count());
  std::vector<std::byte> file(sizeof(Header));
  std::memcpy(file.data(), &header, sizeof(header));
  for (const GoldenCase& c : cases) {
    append(&file, c.samples);
    append(&file, c.logits);
    append(&file, c.scores);
  }
  header.checksum = checksum(std::span<const std::byte>(file).subspan(kChecksumStart));
  std::memcpy(file.data(), &header, sizeof(header));
  return file;
}

std::optional<std::vector<GoldenCase>> read_golden(const Model& model, std::span<const std::byte> bytes) {
  Header header;
  if (bytes.size() < sizeof(header)) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof(header));
  const std::uint64_t window_samples = static_cast<std::uint64_t>(model.window_samples());
  const std::uint64_t class_count = static_cast<std::uint64_t>(model.class_count());
  const std::uint64_t case_bytes = window_samples * sizeof(std::int16_t) + class_count * 2 * sizeof(float);
  if (header.magic != kMagic || header.version != kVersion ||
      header.checksum != checksum(bytes.subspan(kChecksumStart)) ||
      header.model_checksum != model.checksum() || header.window_samples != window_samples ||
      header.class_count != class_count || bytes.size() != sizeof(header) + header.case_count * case_bytes) {
    return std::nullopt;
  }
  bytes = bytes.subspan(sizeof(header));
  std::vector<GoldenCase> cases;
  for (std::uint32_t i = 0; i < header.case_count; ++i) {
    GoldenCase c;
    c.samples = take<std::int16_t>(&bytes, window_samples);
    c.logits = take<float>(&bytes, class_count);
    c.scores = take<float>(&bytes, class_count);
    cases.push_back(std::move(c));
  }
  return cases;
}

bool same_bits(const GoldenCase& a, const GoldenCase& b) {
  const auto same = [](const std::vector<float>& x, const std::vector<float>& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0;
  };
  return same(a.logits, b.logits) && same(a.scores, b.scores);
}

}  // namespace pupil::edge
