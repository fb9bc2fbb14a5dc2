// SPDX-License-Identifier: Apache-2.0
#include "pretrain/licence.h"

#include <gtest/gtest.h>

namespace pupil::pretrain {
namespace {

TEST(Licence, FreeOnesPass) {
  for (const char* licence :
       {"CC0", "CC0 (Freesound 276267, LICENSE.MD)", "CC BY 3.0", "cc-by-4.0", "MIT",
        "MIT (repo author own recording)", "Freesound: Attribution 3.0", "Freesound: Creative Commons 0",
        "public domain (orangefreesounds, LICENSE.MD)", "CC0 (repo README: Freesound CC0); id not listed",
        "CC BY 4.0 (LibriSpeech test-other)"}) {
    EXPECT_EQ(licence_refusal(licence), "") << licence;
  }
}

TEST(Licence, OthersAreRefusedWithTheReason) {
  EXPECT_EQ(licence_refusal("CC BY-NC-ND 4.0"), "non-commercial");
  EXPECT_EQ(licence_refusal("UrbanSound8K CC BY-NC 3.0"), "non-commercial");
  EXPECT_EQ(licence_refusal("Freesound: Attribution NonCommercial 4.0"), "non-commercial");
  EXPECT_EQ(licence_refusal("CC BY-ND 4.0"), "no derivatives");
  EXPECT_EQ(licence_refusal("CC BY-SA 4.0"), "share-alike");
  EXPECT_EQ(licence_refusal("ODbL stated by project (see README)"), "share-alike");
  EXPECT_EQ(licence_refusal("Freesound: Sampling+"), "Sampling+");
  EXPECT_EQ(licence_refusal("none stated (Kaggle Audio Cats and Dogs)"), "not stated");
  EXPECT_EQ(licence_refusal("not listed in licenses.md"), "not stated");
  EXPECT_EQ(licence_refusal("CC0 or Pixabay (not told apart)"), "one of several");
  EXPECT_EQ(licence_refusal(""), "not stated");
  EXPECT_EQ(licence_refusal("as above"), "not understood");
  EXPECT_EQ(licence_refusal("per-track licence in the repo audio/ directory (CC variants/public domain)"),
            "not understood");
}

}  // namespace
}  // namespace pupil::pretrain
