// SPDX-License-Identifier: Apache-2.0
// The report's page: one HTML file that needs nothing else, drawn from report.json.
//
// What is drawn is what report.json says (src/pipeline/evaluate_stage.h writes both); the page adds nothing of its
// own. A part that is absent, or null, is said to be absent in one line.

#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace pupil::report {

/// A sound to look at and listen to, as data URIs.
struct Snippet {
  std::string picture;
  std::string audio;  ///< a WAV
  float gain =
      1;  ///< what the recording was multiplied by to be heard: scores are those of the sound without it
};

/// By the names that report.json uses ("media", "before", "after").
using Media = std::map<std::string, Snippet>;

/// What the page scores its sounds by, in the browser, each when it is played. Without one of them it scores none.
struct Scorer {
  std::span<const std::byte> model;   ///< the checked .pupil file
  std::span<const std::byte> module;  ///< the device library as WebAssembly with vectors
  std::string_view package;  ///< JavaScript of a module that exports Model, compile, ... (packaging/npm)
};

/// The page's HTML. Text of the report is escaped, whatever it holds; its policy names its scripts and its style by
/// their hashes and allows no request. The same report, media and scorer, the same bytes.
std::string page(const Json& report, const Media& media, const Scorer& scorer = {});

}  // namespace pupil::report
