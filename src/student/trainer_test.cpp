// SPDX-License-Identifier: Apache-2.0
#include "student/trainer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>
#include <thread>

#include "base/error.h"
#include "base/json.h"
#include "base/metrics_file.h"
#include "base/sha256.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "student/scoring.h"
#include "student/student_file.h"
#include "student/test_set.h"
#include "training/checkpoint.h"
#include "training/test_group.h"

namespace pupil::student {
namespace {

TrainerOptions options_for(const std::filesystem::path& folder,
                           const TrainSection& train = short_training()) {
  TrainerOptions options;
  options.train = train;
  options.folder = folder;
  options.progress = false;
  return options;
}

TEST(Trainer, LearnsWhatTheTeacherSays) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors", {.clips_per_class = 16});
  TrainSection train = short_training();
  train.epochs = 40;
  train.quantise_epochs = 0.1;
  train.mixup = train.mixstyle = train.colour = 0;
  train.noise = 0;  // one of the classes is noise
  train.ema = 0.9;
  const TrainerResult result = train_student(set, options_for(folder / "run", train));
  const Student student = load_student(result.student);
  Student broken = student;
  broken.statistics = student.statistics.clone();
  broken.statistics[0] = NAN;
  save_student(folder / "broken", broken);
  EXPECT_NE(error_of([&] { load_student(folder / "broken"); }).find("'statistics' holds 1 NaN or infinite"),
            std::string::npos);
  const auto net = make_mel_cnn(student);
  WindowScorer scorer(*net, student.front_end, student.scale);
  const std::vector<std::int64_t> windows = windows_of(set, SetSplit::test);
  const std::vector<float> scores = scorer.logits(set, windows);
  EXPECT_GE(clip_accuracy(decide_clips(set, windows, scores), set.class_count()), 0.9);
  EXPECT_EQ(read_metrics(folder / "run" / "metrics.jsonl").size(), 44U);  // four of them with integers
}

TEST(Trainer, StoppedAndResumedGivesTheSameBytes) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  const std::string whole = sha256_file(train_student(set, options_for(folder / "whole")).student);
  TrainerOptions parts = options_for(folder / "parts");
  parts.stop_after_steps = 7;
  std::filesystem::path student;
  for (int i = 0; i < 100 && student.empty(); ++i) student = train_student(set, parts).student;
  EXPECT_EQ(sha256_file(student), whole);
  EXPECT_EQ(read_metrics(folder / "parts" / "metrics.jsonl").size(), 15U);
}

TEST(Trainer, FloatAloneThenTheRestGivesTheSameBytes) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  const std::string whole = sha256_file(train_student(set, options_for(folder / "whole")).student);
  TrainerOptions options = options_for(folder / "parts");
  EXPECT_FALSE(training_state(set, options.train, options.folder).finished);
  options.float_only = true;
  EXPECT_TRUE(train_student(set, options).student.empty());
  const TrainingState half = training_state(set, options.train, options.folder);
  EXPECT_EQ(half.steps_done, half.float_steps);
  EXPECT_FALSE(half.finished);
  options.float_only = false;
  EXPECT_EQ(sha256_file(train_student(set, options).student), whole);
  EXPECT_TRUE(training_state(set, options.train, options.folder).finished);
  options.train.seed += 1;
  EXPECT_TRUE(training_state(set, options.train, options.folder).other_checkpoint);
}

// Whoever asks for it does one part of the training in a group of `count` processes; the student, or "" where it stopped before.
std::string train_together(const TrainingSet& set, const TrainerOptions& options, std::int64_t count) {
  std::string student;
  const auto errors = training::with_group(count, [&](training::ProcessGroup& group) {
    TrainerOptions own = options;
    own.group = &group;
    const TrainerResult result = train_student(set, own);
    if (group.is_first()) student = result.student;
  });
  EXPECT_EQ(errors, std::vector<std::string>(static_cast<std::size_t>(count)));
  return student;
}

