#include "model/golden_file.h"

#include <gtest/gtest.h>

#include "model/checksum.h"
#include "model/golden_writer.h"
#include "model/model_file_test.h"

namespace pupil::edge {
namespace {

struct GoldenCase {
  LoadedModel loaded{"micro"};
  std::vector<std::byte> bytes = write_golden(loaded.model, golden_sounds(loaded.model.window_samples()));
  GoldenFile golden;
  Status status = golden.load(bytes, loaded.model);
};

GoldenVerdict check_window(const GoldenCase& c, std::int32_t window, KernelSet kernels, const Model& model) {
  std::vector<std::byte> front_end_memory(LogMel::state_bytes(model.front_end()));
  std::vector<std::byte> arena(Network::arena_bytes(model, kernels));
  LogMel front_end;
  Network network;
  EXPECT_EQ(front_end.init(model.front_end(), front_end_memory), Status::ok);
  EXPECT_EQ(network.init(model, arena, kernels), Status::ok);
  std::vector<float> samples(static_cast<std::size_t>(model.window_samples()));
  std::vector<float> frames(static_cast<std::size_t>(model.window_frames() * model.mel_count()));
  std::vector<float> scores(static_cast<std::size_t>(model.class_count()));
  std::vector<float> work(scores.size());
  c.golden.read_samples(window, samples);
  WindowChecksums sums;
  EXPECT_EQ(run_with_checksums(samples, front_end, network, frames, scores, &sums), Status::ok);
  return compare_with_golden(c.golden, window, sums, network.logits(), scores, work);
}

TEST(GoldenFile, EveryKernelSetMakesItsNumbers) {
  const GoldenCase c;
  ASSERT_EQ(c.status, Status::ok);
  ASSERT_EQ(c.golden.window_count(), 6);
  for (std::int32_t set = 0; set < kKernelSetCount; ++set) {
    const auto kernels = static_cast<KernelSet>(set);
    if (!kernel_set_available(kernels)) continue;
    for (std::int32_t i = 0; i < c.golden.window_count(); ++i) {
      EXPECT_EQ(check_window(c, i, kernels, c.loaded.model).step, GoldenStep::equal) << to_string(kernels);
    }
  }
}

TEST(GoldenFile, NamesTheLayerThatParts) {
  const GoldenCase c;
  ModelDraft draft = random_model(named_sketch("micro"), 1);
  draft.layers[2].bias[0] += 40000;
  const LoadedModel other(draft);
  ASSERT_EQ(other.status, Status::ok);
  const GoldenVerdict verdict = check_window(c, 2, KernelSet::reference, other.model);
  EXPECT_EQ(verdict.step, GoldenStep::layer);
  EXPECT_EQ(verdict.layer, 2);
}

TEST(GoldenFile, RefusesWhatItIsNot) {
  const GoldenCase c;
  GoldenFile golden;
  EXPECT_EQ(golden.load(c.bytes, LoadedModel("micro", 2).model), Status::bad_argument);
  std::vector<std::byte> damaged = c.bytes;
  damaged[100] ^= std::byte{1};
  EXPECT_EQ(golden.load(damaged, c.loaded.model), Status::bad_checksum);
  damaged = c.bytes;
  damaged[8] = std::byte{9};
  EXPECT_EQ(golden.load(damaged, c.loaded.model), Status::wrong_version);
  for (std::size_t bytes = 0; bytes < 64; ++bytes) {
    EXPECT_NE(golden.load(std::span(c.bytes).first(bytes), c.loaded.model), Status::ok) << bytes;
  }
  EXPECT_EQ(golden.window_count(), 0);
}

TEST(DraftOf, GivesBackWhatWasWritten) {
  for (const char* name : {"micro", "dscnn", "small"}) {
    const std::vector<std::byte> file = write_model(random_model(named_sketch(name), 3));
    const AlignedBytes aligned(file);
    Model model;
    ASSERT_EQ(model.load(aligned.span()), Status::ok);
    EXPECT_EQ(write_model(draft_of(model)), file) << name;
  }
}

}  // namespace
}  // namespace pupil::edge
