// SPDX-License-Identifier: Apache-2.0
#include "training/training_loop.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/metrics_file.h"
#include "base/test_folder.h"

namespace pupil::training {
namespace {

constexpr std::int64_t kSteps = 10;

/// Fits a line to noise that is a function of the step; counts its batches as a norm's statistics would.
class LineTask : public TrainingTask {
 public:
  std::vector<ParameterGroup> groups() override {
    return {{"line", line, at::ones({2}), true}, {"shift", shift, {}, false}};
  }
  std::vector<nn::NamedTensor> statistics() override { return {{"seen", seen}}; }

  at::Tensor loss(std::int64_t step, StepMeans& means) override {
    if (step == fails_at) throw Error("killed");
    seen.add_(1);
    const at::Tensor x = at::sin(at::arange(8, at::kFloat) + static_cast<double>(step));
    const at::Tensor y = 3 * x + 1;
    means.add("step_twice", 2.0 * static_cast<double>(step));
    const at::Tensor error = (line[0] * x + line[1] + shift - y).square().mean();
    return step == nan_at ? error * std::nan("") : error;
  }

  at::Tensor line = at::zeros({2}).requires_grad_();
  at::Tensor shift = at::zeros({1}).requires_grad_();
  at::Tensor seen = at::zeros({1});
  std::int64_t fails_at = -1, nan_at = -1;
};

PhaseOptions phase_options() {
  PhaseOptions options;
  options.schedule = {.peak = 0.1, .warm_up_steps = 2, .step_count = kSteps};
  options.average_memory = 0.9;
  return options;
}

LoopOptions loop_options(const TestFolder& folder) {
  LoopOptions options;
  options.folder = folder.path();
  options.configuration = R"({"steps":10})";
  options.checkpoint_s = 0;
  options.steps_per_line = 4;
  return options;
}

/// As a trainer does it: resumes where a checkpoint is.
LoopResult train(LineTask& task, const LoopOptions& options) {
  TrainingPhase phase(task, phase_options());
  if (const auto checkpoint = load_checkpoint(checkpoint_path(options.folder), options.configuration))
    phase.restore(*checkpoint);
  const LoopResult result = run_phase(phase, options);
  if (result.finished) phase.adopt_averages();
  return result;
}

std::vector<std::string> lines_of(const TestFolder& folder) {
  std::vector<std::string> lines;
  for (const Json& line : read_metrics(metrics_path(folder.path()))) {
    Json kept;  // but for the speed
    for (const auto& [key, value] : line.as_object())
      if (key != "steps_per_s") kept.set(key, value);
    lines.push_back(kept.dump());
  }
  return lines;
}

TEST(TrainingLoop, LearnsAndTellsItsMeans) {
  const TestFolder folder;
  LineTask task;
  LoopOptions options = loop_options(folder);
  options.complete_line = [](Json& line) { line.set("extra", true); };
  const LoopResult result = train(task, options);
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.steps, kSteps);
  const Json::Array lines = read_metrics(metrics_path(folder.path()));
  ASSERT_EQ(lines.size(), 3U);  // steps 4, 8 and the last
  EXPECT_EQ(lines[0].at("step").as_int(), 4);
  EXPECT_DOUBLE_EQ(lines[1].at("step_twice").as_double(), 11);  // steps 4 to 7
  EXPECT_LT(lines[2].at("loss").as_double(), lines[0].at("loss").as_double());
  EXPECT_TRUE(lines[0].at("extra").as_bool());
}

TEST(TrainingLoop, StoppedAndResumedGivesTheSameBytes) {
  const TestFolder whole, parts;
  LineTask straight;
  train(straight, loop_options(whole));
  for (int run = 0; run < 4; ++run) {
    LineTask task;
    LoopOptions options = loop_options(parts);
    options.checkpoint_s = 1000;
    options.stop_after_steps = 3;
    const LoopResult result = train(task, options);
    EXPECT_EQ(result.finished, run == 3);
    EXPECT_EQ(result.steps, run == 3 ? 1 : 3);
    if (run == 3) {
      EXPECT_TRUE(at::equal(task.line, straight.line));
    }
  }
  EXPECT_EQ(file_bytes(checkpoint_path(parts.path())), file_bytes(checkpoint_path(whole.path())));
  EXPECT_EQ(lines_of(parts), lines_of(whole));
}

// Steps 4 to 8 are done, their metrics written, and lost: the checkpoint is that of step 4.
TEST(TrainingLoop, WhatCameAfterTheLastCheckpointIsRepeated) {
  const TestFolder whole, parts;
  LineTask straight;
  train(straight, loop_options(whole));
  LineTask first, killed, resumed;
  LoopOptions options = loop_options(parts);
  options.checkpoint_s = 1000;
  options.stop_after_steps = 4;
  train(first, options);
  options.stop_after_steps = -1;
  killed.fails_at = 9;
  EXPECT_THROW(train(killed, options), Error);
  EXPECT_EQ(read_place(checkpoint_path(parts.path()))->step, 4);
  EXPECT_EQ(lines_of(parts).size(), 2U);
  train(resumed, options);
  EXPECT_TRUE(at::equal(resumed.line, straight.line));
  EXPECT_EQ(lines_of(parts), lines_of(whole));
}

TEST(TrainingLoop, LossThatIsNotANumberChangesNothing) {
  const TestFolder folder;
  LineTask task;
  task.nan_at = 5;
  EXPECT_THROW(train(task, loop_options(folder)), Error);
  const auto checkpoint = load_checkpoint(checkpoint_path(folder.path()), R"({"steps":10})");
  EXPECT_EQ(checkpoint->step, 5);
  EXPECT_TRUE(at::equal(checkpoint->tensors.at("line"), task.line.detach()));
}

// The gradient of sqrt at 0 is infinite, and 0 times that no number, while the loss is finite.
TEST(TrainingLoop, GradientThatIsNotFiniteChangesNothing) {
  class SteepTask : public LineTask {
   public:
    at::Tensor loss(std::int64_t step, StepMeans& means) override {
      const at::Tensor loss = LineTask::loss(step, means);
      return step == 5 ? loss + (shift - shift).sqrt().sum() : loss;
    }
  };
  const TestFolder folder;
  SteepTask task;
  EXPECT_THROW(train(task, loop_options(folder)), Error);
  const auto checkpoint = load_checkpoint(checkpoint_path(folder.path()), R"({"steps":10})");
  EXPECT_EQ(checkpoint->step, 5);
  EXPECT_TRUE(at::equal(checkpoint->tensors.at("line"), task.line.detach()));
}

TEST(TrainingLoop, AveragesAreThereOnlyWhileAsked) {
  LineTask task;
  TrainingPhase phase(task, phase_options());
  for (int i = 0; i < 3; ++i) phase.take_step();
  const at::Tensor line = task.line.detach().clone(), seen = task.seen.clone();
  {
    const TrainingPhase::Averaged averaged(phase);
    EXPECT_FALSE(at::equal(task.line, line));
    EXPECT_LT(task.seen.item<float>(), seen.item<float>());
  }
  EXPECT_TRUE(at::equal(task.line, line));
  EXPECT_TRUE(at::equal(task.seen, seen));
}

}  // namespace
}  // namespace pupil::training