TEST(Trainer, ProcessesTogetherGiveTheBytesOfOne) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  TrainSection train = short_training();
  train.mixup = train.mixstyle = 0.8;
  const std::string alone = sha256_file(train_student(set, options_for(folder / "alone", train)).student);
  for (const std::int64_t count : {2, 4}) {
    const TrainerOptions options = options_for(folder / concat(count), train);
    EXPECT_EQ(sha256_file(train_together(set, options, count)), alone) << count;
    EXPECT_EQ(read_metrics(options.folder / "metrics.jsonl").size(),
              read_metrics(folder / "alone" / "metrics.jsonl").size());
  }
}

TEST(Trainer, GoesOnWithAnotherNumberOfProcesses) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  const std::string whole = sha256_file(train_student(set, options_for(folder / "whole")).student);
  TrainerOptions parts = options_for(folder / "parts");
  parts.stop_after_steps = 11;
  EXPECT_EQ(train_together(set, parts, 4), "");
  EXPECT_TRUE(train_student(set, parts).student.empty());
  parts.stop_after_steps = -1;
  EXPECT_EQ(sha256_file(train_together(set, parts, 2)), whole);
}

TEST(Trainer, NamesHowManyProcessesABatchCanBeSharedBy) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  TrainSection train = short_training();
  train.batch = 16;
  const auto errors = training::with_group(3, [&](training::ProcessGroup& group) {
    TrainerOptions options = options_for(folder / "run", train);
    options.group = &group;
    train_student(set, options);
  });
  for (const std::string& error : errors)
    EXPECT_EQ(error, "[train] batch = 16 can be shared by 1, 2, 4, 8 processes, not by 3");
}

TEST(Trainer, OneThreadGivesTheSameBytes) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  TrainSection train = short_training();
  train.epochs = 3;
  const std::string two = sha256_file(train_student(set, options_for(folder / "two", train)).student);
  train.threads = 1;
  EXPECT_EQ(sha256_file(train_student(set, options_for(folder / "one", train)).student), two);
}

// A child trains and is killed with -9 when its checkpoint has appeared; the parent goes on. The child is
// this test program again: libtorch's threads do not survive a fork.
TEST(Trainer, KilledAndResumedGivesTheSameBytes) {
  const char* inside = std::getenv("PUPIL_TRAINER_TEST_FOLDER");
  TrainSection train = short_training();
  train.checkpoint_s = 0;
  if (inside != nullptr) {
    train_student(TrainingSet::open(std::filesystem::path(inside) / "set.safetensors"),
                  options_for(std::filesystem::path(inside) / "killed", train));
    return;
  }
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  const pid_t child = fork();
  if (child == 0) {
    setenv("PUPIL_TRAINER_TEST_FOLDER", folder.path().c_str(), 1);
    execl("/proc/self/exe", "student_test", "--gtest_filter=Trainer.KilledAndResumedGivesTheSameBytes",
          nullptr);
    _exit(1);
  }
  const std::filesystem::path checkpoint = folder / "killed" / "checkpoint.safetensors";
  while (!std::filesystem::exists(checkpoint) && waitpid(child, nullptr, WNOHANG) == 0) usleep(500);
  usleep(5000);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  ASSERT_TRUE(std::filesystem::exists(checkpoint));
  const std::string resumed = sha256_file(train_student(set, options_for(folder / "killed", train)).student);
  EXPECT_EQ(resumed, sha256_file(train_student(set, options_for(folder / "whole")).student));
}

TEST(Trainer, CheckpointOfAnotherConfigurationIsNamed) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  TrainerOptions options = options_for(folder / "run");
  options.stop_after_steps = 2;
  train_student(set, options);
  options.train.alpha = 0.5;
  const std::string message = error_of([&] { train_student(set, options); });
  EXPECT_NE(message.find("another configuration ([train] alpha is 0.1 there and 0.5 here)"),
            std::string::npos)
      << message;
  options.fresh = true;
  EXPECT_NO_THROW(train_student(set, options));
}

