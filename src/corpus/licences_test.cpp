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
