// SPDX-License-Identifier: Apache-2.0
#include "submit/consent.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "corpus/licences.h"

namespace pupil::submit {
namespace {

constexpr std::size_t kLongestConsent = 20'000;

constexpr std::pair<std::string_view, std::string_view> kLicences[] = {
    {"CC0-1.0", "Anyone may use it for anything, without naming you."},
    {"CC-BY-4.0", "Anyone may use it for anything, if they name its source: your number on this page."},
    {"CC-BY-SA-4.0", "As CC-BY-4.0, and what is made of it must be given away under the same licence."},
    {"CC-BY-NC-4.0", "As CC-BY-4.0, but nobody may earn money with it."},
};

}  // namespace

std::string_view default_consent() {
  return "I made this recording myself, or I have the right to give it away. Nobody who can be heard in it objects.\n\n"
         "I give it under the licence that I chose. It may be kept, listened to by the people of this project, and used to "
         "teach and to test programs that recognise sounds. The recording and such programs may be passed on to others under "
         "that licence.\n\n"
         "My name is not stored, nor is my file's name or anything else that was in the file beside the sound. A number that "
         "was drawn at random stands for me; it is shown on this page and kept in a cookie of my browser.\n\n"
         "Whoever runs this page removes my recordings if I name that number. Programs that have learned from them by then "
         "cannot forget them.";
}

std::string checked_consent(std::string text) {
  if (text.empty()) throw Error("the text of the consent is empty");
  if (text.size() > kLongestConsent)
    throw Error(concat("the text of the consent has ", text.size(), " bytes; ", kLongestConsent,
                       " are the most that anybody reads"));
  decode_utf8(text);
  return text;
}

std::vector<std::string> default_licences() {
  return {"CC0-1.0", "CC-BY-4.0"};
}

void check_licences(const std::vector<std::string>& licences) {
  if (licences.empty()) throw Error("no licence is offered, so nothing could be taken");
  for (const std::string& licence : licences) {
    const std::string id = corpus::licence_id(licence);
    if (id != licence || id.empty() || id == "LicenseRef-unknown")
      throw Error(concat("licence '", licence, "' is not known by that name",
                         id.empty() || id == "LicenseRef-unknown" ? "" : concat("; write ", id)));
    if (std::ranges::count(licences, licence) > 1)
      throw Error(concat("licence ", licence, " is named twice"));
  }
}

std::string_view licence_words(std::string_view licence) {
  const auto found = std::ranges::find(kLicences, licence, [](const auto& one) { return one.first; });
  return found == std::end(kLicences) ? std::string_view() : found->second;
}

}  // namespace pupil::submit