TEST(Trainer, ChangedQuantisingKeepsTheFloatPhase) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  TrainerOptions options = options_for(folder / "run");
  options.train.epochs = 2;
  options.train.quantise_epochs = 0.5;
  train_student(set, options);
  options.train.quantise_epochs = 1;
  EXPECT_FALSE(training_state(set, options.train, options.folder).other_checkpoint);
  const TrainerResult again = train_student(set, options);
  EXPECT_GT(again.steps, 0);
  options.folder = folder / "straight";
  const TrainerResult straight = train_student(set, options);
  EXPECT_EQ(sha256_file(again.student), sha256_file(straight.student));
  EXPECT_EQ(sha256_file(folder / "run" / "checkpoint.safetensors"),
            sha256_file(folder / "straight" / "checkpoint.safetensors"));
}

TEST(Trainer, QuantisingFollowsTheFloatNetwork) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  const TrainerOptions options = options_for(folder / "run");
  train_student(set, options);
  std::map<std::string, double>
      loss;  // of the last float epoch, to the teacher; of the first quantised one, to the float form
  std::ifstream lines(folder / "run" / "metrics.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const Json json = parse_json(line);
    const std::string phase = json.at("phase").as_string();
    if (phase == "float" || !loss.contains(phase)) loss[phase] = json.at("soft_loss").as_double();
  }
  EXPECT_LT(loss.at("quantise"), 0.01 * loss.at("float"));
}

TEST(Trainer, ClassWithoutWindowsIsNamed) {
  const TestFolder folder;
  TestSetOptions made;
  made.missing_class = 1;
  const TrainingSet set = make_test_set(folder / "set.safetensors", made);
  const std::string message = error_of([&] { train_student(set, options_for(folder / "run")); });
  EXPECT_NE(message.find("class 'high' has no accepted windows"), std::string::npos) << message;
  TrainerOptions options = options_for(folder / "run");
  options.train.epochs = 1;
  options.train.absent_classes = true;
  EXPECT_FALSE(train_student(set, options).student.empty());
}

TEST(Trainer, LossThatIsNotANumberKeepsTheCheckpoint) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  TrainerOptions options = options_for(folder / "run");
  options.stop_after_steps = 3;
  train_student(set, options);
  const std::string before = sha256_file(folder / "run" / "checkpoint.safetensors");
  // Weights that are not finite cannot come from a checkpoint, so steps that are far too long stand in.
  TrainerOptions nonsense = options_for(folder / "nonsense");
  nonsense.train.learning_rate = 1e30;
  const std::string message = error_of([&] { train_student(set, nonsense); });
  EXPECT_NE(message.find("the loss is not a number at step "), std::string::npos) << message;
  EXPECT_EQ(sha256_file(folder / "run" / "checkpoint.safetensors"), before);

  training::Checkpoint broken;
  broken.tensors["parameters"] = at::full({3}, std::nan(""));
  EXPECT_THROW(training::save_checkpoint(folder / "run" / "checkpoint.safetensors", broken), Error);
  EXPECT_EQ(sha256_file(folder / "run" / "checkpoint.safetensors"), before);
}

/// No file of this process may grow beyond some bytes while it lives: what a full disk looks like.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(Trainer, FullDiskKeepsTheCheckpoint) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  TrainerOptions options = options_for(folder / "run");
  options.stop_after_steps = 3;
  train_student(set, options);
  const std::string before = sha256_file(folder / "run" / "checkpoint.safetensors");
  std::string message;
  {
    const FileSizeLimit full(4096);
    message = error_of([&] { train_student(set, options); });
  }
  EXPECT_NE(message.find("checkpoint.safetensors"), std::string::npos) << message;
  EXPECT_EQ(sha256_file(folder / "run" / "checkpoint.safetensors"), before);
  EXPECT_NO_THROW(train_student(set, options));
}

}  // namespace
}  // namespace pupil::student
