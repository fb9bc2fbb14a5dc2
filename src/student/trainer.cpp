// SPDX-License-Identifier: Apache-2.0
// Both phases of one training. What survives a kill is in the checkpoint and nowhere else.
//
// 1. Steps are counted through both phases, and a batch is drawn from its step alone: a resumed training gets
//    the batches that it would have got. Ranges are measured with batches after the last step.
// 2. A checkpoint of the quantised phase holds the float student whole ("float.*"), so the float phase never
//    runs twice. If load_phases() took its ranges away, quantising begins anew from that student.
// 3. The input's scale is measured once and then read from the checkpoint.
// 4. A finished phase leaves the running averages in its network, not the last step's weights.
// 5. Validation is only reported: no step, epoch or weight is chosen by it.

#include "student/trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "student/backbone.h"
#include "student/batch_maker.h"
#include "student/distillation_task.h"
#include "student/learned_windows.h"
#include "student/mel_cnn.h"
#include "student/qat_net.h"
#include "student/scoring.h"
#include "student/student_file.h"
#include "training/training_loop.h"

namespace pupil::student {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kValidations = 25;          // in a training
constexpr std::int64_t kValidationWindows = 2000;  // at most
constexpr std::int64_t kRangeBatches = 16;         // half of them augmented

constexpr const char* kRanges = "ranges";  // in a checkpoint: of the activations

enum Phase : std::int64_t { kFloat = 0, kQuantise = 1 };

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

at::Device pick_device(const std::string& name) {
  const bool gpu = at::globalContext().hasCUDA();
  if (name == "cuda" && !gpu) throw Error("[train] device = \"cuda\": this build of libtorch sees no GPU");
  return name != "cpu" && gpu ? at::Device(at::kCUDA) : at::Device(at::kCPU);
}

std::int32_t thread_count(const TrainSection& train) {
  if (train.threads > 0) return static_cast<std::int32_t>(train.threads);
  return static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency()));
}

/// Windows of the validation split that the teacher is sure of, without augmentation.
struct Validation {
  std::vector<std::int64_t> windows;

  explicit Validation(const TrainingSet& set) {
    std::vector<std::int64_t> all;
    for (std::size_t i = 0; i < set.windows().size(); ++i) {
      const TrainingWindow& window = set.windows()[i];
      if (set.split(window) == SetSplit::val && window.verdict == SetVerdict::accepted && window.label >= 0) {
        all.push_back(static_cast<std::int64_t>(i));
      }
    }
    const std::size_t stride = all.size() / kValidationWindows + 1;
    for (std::size_t i = 0; i < all.size(); i += stride) windows.push_back(all[i]);
  }

  /// Share of windows whose highest score is the teacher's label.
  double agreement(const TrainingSet& set, WindowScorer& scorer) const {
    const std::vector<float> logits = scorer.logits(set, windows);
    const auto classes = static_cast<std::size_t>(set.class_count());
    double right = 0;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const auto row = logits.begin() + static_cast<std::ptrdiff_t>(i * classes);
      const auto best = std::max_element(row, row + static_cast<std::ptrdiff_t>(classes)) - row;
      right += best == set.windows()[static_cast<std::size_t>(windows[i])].label ? 1 : 0;
    }
    return windows.empty() ? 0.0 : right / static_cast<double>(windows.size());
  }
};

struct PhaseLengths {
  std::int64_t steps_per_epoch, float_steps, quantise_steps;
};

PhaseLengths phase_lengths(const WindowSampler& sampler, const TrainSection& train) {
  const std::int64_t per_epoch =
      std::max<std::int64_t>(1, (sampler.window_count() + train.batch - 1) / train.batch);
  const std::int64_t quantise_epochs =
      std::llround(train.quantise_epochs * static_cast<double>(train.epochs));
  return {per_epoch, train.epochs * per_epoch, quantise_epochs * per_epoch};
}

std::string bytes_of(const at::Tensor& values) {
  const at::Tensor flat = values.detach().contiguous();
  return {static_cast<const char*>(flat.data_ptr()), flat.nbytes()};
}

