#include "label_decision.h"

#include <gtest/gtest.h>

#include "base/test_folder.h"

namespace pupil::cli {
namespace {

TEST(LabelDecision, SureAndLeadingIsAcceptedAndWeakIsNone) {
  const std::vector<SoundClass> classes = {{.name = "bark"}, {.name = "howl"}};
  const LabelSection section{.accept = 0.6, .margin = 0.3, .reject = 0.3};
  const auto verdict = [&](float bark, float howl) { return decide(section, classes, {bark, howl}).verdict; };
  EXPECT_EQ(verdict(0.7F, 0.2F), corpus::Verdict::accepted);
  EXPECT_EQ(verdict(0.7F, 0.5F), corpus::Verdict::doubtful) << "the lead is too small";
  EXPECT_EQ(verdict(0.5F, 0.1F), corpus::Verdict::doubtful);
  EXPECT_EQ(verdict(0.2F, 0.25F), corpus::Verdict::none_of_these);
  EXPECT_EQ(decide(section, classes, {0.2F, 0.7F}).label, "howl");
}

// The teacher that listened last is not the first one.
TEST(LabelDecision, EmbeddingsAreThoseOfTheFirstTeacher) {
  const TestFolder folder;
  corpus::Catalogue catalogue = corpus::Catalogue::create(folder.path());
  std::vector<TeacherVoice> voices;
  std::vector<std::string> embed_hashes;
  for (const char* name : {"first", "second"}) {
    Json embed;
    embed.set("kind", name);
    embed_hashes.push_back(corpus::configure(catalogue, "embed", embed.dump()).hash);
    Json score;
    score.set("embed", embed_hashes.back());
    voices.push_back({corpus::configure(catalogue, "score", score.dump()), 1.0, 1.0, {}});
  }
  const corpus::StageConfig labels =
      corpus::configure(catalogue, "label", label_config_text(Project{}, corpus::WindowFilter{}, voices));
  const auto embed = first_embed_config(catalogue, labels);
  ASSERT_TRUE(embed);
  EXPECT_EQ(embed->hash, embed_hashes[0]);
  corpus::forget_config(catalogue, embed->id);
  EXPECT_FALSE(first_embed_config(catalogue, labels));
}

}  // namespace
}  // namespace pupil::cli
