#include "pretrain/teacher_trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/error.h"
#include "base/log.h"
#include "base/metrics_file.h"
#include "base/progress.h"
#include "base/text.h"

namespace pupil::pretrain {
namespace {

constexpr std::int64_t kHeldBack = 128;
constexpr std::int64_t kStepsPerLine = 10;
constexpr std::int64_t kStatisticsViews = 2048;

// Warm-up, then half a cosine down to a hundredth.
double learning_rate(const TeacherTrainerOptions& options, std::int64_t step) {
  const double height = options.optimizer.learning_rate;
  if (step <= options.warm_up_steps) {
    return height * static_cast<double>(step) / static_cast<double>(std::max<std::int64_t>(1, options.warm_up_steps));
  }
  const double share = static_cast<double>(step - options.warm_up_steps) /
                       static_cast<double>(std::max<std::int64_t>(1, options.steps - options.warm_up_steps));
  return height * (0.01 + 0.99 * 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, share))));
}

// Both sets of weights with their optimizers: what a checkpoint holds.
class Course {
 public:
  Course(ClapNetwork& network, TeacherHeads& heads)
      : network_(network), heads_(heads), network_optimizer_(network.parameters()), heads_optimizer_(heads.parameters()) {}

  std::int64_t step = 0;

  double take_step(const AdamWOptions& options, double average_share) {
    // The average follows closely at first, when the weights still move far.
    const double share = std::min(average_share, static_cast<double>(step) / (10.0 + static_cast<double>(step)));
    const double length = network_optimizer_.step(network_.parameters(), step, options, share);
    heads_optimizer_.step(heads_.parameters(), step, options, share);
    return length;
  }

  void save(const std::filesystem::path& path) const {
    nn::write_safetensors(path,
                          {{{"network.values", network_.parameters().values()},
                            {"network.first", network_optimizer_.first},
                            {"network.second", network_optimizer_.second},
                            {"network.average", network_optimizer_.average},
                            {"heads.values", heads_.parameters().values()},
                            {"heads.first", heads_optimizer_.first},
                            {"heads.second", heads_optimizer_.second},
                            {"heads.average", heads_optimizer_.average}}},
                          {{"step", std::to_string(step)}});
  }

  void load(const std::filesystem::path& path) {
    const nn::TensorFile file = nn::TensorFile::open(path);
    const auto copy = [&](const char* name, const at::Tensor& into) {
      const at::Tensor from = file.tensor(name);
      if (from.sizes() != into.sizes()) {
        throw Error(concat(path.string(), ": belongs to a network of another size; remove it, or --fresh"));
      }
      at::Tensor target = into;
      target.copy_(from);
    };
    const at::NoGradGuard no_grad;
    copy("network.values", network_.parameters().values());
    copy("network.first", network_optimizer_.first);
    copy("network.second", network_optimizer_.second);
    copy("network.average", network_optimizer_.average);
    copy("heads.values", heads_.parameters().values());
    copy("heads.first", heads_optimizer_.first);
    copy("heads.second", heads_optimizer_.second);
    copy("heads.average", heads_optimizer_.average);
    step = std::stoll(std::get<std::string>(file.values().at("step")));
  }

  // Runs `work` with the average in place of the weights.
  template <typename Work>
  auto with_average(const Work& work) {
    const at::NoGradGuard no_grad;
    const at::Tensor kept = network_.parameters().values().clone();
    at::Tensor values = network_.parameters().values();
    values.copy_(network_optimizer_.average);
    const auto result = work();
    values.copy_(kept);
    return result;
  }

  void leave_average() {
    const at::NoGradGuard no_grad;
    at::Tensor values = network_.parameters().values();
    values.copy_(network_optimizer_.average);
  }

 private:
  ClapNetwork& network_;
  TeacherHeads& heads_;
  AdamW network_optimizer_, heads_optimizer_;
};

struct Look {
  double class_loss = 0;
  double agreement = 0;
};

// The views held back, against all classes.
Look look(const ClapNetwork& network, const nn::BpeTokenizer& tokenizer, const TeacherBatches& batches,
          std::int64_t view_count) {
  const at::NoGradGuard no_grad;
  std::vector<std::int64_t> views(static_cast<std::size_t>(view_count - batches.train_count()));
  std::iota(views.begin(), views.end(), batches.train_count());
  Look result;
  if (views.empty()) return result;
  const TeacherBatch batch = batches.fixed(views);
  if (batch.class_captions.empty()) return result;
  const std::int64_t longest = network.config().text.positions - network.config().text.pad_id - 1;
  const at::Tensor text = network.embed_text(tokenizer.encode_batch(batch.class_captions, longest));
  const at::Tensor similarity = at::matmul(network.embed_audio(batch.frames).embedding, text.t());
  result.class_loss = class_distance(similarity * network.audio_logit_scale(), batch.evidence).item<double>();
  const std::int64_t top = std::min<std::int64_t>(3, batch.evidence.size(1));
  const at::Tensor agreed = std::get<1>(at::topk(batch.evidence, top)).eq(similarity.argmax(1, true));
  result.agreement = agreed.sum().item<double>() / static_cast<double>(views.size());
  return result;
}