/// What of a configuration the float phase depends on.
std::string float_configuration(const std::string& configuration) {
  const Json all = parse_json(configuration);
  Json train;
  for (const auto& [key, value] : all.at("train").as_object()) {
    if (key != "quantise_epochs" && key != "quantise_rate") train.set(key, value);
  }
  Json json;
  json.set("train", train);
  json.set("set", all.at("set"));
  return json.dump();
}

/// Where a checkpoint is of another configuration, but of the same float phase, that phase is resumed or
/// kept; quantising begins anew. Else as load_checkpoint().
std::optional<training::Checkpoint> load_phases(const std::filesystem::path& path,
                                                const std::string& configuration) {
  const auto place = training::read_place(path);
  const bool other = place && place->configuration != configuration &&
                     float_configuration(place->configuration) == float_configuration(configuration);
  auto checkpoint = training::load_checkpoint(path, other ? place->configuration : configuration);
  if (other) checkpoint->tensors.erase(kRanges);
  return checkpoint;
}

TrainSection with_resolved_init(TrainSection train) {
  train.init = resolved_init(train);
  return train;
}

/// One training from beginning to end.
class Training {
 public:
  Training(const TrainingSet& set, const TrainerOptions& options)
      : set_(set),
        options_(options),
        train_(with_resolved_init(options.train)),
        configuration_(training_configuration(options.train, set, options.responses)),
        sampler_(std::make_shared<WindowSampler>(set, options.train)),
        front_end_(front_end_options(options.train)),
        network_(student_network(options.train, set)),
        device_(pick_device(options.train.device)),
        validation_(set) {
    if (train_.embedding > 0 && set.embedding_size() == 0) {
      throw Error("[train] embedding > 0, but the teacher left no embeddings: set it to 0");
    }
    make_folders(options.folder);
    at::set_num_threads(thread_count(train_));
    const PhaseLengths length = phase_lengths(*sampler_, train_);
    steps_per_epoch_ = length.steps_per_epoch;
    float_steps_ = length.float_steps;
    quantise_steps_ = length.quantise_steps;
  }

  TrainerResult run() {
    if (options_.fresh && writes()) forget();
    // Also: nobody reads a checkpoint before it is forgotten, and none is written before all have read it.
    if (options_.group != nullptr) options_.group->require_same(configuration_, "project or training set");
    const auto checkpoint = load_phases(training::checkpoint_path(options_.folder), configuration_);
    if (!checkpoint && train_.init != kNoBackbone) backbone_ = load_backbone(backbone_file(train_.init));
    if (!checkpoint && writes())
      log_info(concat("the student begins with ", backbone_ ? train_.init : "random weights",
                      backbone_ || options_.train.init != kShippedBackbone
                          ? ""
                          : " (no backbone that ships has its blocks and front end)"));
    scale_ = checkpoint  ? stored_scale(*checkpoint)
             : backbone_ ? backbone_->scale
                         : measure_scale(set_, front_end_);
    start_ = Clock::now();
    const bool finished = learn_float(checkpoint) && !options_.float_only && learn_quantised(checkpoint);
    if (finished && writes()) finish();
    return {finished ? student_path() : std::filesystem::path(), step_,
            static_cast<double>(steps_here_ * train_.batch) / seconds_since(start_), waited_s_};
  }

  bool already_done() const {
    return !options_.fresh && std::filesystem::exists(student_path()) &&
           load_student(student_path()).configuration == configuration_;
  }

  /// Of several processes the first writes.
  bool writes() const { return options_.group == nullptr || options_.group->is_first(); }

  std::filesystem::path student_path() const { return options_.folder / "student.safetensors"; }

 private:
  void forget() {
    training::forget_training(options_.folder);
    remove_file(student_path());
  }

  static FeatureScale stored_scale(const training::Checkpoint& checkpoint) {
    const auto read = [&](const char* name) {
      const at::Tensor tensor = checkpoint.tensors.at(name);
      return std::vector<float>(tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel());
    };
    return {read("scale.mean"), read("scale.deviation")};
  }

