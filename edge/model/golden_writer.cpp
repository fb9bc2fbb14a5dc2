#include "model/golden_writer.h"

#include <cmath>
#include <cstring>

#include "model/checksum.h"
#include "model/golden_file.h"
#include "model/golden_format.h"

namespace pupil::edge {

namespace {

template <typename Element>
void append(std::span<const Element> elements, std::vector<std::byte>* out) {
  const auto bytes = std::as_bytes(elements);
  out->insert(out->end(), bytes.begin(), bytes.end());
}

/// Everything that runs a window with the reference.
struct ReferenceRun {
  explicit ReferenceRun(const Model& model)
      : front_end_memory(LogMel::state_bytes(model.front_end())),
        arena(Network::arena_bytes(model, KernelSet::reference)),
        samples(static_cast<std::size_t>(model.window_samples())),
        frames(static_cast<std::size_t>(model.window_frames()) * static_cast<std::size_t>(model.mel_count())),
        scores(static_cast<std::size_t>(model.class_count())) {
    (void)front_end.init(model.front_end(), front_end_memory);
    (void)network.init(model, arena, KernelSet::reference);
  }

  void run(const GoldenSamples& window, WindowChecksums* sums) {
    for (std::size_t l = 0; l < samples.size(); ++l) samples[l] = static_cast<float>(window.at(l)) / 32768.0F;
    (void)run_with_checksums(samples, front_end, network, frames, scores, sums);
  }

  std::vector<std::byte> front_end_memory, arena;
  std::vector<float> samples, frames, scores;
  LogMel front_end;
  Network network;
};

double noise(std::uint32_t* state) {
  *state = *state * 1664525U + 1013904223U;
  return static_cast<double>(*state >> 8) / 8388608.0 - 1.0;
}

}  // namespace

std::vector<std::byte> write_golden(const Model& model, std::span<const GoldenSamples> windows) {
  golden_format::Header header{};
  header.magic = golden_format::kMagic;
  header.version = golden_format::kVersion;
  header.model_checksum = model.checksum();
  header.window_count = static_cast<std::uint32_t>(windows.size());
  header.sample_count = static_cast<std::uint32_t>(model.window_samples());
  header.layer_count = static_cast<std::uint32_t>(model.layer_count());
  header.class_count = static_cast<std::uint32_t>(model.class_count());
  std::vector<std::byte> file(sizeof(header));
  ReferenceRun reference(model);
  for (const GoldenSamples& window : windows) {
    WindowChecksums sums;
    reference.run(window, &sums);
    append(std::span(window), &file);
    file.resize((file.size() + 3) / 4 * 4);
    append(std::span<const std::uint32_t>(&sums.frames, 1), &file);
    append(std::span<const std::uint32_t>(sums.layers.data(), header.layer_count), &file);
    append(reference.network.logits(), &file);
    append(std::span<const float>(reference.scores), &file);
  }
  header.file_bytes = static_cast<std::uint32_t>(file.size());
  std::memcpy(file.data(), &header, sizeof(header));
  header.checksum = checksum(std::span<const std::byte>(file).subspan(golden_format::kChecksumStart));
  std::memcpy(file.data(), &header, sizeof(header));
  return file;
}

std::vector<GoldenSamples> golden_sounds(std::int64_t window_samples) {
  constexpr std::size_t kSounds = 6;
  const auto count = static_cast<std::size_t>(window_samples);
  std::vector<GoldenSamples> sounds(kSounds, GoldenSamples(count));
  std::uint32_t random = 1;
  double phase = 0;
  for (std::size_t l = 0; l < count; ++l) {
    const double at = static_cast<double>(l) / static_cast<double>(count);
    phase += 0.02 + 3.0 * at * at;  // radians a sample
    const double values[kSounds] = {0.0,
                                    l == count / 3 ? 1.0 : 0.0,
                                    noise(&random),
                                    (l / 37) % 2 == 0 ? 2.0 : -2.0,
                                    0.01 * std::sin(phase),
                                    noise(&random) * at * at * at};
    for (std::size_t s = 0; s < kSounds; ++s) {
      const double scaled = std::floor(values[s] * 32767.0 + 0.5);
      sounds[s][l] = static_cast<std::int16_t>(std::fmin(std::fmax(scaled, -32768.0), 32767.0));
    }
  }
  return sounds;
}

}  // namespace pupil::edge
