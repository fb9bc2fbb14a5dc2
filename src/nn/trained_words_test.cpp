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
  EXPECT_EQ(words.doubt("a wolf howling"), "");
  EXPECT_EQ(words.doubt("A Dog's howl in the wolf-pit"), "");  // one unknown word of four
}

TEST(TrainedWords, OthersAreDoubted) {
  const TestFolder folder;
  const std::string doubt = trained(folder).doubt("quantum tax law");
  EXPECT_NE(doubt.find("'quantum', 'tax', 'law'"), std::string::npos) << doubt;
  EXPECT_NE(trained(folder).doubt("a marimba"), "");
}

TEST(TrainedWords, ModelsWithoutAListAreTrusted) {
  const TestFolder folder;
  EXPECT_EQ(TrainedWords::load(folder.path()).doubt("quantum tax law"), "");
}

}  // namespace
}  // namespace pupil::nn