  // Both are true when their phase is complete.
  bool learn_float(const std::optional<training::Checkpoint>& checkpoint) {
    net_ = std::make_unique<MelCnn>(network_, device_, static_cast<std::uint64_t>(train_.seed));
    if (checkpoint && checkpoint->phase == kQuantise) {
      const at::NoGradGuard no_gradient;
      net_->parameters().copy_(checkpoint->tensors.at("float.parameters"));
      net_->statistics().copy_(checkpoint->tensors.at("float.statistics"));
      return true;
    }
    if (backbone_) with_context(train_.init, [&] { begin_with(*net_, front_end_, *backbone_); });
    training::PhaseOptions phase = phase_options();
    phase.number = kFloat;
    phase.schedule.warm_up_steps = train_.warm_up * static_cast<double>(float_steps_);
    phase.schedule.step_count = float_steps_;
    phase.optimizer.weight_decay = train_.weight_decay;
    return run_phase(*net_, phase, checkpoint ? &*checkpoint : nullptr, "training");
  }

  bool learn_quantised(const std::optional<training::Checkpoint>& checkpoint) {
    const bool resumed =
        checkpoint && checkpoint->phase == kQuantise && checkpoint->tensors.contains(kRanges);
    const at::Tensor folded = fold(*net_);
    const std::vector<TensorRange> ranges =
        resumed ? ranges_from(checkpoint->tensors.at(kRanges)) : ranges_for(folded);
    quantised_ = std::make_unique<QatNet>(network_, folded, ranges);
    if (quantise_steps_ == 0) return true;
    training::PhaseOptions phase = phase_options();
    phase.number = kQuantise;
    phase.first_step = float_steps_;
    phase.schedule.peak *= train_.quantise_rate;
    phase.schedule.step_count = quantise_steps_;
    return run_phase(*quantised_, phase, resumed ? &*checkpoint : nullptr, "quantising");
  }

  // What both phases have in common.
  training::PhaseOptions phase_options() const {
    training::PhaseOptions phase;
    phase.schedule.peak = train_.learning_rate;
    phase.average_memory = train_.ema;
    return phase;
  }

  std::vector<TensorRange> ranges_for(const at::Tensor& folded) const {
    BatchLoader::Options plain{train_, front_end_, scale_};
    plain.augment = false;
    BatchLoader::Options augmented{train_, front_end_, scale_};
    augmented.responses = options_.responses;
    BatchMaker plain_maker(set_, *sampler_, plain), augmented_maker(set_, *sampler_, augmented);
    return measure_ranges(network_, folded, kRangeBatches, [&](std::int64_t b) {
      const Batch batch =
          (b % 2 == 0 ? plain_maker : augmented_maker).make(float_steps_ + quantise_steps_ + b);
      return at::from_blob(const_cast<float*>(batch.features.data()),
                           {batch.count, network_.window_frames, network_.mel_count})
          .clone();
    });
  }

  std::unique_ptr<training::TrainingTask> make_task(Learner& learner, std::int64_t phase,
                                                    BatchLoader& loader) {
    if (phase == kQuantise) return std::make_unique<QuantisationTask>(learner, *net_, train_, loader);
    return std::make_unique<DistillationTask>(learner, train_, set_.embedding_size(),
                                              network_.feature_count(), loader);
  }

  // Leaves the running averages in `learner` when the phase is complete.
  bool run_phase(Learner& learner, const training::PhaseOptions& phase_options,
                 const training::Checkpoint* checkpoint, const char* label) {
    BatchLoader::Options loading{train_, front_end_, scale_};
    loading.responses = options_.responses;
    loading.thread_count = thread_count(train_);
    loading.first_step = checkpoint ? checkpoint->step : phase_options.first_step;
    loading.group = options_.group;
    BatchLoader loader(set_, sampler_, loading);
    learner.divide(options_.group);
    const auto task = make_task(learner, phase_options.number, loader);
    training::TrainingPhase phase(*task, phase_options);
    if (checkpoint) phase.restore(*checkpoint);
    WindowScorer scorer(learner, front_end_, scale_);
    training::LoopOptions loop = loop_options(phase_options.number, label);
    loop.complete_line = [&](Json& line) { complete_line(line, phase, learner, scorer, loader); };
    const training::LoopResult result = training::run_phase(phase, loop);
    step_ = phase.step();
    steps_here_ += result.steps;
    waited_s_ += loader.waited_s();
    if (!result.finished) return false;
    phase.adopt_averages();
    return true;
  }

