#include "teacher/teacher.h"

#include <ATen/ATen.h>

#include <map>
#include <optional>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "teacher/clap.h"
#include "teacher/tagger.h"
#include "teacher/zero_shot.h"

namespace pupil::teacher {
namespace {

std::vector<float> row_of(const at::Tensor& matrix, std::int64_t row) {
  const at::Tensor dense = matrix[row].to(at::kFloat).contiguous();
  return {dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel()};
}

// Runs `run` over the stretches that can be heard, those of one length together; fills the results in order.
template <typename Run>
std::vector<Heard> hear_by_length(std::span<const std::vector<float>> audio, Run run) {
  std::vector<Heard> heard(audio.size());
  std::map<std::size_t, std::vector<std::size_t>> by_length;
  for (std::size_t i = 0; i < audio.size(); ++i) {
    heard[i].problem = audio_problem(audio[i]);
    if (heard[i].problem.empty()) by_length[audio[i].size()].push_back(i);
  }
  for (const auto& [length, indices] : by_length) run(indices, heard);
  return heard;
}

class ClapTeacher : public Teacher {
 public:
  explicit ClapTeacher(Clap clap) : clap_(std::move(clap)) {}

  std::string_view kind() const override { return "clap"; }
  std::int32_t sample_rate_hz() const override { return clap_.sample_rate_hz(); }
  bool standardise() const override { return false; }

  // CLAP fits every stretch to the same length itself.
  std::vector<Heard> hear(std::span<const std::vector<float>> audio) const override {
    std::vector<Heard> heard(audio.size());
    std::vector<std::vector<float>> usable;
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < audio.size(); ++i) {
      heard[i].problem = audio_problem(audio[i]);
      if (!heard[i].problem.empty()) continue;
      usable.push_back(audio[i]);
      indices.push_back(i);
    }
    if (usable.empty()) return heard;
    const at::Tensor embeddings = clap_.embed_audio(usable);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      heard[indices[i]].embedding = row_of(embeddings, static_cast<std::int64_t>(i));
    }
    return heard;
  }

  void set_classes(std::span<const SoundClass> classes) override {
    class_embeddings_.clear();
    Json config = Json(Json::Array());
    for (const SoundClass& sound : classes) {
      if (sound.prompts.empty()) throw Error(concat("class '", sound.name, "' has no prompts, which CLAP needs"));
      const at::Tensor prompts = clap_.embed_text(sound.prompts).to(at::kFloat).contiguous();
      const std::vector<float> mean = prompt_ensemble(
          {prompts.data_ptr<float>(), static_cast<std::size_t>(prompts.numel())}, clap_.embedding_size());
      class_embeddings_.insert(class_embeddings_.end(), mean.begin(), mean.end());
      Json entry;
      entry.set(sound.name, sound.prompts);
      config.push_back(entry);
    }
    class_config_ = config.dump();
  }

  std::string class_config() const override { return class_config_; }

  std::vector<float> score(std::span<const float> embedding) const override {
    return class_scores(embedding, class_embeddings_, clap_.audio_logit_scale());
  }

 private:
  Clap clap_;
  std::vector<float> class_embeddings_;  // [K, D]
  std::string class_config_;
};

class TaggerTeacher : public Teacher {
 public:
  explicit TaggerTeacher(Tagger tagger) : tagger_(std::move(tagger)) {}

  std::string_view kind() const override { return tagger_.family(); }
  std::int32_t sample_rate_hz() const override { return tagger_.sample_rate_hz(); }
  bool standardise() const override { return true; }

  std::vector<Heard> hear(std::span<const std::vector<float>> audio) const override {
    return hear_by_length(audio, [&](const std::vector<std::size_t>& indices, std::vector<Heard>& heard) {
      const auto length = static_cast<std::int64_t>(audio[indices[0]].size());
      if (length < 2) {
        for (const std::size_t i : indices) heard[i].problem = "a single sample";
        return;
      }
      at::Tensor batch = at::empty({static_cast<std::int64_t>(indices.size()), length});
      for (std::size_t row = 0; row < indices.size(); ++row) {
        std::copy(audio[indices[row]].begin(), audio[indices[row]].end(),
                  batch.data_ptr<float>() + static_cast<std::int64_t>(row) * length);
      }
      const TaggerOutput output = tagger_.forward(batch);
      const at::Tensor both = at::cat({output.logits, output.embeddings}, 1);
      for (std::size_t row = 0; row < indices.size(); ++row) {
        heard[indices[row]].embedding = row_of(both, static_cast<std::int64_t>(row));
      }
    });
  }

  void set_classes(std::span<const SoundClass> classes) override {
    mapping_.clear();
    Json config = Json(Json::Array());
    for (const SoundClass& sound : classes) {
      if (sound.audioset.empty()) {
        throw Error(concat("class '", sound.name, "' has no `audioset` names, which an AudioSet tagger needs"));
      }
      const std::vector<std::int64_t> positions =
          with_context(concat("class '", sound.name, "'"), [&] { return tagger_.class_positions(sound.audioset); });
      mapping_.emplace_back(positions.begin(), positions.end());
      Json entry;
      entry.set(sound.name, sound.audioset);
      config.push_back(entry);
    }
    class_config_ = config.dump();
  }

  std::string class_config() const override { return class_config_; }

  std::vector<float> score(std::span<const float> embedding) const override {
    return mapped_scores(embedding.first(tagger_.class_names().size()), mapping_);
  }

 private:
  Tagger tagger_;
  std::vector<std::vector<std::int32_t>> mapping_;
  std::string class_config_;
};

}  // namespace

std::unique_ptr<Teacher> load_teacher(const std::filesystem::path& path, const TeacherOptions& options) {
  std::string tagger_problem;
  if (!std::filesystem::is_directory(path)) {
    try {
      return std::make_unique<TaggerTeacher>(Tagger::load(path));
    } catch (const Error& error) {
      tagger_problem = error.what();
    }
  }
  try {
    return std::make_unique<ClapTeacher>(Clap::load(path));
  } catch (const Error& error) {
    if (tagger_problem.empty()) throw;
    throw Error(concat(path.string(), ": not a teacher that is known. As a tagger: ", tagger_problem,
                       ". As CLAP: ", error.what()));
  }
}

}  // namespace pupil::teacher