TeacherHeads make_heads(const ClapNetwork& network, const ViewPool& pool, std::uint64_t seed) {
  const std::int64_t channels = network.config().audio.out_channels();
  if (!pool.has_tagger()) return TeacherHeads(channels, at::zeros({1}), at::ones({1}), seed);
  std::vector<at::Tensor> rows;
  for (std::int64_t view = 0; view < std::min(kStatisticsViews, pool.size()); ++view) rows.push_back(pool.embedding(view));
  const at::Tensor all = at::stack(rows);
  return TeacherHeads(channels, all.mean(0), all.std(0, false) + 1e-3, seed);
}

double value_of(const at::Tensor& part) { return part.defined() ? part.item<double>() : 0; }

Json metrics_line(std::int64_t step, const TeacherLoss& loss, double rate, double gradient) {
  Json line;
  line.set("step", step);
  line.set("loss", value_of(loss.total));
  line.set("contrast_loss", value_of(loss.contrast));
  line.set("class_loss", value_of(loss.classes));
  line.set("evidence_loss", value_of(loss.evidence));
  line.set("embedding_loss", value_of(loss.embedding));
  line.set("learning_rate", rate);
  line.set("gradient", gradient);
  return line;
}

}  // namespace

void set_mel_statistics(ClapNetwork& network, const ViewPool& pool) {
  std::vector<at::Tensor> rows;
  for (std::int64_t view = 0; view < std::min(kStatisticsViews, pool.size()); view += 4) rows.push_back(pool.frames(view));
  const at::Tensor all = at::cat(rows);
  network.set_mel_statistics(all.mean(0), all.var(0, false));
}

TeacherTrainerResult train_teacher(ClapNetwork& network, const nn::BpeTokenizer& tokenizer, const ViewPool& pool,
                                   const SoundLibrary& library, const PhraseTable& phrases,
                                   const std::vector<std::string>& class_names, const TeacherTrainerOptions& options) {
  const std::int64_t held_back = std::min(kHeldBack, pool.size() / 8);
  const TeacherBatches batches(pool, library, phrases, class_names, pool.size() - held_back, options.batch);
  TeacherHeads heads = make_heads(network, pool, options.batch.seed);
  Course course(network, heads);
  const std::filesystem::path checkpoint = options.work / "checkpoint.safetensors";
  if (!options.fresh && std::filesystem::exists(checkpoint)) {
    course.load(checkpoint);
    log_info(concat("going on after step ", course.step));
  }
  MetricsFile metrics(options.work / "metrics.jsonl", course.step);
  Progress progress("training", options.steps, "steps");
  progress.advance(course.step);
  const std::int64_t first_step = course.step;
  TeacherTrainerResult result;
  while (course.step < options.steps) {
    const TeacherBatch batch = batches.draw(course.step);
    ++course.step;
    network.parameters().clear_gradients();
    heads.parameters().clear_gradients();
    const TeacherLoss loss = heads.loss(network, tokenizer, batch, options.weights);
    if (!std::isfinite(value_of(loss.total))) throw Error(concat("step ", course.step, ": the loss is not finite"));
    loss.total.backward();
    AdamWOptions optimizer = options.optimizer;
    optimizer.learning_rate = learning_rate(options, course.step);
    const double gradient = course.take_step(optimizer, options.average_share);
    progress.advance();
    if (course.step == options.stop_after) return result;
    const bool last = course.step == options.steps;
    result.views_per_s =
        static_cast<double>((course.step - first_step) * options.batch.view_count) / progress.elapsed_s();
    if (course.step % kStepsPerLine == 0 || last) {
      metrics.append(metrics_line(course.step, loss, optimizer.learning_rate, gradient));
      progress.set_note(concat("loss ", fixed(value_of(loss.total), 3), ", ", fixed(result.views_per_s, 0), " views/s"));
    }
    if (course.step % options.steps_per_checkpoint == 0 || last) {
      const Look seen = course.with_average([&] { return look(network, tokenizer, batches, pool.size()); });
      Json line;
      line.set("step", course.step);
      line.set("held_back_class_loss", seen.class_loss);
      line.set("held_back_agreement", seen.agreement);
      metrics.append(line);
      result.agreement = seen.agreement;
      course.save(checkpoint);
    }
  }
  course.leave_average();
  result.steps = course.step;
  return result;
}

}  // namespace pupil::pretrain
