// SPDX-License-Identifier: Apache-2.0
#include "nn/trained_words.h"

#include <gtest/gtest.h>

#include "base/test_folder.h"

namespace pupil::nn {
namespace {

TrainedWords trained(const TestFolder& folder) {
  TrainedWords::write(std::vector<std::string>{"a wolf howling", "The howl of a dog"}, folder.path());
  return TrainedWords::load(folder.path());
}

TEST(TrainedWords, KnownTextsPass) {
  const TestFolder folder;
  const TrainedWords words = trained(folder);
  EXPECT_EQ(words.unfamiliar_words("a wolf howling"), "");
  EXPECT_EQ(words.unfamiliar_words("A Dog's howl in the wolf-pit"), "");  // one unknown word of four
}

TEST(TrainedWords, OthersAreDoubted) {
  const TestFolder folder;
  const std::string unfamiliar = trained(folder).unfamiliar_words("quantum tax law");
  EXPECT_NE(unfamiliar.find("'quantum', 'tax', 'law'"), std::string::npos) << unfamiliar;
  EXPECT_NE(trained(folder).unfamiliar_words("a marimba"), "");
}

TEST(TrainedWords, ModelsWithoutAListAreTrusted) {
  const TestFolder folder;
  EXPECT_EQ(TrainedWords::load(folder.path()).unfamiliar_words("quantum tax law"), "");
}

}  // namespace
}  // namespace pupil::nn
