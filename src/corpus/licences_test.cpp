// SPDX-License-Identifier: Apache-2.0
#include "corpus/licences.h"

#include <gtest/gtest.h>

namespace pupil::corpus {
namespace {

TEST(LicenceId, IsTheSameWhateverALibraryCallsIt) {
  const std::pair<const char*, const char*> cases[] = {
      {"Attribution", "CC-BY"},
      {"Attribution NonCommercial", "CC-BY-NC"},
      {"Creative Commons 0", "CC0-1.0"},
      {"http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"},
      {"//creativecommons.org/licenses/by-nc-nd/2.5/", "CC-BY-NC-ND-2.5"},
      {"https://creativecommons.org/licenses/by-sa/4.0/", "CC-BY-SA-4.0"},
      {"CC BY-SA 3.0", "CC-BY-SA-3.0"},
      {"cc-by-nc", "CC-BY-NC"},
      {"by", "CC-BY"},
      {"CC BY-NC-SA 4.0 International", "CC-BY-NC-SA-4.0"},
      {"Creative Commons Attribution-NoDerivs 3.0", "CC-BY-ND-3.0"},
      {"Public domain", "PDM-1.0"},
      {"pdm", "PDM-1.0"},
      {"Sampling+", "LicenseRef-Sampling-Plus-1.0"},
      {"", ""},
      {"all rights reserved", "LicenseRef-unknown"},
      {"YouTube Standard", "LicenseRef-unknown"},
  };
  for (const auto& [text, id] : cases) EXPECT_EQ(licence_id(text), id) << text;
}

TEST(LicenceId, OfAnIdIsTheId) {
  for (const char* id : {"CC-BY-4.0", "CC-BY-NC-ND-2.5", "CC0-1.0", "PDM-1.0", "MIT", "LicenseRef-unknown"})
    EXPECT_EQ(licence_id(id), id);
}

TEST(LicenceId, DoubtIsNotResolved) {
  for (const char* text : {"CC0 or Pixabay (not told apart)", "CC BY 4.0 (NC for the intro)", "as above",
                           "per-track licence in the repo audio/ directory (CC variants/public domain)"})
    EXPECT_EQ(licence_id(text), "LicenseRef-unknown") << text;
  for (const char* text : {"none stated (Kaggle Audio Cats and Dogs)", "not listed in licenses.md", ""})
    EXPECT_EQ(licence_id(text), "") << text;
  EXPECT_EQ(licence_id("CC0 (repo README: Freesound CC0); id not listed"), "CC0-1.0");
}

TEST(LicenceId, ARecordingBySomebodyIsNotFreeForThat) {
  for (const char* text : {"recorded by Ann, all rights reserved", "by Ann", "Copyright 2020 by nc"})
    EXPECT_EQ(licence_id(text), "LicenseRef-unknown") << text;
  EXPECT_EQ(licence_id("by-nc 3.0"), "CC-BY-NC-3.0");
  EXPECT_EQ(licence_id("ODbL stated by project"), "ODbL-1.0");
}

TEST(LicenceId, AConditionInOtherWordsIsACondition) {
  EXPECT_EQ(licence_id("Attribution-NonCommercial-No Derivative Works 3.0 Unported"), "CC-BY-NC-ND-3.0");
  EXPECT_EQ(licence_id("Attribution-NoDerivativeWorks 2.5"), "CC-BY-ND-2.5");
  EXPECT_EQ(licence_id("Licensed under CC BY-NC."), "CC-BY-NC");
  EXPECT_EQ(licence_id("Licensed under CC BY 4.0."), "CC-BY-4.0");
  for (const char* text :
       {"All rights reserved. Attribution required", "Attribution - Pas d'Utilisation Commerciale 4.0",
        "Attribution - Pas de Modification 3.0", "CC BY 4.0, for personal use", "CC BY 4.0, not for resale",
        "CC0 (personal use only)", "CC0 / CC BY-NC", "Public domain, intro CC BY-NC",
        "http://creativecommons.org/licenses/nc-sampling+/1.0/"})
    EXPECT_EQ(licence_id(text), "LicenseRef-unknown") << text;
}

TEST(LicenceId, AWordThatIsALicenceElsewhereIsNone) {
  for (const char* text :
       {"Aufnahme mit Zoom H4n", "Apache helicopter", "Zero-G Ltd", "recorded by PD Smith"})
    EXPECT_EQ(licence_id(text), "LicenseRef-unknown") << text;
  EXPECT_EQ(licence_id("The MIT License"), "MIT");
  EXPECT_EQ(licence_id("Apache-2.0"), "Apache-2.0");
  EXPECT_EQ(licence_id("Creative Commons Zero 1.0"), "CC0-1.0");
}

TEST(RefusalToShip, FreeOnesPass) {
  for (const char* licence :
       {"CC0", "CC0 (Freesound 276267, LICENSE.MD)", "CC BY 3.0", "cc-by-4.0", "MIT",
        "MIT (repo author own recording)", "Freesound: Attribution 3.0", "Freesound: Creative Commons 0",
        "public domain (orangefreesounds, LICENSE.MD)", "CC0 (repo README: Freesound CC0); id not listed",
        "CC BY 4.0 (LibriSpeech test-other)"}) {
    EXPECT_EQ(refusal_to_ship(licence), "") << licence;
  }
}

TEST(RefusalToShip, OthersAreRefusedWithTheReason) {
  EXPECT_EQ(refusal_to_ship("CC BY-NC-ND 4.0"), "non-commercial");
  EXPECT_EQ(refusal_to_ship("UrbanSound8K CC BY-NC 3.0"), "non-commercial");
  EXPECT_EQ(refusal_to_ship("Freesound: Attribution NonCommercial 4.0"), "non-commercial");
  EXPECT_EQ(refusal_to_ship("CC BY-ND 4.0"), "no derivatives");
  EXPECT_EQ(refusal_to_ship("CC BY-SA 4.0"), "share-alike");
  EXPECT_EQ(refusal_to_ship("ODbL stated by project (see README)"), "share-alike");
  EXPECT_EQ(refusal_to_ship("Freesound: Sampling+"), "Sampling+");
  EXPECT_EQ(refusal_to_ship("none stated (Kaggle Audio Cats and Dogs)"), "not stated");
  EXPECT_EQ(refusal_to_ship(""), "not stated");
  EXPECT_EQ(refusal_to_ship("CC0 or Pixabay (not told apart)"), "not understood");
  EXPECT_EQ(refusal_to_ship("as above"), "not understood");
  EXPECT_EQ(refusal_to_ship("GPL-2.0"), "not understood");
}

TEST(Allowed, AnEntryWithoutVersionAllowsEveryVersionAndNothingElse) {
  const std::vector<std::string> allow = {"CC-BY", "CC0-1.0"};
  for (const char* text : {"CC BY 3.0", "Attribution", "CC0", "cc-by-4.0"})
    EXPECT_TRUE(is_allowed(text, allow)) << text;
  for (const char* text : {"CC BY-NC 3.0", "CC BY-SA 4.0", "CC BY-ND", "PDM", "", "something"})
    EXPECT_FALSE(is_allowed(text, allow)) << text;
}

TEST(Allowed, WhatIsNotStatedMustBeNamed) {
  EXPECT_TRUE(is_allowed("", {}));
  const std::vector<std::string> allow = {"unstated", "unknown", "CC-BY-4.0"};
  EXPECT_TRUE(is_allowed("", allow));
  EXPECT_TRUE(is_allowed("my own words", allow));
  EXPECT_FALSE(is_allowed("CC BY 3.0", allow));
}

}  // namespace
}  // namespace pupil::corpus
