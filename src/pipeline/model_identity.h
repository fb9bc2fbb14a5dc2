// SPDX-License-Identifier: Apache-2.0
// Which weights a model's name in pupil.toml stands for: what the hashes of configurations hold in place of its path.

#pragma once

#include <string>

#include "corpus/catalogue.h"
#include "corpus/models.h"
#include "project/project_file.h"

namespace pupil::pipeline {

enum class ModelUse { separator, teacher };

/// Looks `model` up. Its files are hashed where the catalogue does not know them as they are (path, size, times);
/// nothing is written: a stage that uses the model stores the record (corpus::put_model()). Where the model is not on
/// this machine, what it was when it was last used. Error: it is not here and was never used, or cannot be read.
corpus::ModelRecord identify_model(const Project& project, corpus::Catalogue& catalogue,
                                   const std::string& model, ModelUse use);

/// The same without a catalogue to remember hashes: the files of `model` are hashed now. Error: it is not here.
corpus::ModelRecord read_model(const Project& project, const std::string& model, ModelUse use);

/// Error, which names the model: its weights on this machine are not those that a link's text (config_chain.h) was made with.
void check_weights(const Project& project, const std::string& model, ModelUse use,
                   const std::string& link_text);

}  // namespace pupil::pipeline