  training::LoopOptions loop_options(std::int64_t phase, const char* label) const {
    training::LoopOptions loop;
    loop.folder = options_.folder;
    loop.configuration = configuration_;
    loop.constants = constants(phase);
    loop.checkpoint_s = train_.checkpoint_s;
    loop.steps_per_line = steps_per_epoch_;
    if (options_.progress && writes()) loop.label = label;
    loop.writes = writes();
    loop.unit = "windows";
    loop.units_per_step = train_.batch;
    loop.total_steps = float_steps_ + (options_.float_only ? 0 : quantise_steps_);
    if (options_.stop_after_steps >= 0)
      loop.stop_after_steps = std::max<std::int64_t>(0, options_.stop_after_steps - steps_here_);
    return loop;
  }

  // What a phase begins with: kept in its checkpoints.
  std::map<std::string, at::Tensor> constants(std::int64_t phase) const {
    std::map<std::string, at::Tensor> tensors = {{"scale.mean", at::tensor(scale_.mean)},
                                                 {"scale.deviation", at::tensor(scale_.deviation)}};
    if (phase == kQuantise) {
      tensors["float.parameters"] = net_->parameters().detach();
      tensors["float.statistics"] = net_->statistics();
      tensors[kRanges] = ranges_tensor(quantised_->ranges());
    }
    return tensors;
  }

  void complete_line(Json& line, training::TrainingPhase& phase, Learner& learner, WindowScorer& scorer,
                     const BatchLoader& loader) {
    // Other processors may round otherwise, and then the processes would drift apart, silently.
    if (options_.group != nullptr)
      options_.group->require_same(bytes_of(learner.parameters()),
                                   concat("weights at step ", phase.step(), " (another kind of processor?)"));
    const std::int64_t epoch = phase.step() / steps_per_epoch_;
    line.set("epoch", epoch);
    line.set("phase", phase.step() > float_steps_ ? "quantise" : "float");
    const std::int64_t every = std::max<std::int64_t>(1, train_.epochs / kValidations);
    if (writes() && !validation_.windows.empty() && (epoch % every == 0 || phase.done())) {
      const training::TrainingPhase::Averaged averaged(phase);
      line.set("val_agreement", validation_.agreement(set_, scorer));
    }
    line.set("waited_s", loader.waited_s());
  }

  void finish() {
    Student student;
    student.network = network_;
    student.front_end = front_end_;
    student.scale = scale_;
    student.class_names = set_.class_names();
    student.reported_class_count = set_.reported_class_count();
    student.multi_label = train_.multi_label;
    student.configuration = configuration_;
    student.parameters = net_->parameters().detach();
    student.statistics = net_->statistics();
    student.quantised = quantised_->parameters().detach();
    student.ranges = ranges_tensor(quantised_->ranges());
    save_student(student_path(), student);
  }

  const TrainingSet set_;
  const TrainerOptions options_;
  const TrainSection train_;
  const std::string configuration_;
  const std::shared_ptr<const WindowSampler> sampler_;
  const edge::LogMelOptions front_end_;
  const NetworkSpec network_;
  const at::Device device_;
  const Validation validation_;
  std::optional<Backbone> backbone_;  // where the training begins, unless it is resumed
  FeatureScale scale_;
  std::unique_ptr<MelCnn> net_;
  std::unique_ptr<QatNet> quantised_;
  std::int64_t steps_per_epoch_ = 0;
  std::int64_t float_steps_ = 0;
  std::int64_t quantise_steps_ = 0;
  std::int64_t step_ = 0;        // done in all
  std::int64_t steps_here_ = 0;  // in this run
  double waited_s_ = 0;
  Clock::time_point start_;
};

}  // namespace

