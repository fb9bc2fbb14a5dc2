// SPDX-License-Identifier: Apache-2.0
// Files of a fixed number of examples, each written whole with the hash of all that decides it: a rendering that was
// stopped goes on behind the last whole file, and one of other inputs is never mixed in.
#include "pretrain/example_pool.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "audio/resampler.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/text.h"

namespace pupil::pretrain {
namespace {

constexpr std::int64_t kExamplesPerFile = 256;
constexpr std::int64_t kExamplesAtOnce = 16;
// Part of the description: raise it when rendering changes.
constexpr int kRenderingVersion = 1;

std::string description_hash(const SoundLibrary& library, const ExamplePoolOptions& options,
                             bool has_tagger) {
  std::string text =
      concat(kRenderingVersion, " ", options.seed, " ", library.synthetic_share(), " ",
             has_tagger ? "tagger " : " ", options.features.description, " ", options.description, "\n");
  for (const ManifestClip& clip : library.clips()) {
    std::error_code unknown;  // decoding will say what is wrong with it
    const std::uintmax_t bytes = std::filesystem::file_size(clip.file, unknown);
    text += concat(clip.file.filename().string(), " ", unknown ? 0 : bytes, " ", clip.label, " ",
                   clip.start_s, " ", clip.duration_s, "\n");
  }
  return sha256_hex(text);
}

// As the teacher pads: whole repetitions, then silence.
std::vector<float> repeat_padded(const std::vector<float>& samples, std::size_t count) {
  std::vector<float> padded(count, 0.0F);
  const std::size_t repetitions = std::max<std::size_t>(1, count / samples.size());
  for (std::size_t i = 0; i < std::min(count, repetitions * samples.size()); ++i) {
    padded[i] = samples[i % samples.size()];
  }
  return padded;
}

void score(const ExampleTeacher& tagger, const std::vector<std::vector<float>>& examples,
           std::vector<at::Tensor>& logits, std::vector<at::Tensor>& embeddings) {
  const auto count = static_cast<std::int64_t>(examples[0].size());
  at::Tensor audio = at::empty({std::ssize(examples), count}, at::kFloat);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    std::copy(examples[i].begin(), examples[i].end(),
              audio.data_ptr<float>() + static_cast<std::int64_t>(i) * count);
  }
  const teacher::TaggerOutput output = tagger(audio);
  logits.push_back(output.logits.to(at::kHalf));
  embeddings.push_back(output.embeddings.to(at::kHalf));
}

void render_file(SoundLibrary& library, const ExampleTeacher& tagger, const ExamplePoolOptions& options,
                 const std::vector<ExamplePlan>& plans, std::int64_t first, const std::filesystem::path& path,
                 const std::string& hash, Progress& progress) {
  const std::int64_t last = std::min(first + kExamplesPerFile, options.example_count);
  const auto padded_count = static_cast<std::size_t>(options.features.length_s * kLibraryRateHz);
  std::vector<at::Tensor> frames, logits, embeddings;
  std::vector<std::vector<float>> waiting;
  for (std::int64_t example = first; example < last; ++example) {
    const std::vector<float> samples = render_example(library, plans[static_cast<std::size_t>(example)]);
    frames.push_back(options.features.frames(samples).to(at::kHalf));
    if (tagger) waiting.push_back(repeat_padded(samples, padded_count));
    if (std::ssize(waiting) == kExamplesAtOnce || (example + 1 == last && !waiting.empty())) {
      score(tagger, waiting, logits, embeddings);
      waiting.clear();
    }
    progress.advance();
  }
  std::vector<nn::NamedTensor> tensors = {{"frames", at::stack(frames)}};
  if (tagger) {
    tensors.push_back({"logits", at::cat(logits)});
    tensors.push_back({"embedding", at::cat(embeddings)});
  }
  nn::write_safetensors(path, tensors, {{"description", hash}});
}

bool is_current(const std::filesystem::path& path, const std::string& hash, std::int64_t rows) {
  if (!std::filesystem::exists(path)) return false;
  try {
    const nn::TensorFile file = nn::TensorFile::open(path);
    const auto found = file.values().find("description");
    const std::string* stored =
        found == file.values().end() ? nullptr : std::get_if<std::string>(&found->second);
    return stored != nullptr && *stored == hash && file.find("frames")->shape[0] >= rows;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

ExampleFeatures clap_example_features(const teacher::ClapFeatureOptions& options) {
  const auto& mel = options.log_mel;
  ExampleFeatures features;
  features.length_s = static_cast<double>(options.max_samples) / mel.sample_rate_hz;
  features.description = concat(options.max_samples, " ", mel.hop_samples, " ", mel.window_samples, " ",
                                mel.mel_count, " ", mel.sample_rate_hz, " ", mel.low_hz, " ", mel.high_hz);
  features.frames = [options](std::span<const float> samples) {
    const auto resampled = audio::resample(samples, kLibraryRateHz, options.log_mel.sample_rate_hz);
    return teacher::clap_features(resampled, options).frames[0];
  };
  return features;
}

ExampleTeacher example_teacher(const teacher::Tagger& tagger) {
  if (tagger.sample_rate_hz() != kLibraryRateHz)
    throw Error(concat("the tagger takes audio at ", tagger.sample_rate_hz(), " Hz; examples are made at ",
                       kLibraryRateHz));
  return [&tagger](const at::Tensor& audio) { return tagger.forward(audio); };
}

ExamplePool ExamplePool::prepare(SoundLibrary& library, const ExampleTeacher& tagger,
                                 const ExamplePoolOptions& options) {
  const at::NoGradGuard no_grad;
  make_folders(options.folder);
  const std::string hash = description_hash(library, options, static_cast<bool>(tagger));
  ExamplePool pool;
  pool.example_count_ = options.example_count;
  pool.has_tagger_ = static_cast<bool>(tagger);
  pool.description_sha256_ = hash;
  for (std::int64_t example = 0; example < options.example_count; ++example) {
    pool.plans_.push_back(draw_example(library, options.features.length_s, options.seed, example));
  }
  Progress progress("examples", options.example_count, "examples");
  for (std::int64_t first = 0; first < options.example_count; first += kExamplesPerFile) {
    const std::string number = std::to_string(100000 + first / kExamplesPerFile).substr(1);
    const std::filesystem::path path = options.folder / concat("examples-", number, ".safetensors");
    const std::int64_t rows = std::min(kExamplesPerFile, options.example_count - first);
    if (is_current(path, hash, rows)) {
      progress.advance(rows);
    } else {
      render_file(library, tagger, options, pool.plans_, first, path, hash, progress);
    }
    pool.files_.push_back(nn::TensorFile::open(path));
  }
  progress.finish();
  return pool;
}

at::Tensor ExamplePool::row(const char* name, std::int64_t example) const {
  return files_[static_cast<std::size_t>(example / kExamplesPerFile)]
      .tensor(name)[example % kExamplesPerFile]
      .to(at::kFloat);
}

}  // namespace pupil::pretrain
