// SPDX-License-Identifier: Apache-2.0
#include "submit/consent.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace pupil::submit {
namespace {

std::string complaint(const std::vector<std::string>& licences) {
  try {
    check_licences(licences);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(Consent, IsATextThatCanBeKept) {
  EXPECT_EQ(checked_consent("Ja, gerne: \u00e4."), "Ja, gerne: \u00e4.");
  EXPECT_EQ(checked_consent(std::string(default_consent())), default_consent());
  EXPECT_THROW(checked_consent(""), Error);
  EXPECT_THROW(checked_consent(std::string(20'001, 'a')), Error);
  EXPECT_THROW(checked_consent("\xff\xfe"), Error);
}

TEST(Licences, AreNamedAsTheCatalogueNamesThem) {
  EXPECT_EQ(complaint(default_licences()), "");
  EXPECT_EQ(complaint({"CC-BY-SA-4.0", "CC-BY-NC-4.0"}), "");
  EXPECT_EQ(complaint({"CC BY 4.0"}), "licence 'CC BY 4.0' is not known by that name; write CC-BY-4.0");
  EXPECT_EQ(complaint({"mine"}), "licence 'mine' is not known by that name");
  EXPECT_EQ(complaint({""}), "licence '' is not known by that name");
  EXPECT_EQ(complaint({"CC0-1.0", "CC0-1.0"}), "licence CC0-1.0 is named twice");
  EXPECT_NE(complaint({}), "");
}

TEST(Licences, AreSaidInWords) {
  for (const std::string& licence : default_licences()) EXPECT_NE(licence_words(licence), "");
  EXPECT_EQ(licence_words("MIT"), "");
}

}  // namespace
}  // namespace pupil::submit
