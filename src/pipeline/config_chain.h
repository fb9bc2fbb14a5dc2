// SPDX-License-Identifier: Apache-2.0
// The configurations that pupil.toml asks for, from windows to labels, and what of them is there:
//
//   windows -> separate -> judge -> embed -> score -> label
//
// Every stage takes its configurations from here, and whoever reads results (training, export, evaluation, reports)
// too: results stand under the configuration that is wanted now, or there are none. Nothing is taken because it was
// made last. Nothing here is written.
//
// What decides a result stands in its configuration's text, the hashes of the links before it included, and nothing
// else does: no row's id, no path, no time. The same recordings, models and pupil.toml give the same hashes in every
// project, whatever happened in it before.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/models.h"
#include "corpus/windows.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// Of a longer clip so much is embedded with input = "clip": no teacher was made for longer sound, and a batch of whole
/// nights fits no memory.
inline constexpr double kEmbeddedClipSeconds = 60;

/// One teacher of the project and its two links.
struct TeacherLinks {
  TeacherSpec spec;
  corpus::ModelRecord model;
  corpus::StageConfig embed;
  corpus::StageConfig score;
};

/// A link that was never configured has the id 0.
struct ConfigChain {
  corpus::StageConfig windows;
  std::optional<corpus::StageConfig> separate, judge;  ///< none with [separate] mode = "off"
  std::optional<corpus::ModelRecord> separator;        ///< likewise
  std::vector<TeacherLinks> teachers;                  ///< at least one; the first judges views
  corpus::StageConfig label;
  /// The windows that are labelled and learned: of the project's views, without those that the teacher calls
  /// destroyed. Of no use while windows.id is 0.
  corpus::WindowFilter filter;

  /// Those of them that teachers score.
  corpus::WindowFilter active(const LabelSection& section) const {
    corpus::WindowFilter active = filter;
    active.min_activity_db = section.activity_db;
    return active;
  }
};

/// Error: a model that is not here and was never used, a class that its teacher cannot know.
ConfigChain find_config_chain(const Project& project, corpus::Catalogue& catalogue);

/// What a judgement goes by: seconds of a view's beginning, what counts as sure, and which share of that must be lost.
inline constexpr double kJudgedSeconds = 10;
inline constexpr double kSureProbability = 0.5;
inline constexpr double kLostShare = 0.5;

/// The options of the "windows" link.
corpus::WindowOptions window_options(const Project& project);

/// The queries of a project in order, each once: [separate] query, or one per class (its `query`, else its
/// first prompt, else its name).
std::vector<std::string> separation_queries(const Project& project);

/// The query that a class is separated with where each has its own.
const std::string& own_query(const SoundClass& sound);

/// The "separate" link alone: `separator` as identify_model() found it.
corpus::StageConfig separate_link(const Project& project, corpus::Catalogue& catalogue,
                                  const corpus::ModelRecord& separator);

/// How the classes that something was made for differ from those that are wanted, in words; empty: they do not.
std::string class_difference(const std::vector<std::string>& made_for,
                             const std::vector<std::string>& wanted);

/// The names of all_classes().
std::vector<std::string> class_names(const Project& project);

/// What is wrong with a link, and what renews it.
struct LinkState {
  std::string stage;
  std::string
      problem;  ///< "made with other prompts", "12 windows are not labelled"; empty: it is as it should be
  std::string command;  ///< "pupil label yard"
};

/// The states of all links, in the order of the chain; one "embed" and one "score" for all teachers.
std::vector<LinkState> link_states(const Project& project, corpus::Catalogue& catalogue,
                                   const ConfigChain& chain);

/// The chain with all its links as they should be: its labels are those that pupil.toml asks for, of all windows.
/// Error: the first thing that is missing or was made otherwise, and the command that renews it; where the labels were
/// made for other classes, which.
ConfigChain require_labels(const Project& project, corpus::Catalogue& catalogue);

}  // namespace pupil::pipeline
