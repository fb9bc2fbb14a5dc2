// SPDX-License-Identifier: Apache-2.0
// Clips that show a class: [[class]] examples = "folder/". They are collected as a source of their own, with the class as
// their given label, and always train. `pupil init` checks them before anything is made of them.

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "corpus/sources.h"
#include "project/project_file.h"

namespace pupil::corpus {

inline constexpr std::size_t kLeastExamples = 3;
/// More recordings than these are no examples but a source.
inline constexpr std::size_t kMostExamples = 50;

/// The audio files in `folder` and below it, by name. Error, which names the folder and the number: it is missing, holds
/// fewer than kLeastExamples or more than kMostExamples.
std::vector<std::filesystem::path> list_examples(const std::filesystem::path& folder);

/// The folder of a class's examples.
std::filesystem::path example_folder(const Project& project, const SoundClass& sound);

/// Source::name of the examples of a class, by which the catalogue knows them.
std::string example_source(const Project& project, const SoundClass& sound);

/// All recordings of a project that are not on the web: its [[source]] tables, then the examples of its classes. Error: as
/// read_sources() and list_examples(), with the class.
std::vector<Source> read_project_sources(const Project& project);

}  // namespace pupil::corpus
