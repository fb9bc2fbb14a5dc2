// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "model/model_file_test.h"

namespace pupil::edge {
namespace {

TEST(DraftOf, GivesBackWhatWasWritten) {
  for (const char* name : {"micro", "dscnn", "small"}) {
    const std::vector<std::byte> file = write_model(random_model(named_sketch(name), 3));
    const AlignedBytes aligned(file);
    Model model;
    ASSERT_EQ(model.load(aligned.span()), Status::ok);
    EXPECT_EQ(write_model(image_of(model)), file) << name;
  }
}

}  // namespace
}  // namespace pupil::edge