NetworkSpec student_network(const TrainSection& train, const TrainingSet& set) {
  const edge::LogMelOptions front_end = front_end_options(train);
  const auto frames = static_cast<std::int32_t>(edge::frame_count(front_end, set.window_samples()));
  return make_network(network_blocks(train), frames, front_end.mel_count, set.class_count());
}

std::string training_configuration(const TrainSection& train, const TrainingSet& set,
                                   const ImpulseResponses& responses) {
  const Json all = section_json(train);
  Json section;
  for (const auto& [key, value] : all.as_object()) {
    const bool decides = key != "device" && key != "threads" && key != "checkpoint_s" &&
                         key != "absent_classes" && key != "init" && key != "impulse_responses" &&
                         (key != "microphone" || !responses.empty());
    if (decides) section.set(key, value);
  }
  if (!responses.empty()) section.set("impulse_responses", responses.hash());
  const std::string init = resolved_init(train);
  if (init != kNoBackbone) section.set("init", backbone_identity(init));
  Json json;
  json.set("train", section);
  json.set("set", parse_json(set.configuration()));
  return json.dump();
}

TrainerResult train_student(const TrainingSet& set, const TrainerOptions& options) {
  Training training(set, options);
  if (training.already_done()) {
    log_info("the student is there already");
    return {training.student_path(), 0, 0, 0};
  }
  for (const std::string& warning : learning_warnings(set, options.train)) log_warning(warning);
  return training.run();
}

TrainingState training_state(const TrainingSet& set, const TrainSection& train,
                             const std::filesystem::path& folder, const ImpulseResponses& responses) {
  TrainingState state;
  const PhaseLengths length = phase_lengths(WindowSampler(set, train), train);
  state.steps_per_epoch = length.steps_per_epoch;
  state.float_steps = length.float_steps;
  state.quantise_steps = length.quantise_steps;
  const std::string configuration = training_configuration(train, set, responses);
  const std::filesystem::path student = folder / "student.safetensors";
  state.finished = std::filesystem::exists(student) && load_student(student).configuration == configuration;
  if (const auto place = training::read_place(training::checkpoint_path(folder))) {
    state.other_checkpoint = float_configuration(place->configuration) != float_configuration(configuration);
    if (place->configuration == configuration) {
      state.steps_done = place->step;
    } else if (!state.other_checkpoint) {
      state.steps_done = std::min(place->step, state.float_steps);
    }
  }
  return state;
}

TrainingSpeed measure_training(const TrainingSet& set, const TrainSection& train, std::int64_t steps,
                               std::int64_t rounds) {
  const NetworkSpec network = student_network(train, set);
  MelCnn net(network, pick_device(train.device), static_cast<std::uint64_t>(train.seed));
  at::set_num_threads(thread_count(train));
  BatchLoader::Options loading{train, front_end_options(train)};
  loading.scale = measure_scale(set, loading.front_end);
  loading.thread_count = thread_count(train);
  BatchLoader loader(set, std::make_shared<WindowSampler>(set, train), loading);
  DistillationTask task(net, train, set.embedding_size(), network.feature_count(), loader);
  training::PhaseOptions options;
  options.schedule = {train.learning_rate, train.warm_up * static_cast<double>(steps * (rounds + 1)),
                      steps * (rounds + 1)};
  options.optimizer.weight_decay = train.weight_decay;
  options.average_memory = train.ema;
  training::TrainingPhase phase(task, options);
  std::vector<double> rates;
  double waited_before = 0;
  Clock::time_point start;
  // Round 0 warms up and is not counted.
  for (std::int64_t round = 0; round <= rounds; ++round) {
    const Clock::time_point round_start = Clock::now();
    if (round == 1) {
      start = round_start;
      waited_before = loader.waited_s();
    }
    for (std::int64_t i = 0; i < steps; ++i) phase.take_step();
    if (round > 0) rates.push_back(static_cast<double>(steps * train.batch) / seconds_since(round_start));
  }
  std::nth_element(rates.begin(), rates.begin() + std::ssize(rates) / 2, rates.end());
  return {rates[rates.size() / 2], (loader.waited_s() - waited_before) / seconds_since(start)};
}

}  // namespace pupil::student
