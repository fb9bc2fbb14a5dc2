// SPDX-License-Identifier: Apache-2.0
// Which weights the name of a model in pupil.toml stood for when a stage last used it. Hashing gigabytes takes
// seconds: they are hashed again only when their files have changed. And where the model is not on this machine (a
// project that is trained elsewhere than it was labelled), what was made with it can still be told.

#pragma once

#include <optional>
#include <string>

#include "corpus/catalogue.h"

namespace pupil::corpus {

struct ModelRecord {
  std::string name;   ///< as in pupil.toml
  std::string stamp;  ///< its files' paths, sizes and times of change
  std::string hash;   ///< over their contents
  std::string kind;   ///< of a teacher; empty for separators
  bool operator==(const ModelRecord&) const = default;
};

std::optional<ModelRecord> find_model(Catalogue& catalogue, const std::string& name);

/// Putting again replaces; nothing is written where nothing differs.
void put_model(Catalogue& catalogue, const ModelRecord& model);

}  // namespace pupil::corpus
