// SPDX-License-Identifier: Apache-2.0
// What of a chain of configurations is there, in words: the second half of config_chain.h.
//
// A link is judged by what stands under the wanted configuration alone. Others of the same stage only choose the words:
// "made with other prompts" where there are some, "nothing yet" where there are none. Items that are pending under a link
// that exists are its own problem; under one that does not, the problem is the link.

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "corpus/judgements.h"
#include "corpus/scores.h"
#include "corpus/views.h"
#include "pipeline/config_chain.h"

namespace pupil::pipeline {
namespace {

using Names = std::vector<std::string>;

// A link that was never made: something else was, or nothing yet.
std::string absence(corpus::Catalogue& catalogue, const corpus::StageConfig& link, std::string_view otherwise,
                    std::string_view nothing) {
  if (link.id != 0) return "";
  return std::string(corpus::list_configs(catalogue, link.stage).empty() ? nothing : otherwise);
}

std::string count_text(std::int64_t count, std::string_view things, std::string_view what) {
  return count == 0 ? "" : concat(with_thousands(count), " ", things, " ", what);
}

std::string first_of(std::string one, std::string_view other) {
  return one.empty() ? std::string(other) : one;
}

Names label_classes(const corpus::StageConfig& labels) {
  Names names;
  const Json text = parse_json(labels.text);
  const Json* classes = text.is_object() ? text.find("classes") : nullptr;
  if (classes != nullptr && classes->is_array()) {
    for (const Json& name : classes->as_array()) names.push_back(name.as_string());
  }
  return names;
}

// How the classes of the labels that are there differ from the project's; empty where the present labels are there.
std::string class_problem(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain) {
  const std::vector<corpus::StageConfig> made = corpus::list_configs(catalogue, "label");
  if (chain.label.id != 0 || made.empty()) return "";
  return class_difference(label_classes(made.back()), class_names(project));
}

class LinkStates {
 public:
  LinkStates(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain)
      : project_(project), catalogue_(catalogue), chain_(chain) {}

  std::vector<LinkState> all() {
    add("windows", windows(), "label");
    if (chain_.separate) {
      add("separate", separate(), "separate");
      add("judge", judge(), "separate");
    }
    add("embed", embed(), "label");
    add("score", score(), "label");
    add("label", label(), "label");
    return std::move(states_);
  }

 private:
  void add(std::string stage, std::string problem, std::string_view command) {
    states_.push_back(
        {std::move(stage), std::move(problem), concat("pupil ", command, " ", project_.dir.string())});
  }

  std::string windows() const {
    const std::string absent =
        absence(catalogue_, chain_.windows, "cut with another length or hop", "no windows are cut yet");
    if (!absent.empty()) return absent;
    return count_text(corpus::count_uncut_views(catalogue_, window_options(project_)), "views",
                      "are not cut into windows");
  }

  std::string separate() const {
    const std::string absent =
        absence(catalogue_, *chain_.separate, "made with another separator, queries or mix",
                "nothing is separated yet");
    if (!absent.empty()) return absent;
    return count_text(
        corpus::count_pending_separation(catalogue_, chain_.separate->id, separation_queries(project_)),
        "clips", "are not separated");
  }

  std::string judge() const {
    if (chain_.separate->id == 0) return "";  // the link before says it
    const std::int64_t count =
        corpus::count_pending_judgements(catalogue_, chain_.separate->id, chain_.judge->id);
    const std::string absent =
        absence(catalogue_, *chain_.judge, "made with another teacher or other prompts",
                "no teacher has judged the views yet");
    return count == 0 ? "" : first_of(absent, count_text(count, "views", "are not judged"));
  }

  std::string embed() const {
    for (const TeacherLinks& teacher : chain_.teachers) {
      const std::string absent =
          absence(catalogue_, teacher.embed, "made with another teacher, precision, `input` or [window]",
                  "no teacher has scored the windows yet");
      if (!absent.empty()) return absent;
    }
    return "";
  }

  std::string score() const {
    for (const TeacherLinks& teacher : chain_.teachers) {
      const std::string absent = absence(
          catalogue_, teacher.score, "made with another teacher or other prompts", "nothing is scored yet");
      if (!absent.empty()) return absent;
    }
    return "";
  }

  std::string label() const {
    if (const std::string classes = class_problem(project_, catalogue_, chain_); !classes.empty())
      return concat("made for other classes: ", classes);
    const std::string absent =
        absence(catalogue_, chain_.label,
                "made with other prompts, views, recordings, reviews or another [label] section",
                "nothing is labelled yet");
    if (!absent.empty() || chain_.windows.id == 0) return absent;
    return count_text(corpus::count_pending_labels(catalogue_, chain_.filter, chain_.label.id), "windows",
                      "are not labelled");
  }

  const Project& project_;
  corpus::Catalogue& catalogue_;
  const ConfigChain& chain_;
  std::vector<LinkState> states_;
};

std::string listed(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += concat(text.empty() ? "" : ", ", name);
  return text;
}

Names without(const Names& names, const Names& others) {
  Names rest;
  for (const std::string& name : names) {
    if (std::find(others.begin(), others.end(), name) == others.end()) rest.push_back(name);
  }
  return rest;
}

}  // namespace

std::string class_difference(const Names& made_for, const Names& wanted) {
  if (made_for == wanted) return "";
  const Names gone = without(made_for, wanted), added = without(wanted, made_for);
  if (gone.empty() && added.empty())
    return concat("in the order ", listed(made_for), "; pupil.toml has ", listed(wanted));
  std::string text;
  if (!gone.empty()) text += concat("with ", listed(gone), ", which pupil.toml lacks");
  if (!added.empty())
    text += concat(text.empty() ? "" : "; ", "without ", listed(added), ", which pupil.toml has");
  return text;
}

std::vector<LinkState> link_states(const Project& project, corpus::Catalogue& catalogue,
                                   const ConfigChain& chain) {
  return LinkStates(project, catalogue, chain).all();
}

ConfigChain require_labels(const Project& project, corpus::Catalogue& catalogue) {
  ConfigChain chain = find_config_chain(project, catalogue);
  const std::string renew = concat(": pupil label ", project.dir.string());
  if (corpus::list_configs(catalogue, "label").empty())
    throw Error(concat(project.dir.string(), ": nothing is labelled yet", renew));
  // Before the links' own words: other classes mean other scores, too.
  if (const std::string classes = class_problem(project, catalogue, chain); !classes.empty())
    throw Error(concat(project.dir.string(), ": the labels were made for other classes: ", classes, renew));
  for (const LinkState& state : link_states(project, catalogue, chain)) {
    if (state.problem.empty()) continue;
    throw Error(concat(project.dir.string(), ": the labels are not those that pupil.toml asks for (",
                       state.stage, ": ", state.problem, "): ", state.command));
  }
  return chain;
}

}  // namespace pupil::pipeline
