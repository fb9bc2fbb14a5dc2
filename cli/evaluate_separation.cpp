// SPDX-License-Identifier: Apache-2.0
// pupil evaluate-separation: how much nearer to the clean sound a separator comes.

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "commands.h"
#include "condition_option.h"
#include "evaluate_separation_options.h"
#include "metrics/si_sdr.h"
#include "nn/model_store.h"
#include "nn/precision.h"
#include "nn/threads.h"
#include "output_paths.h"
#include "pipeline/separation_trial.h"
#include "pipeline/trial_recorder.h"
#include "project/project_file.h"
#include "separator/windowed_separation.h"

namespace pupil::cli {
namespace {

// Sums over trials; the figures are means over trials.
struct SeparationFigures {
  std::int64_t trial_count = 0;
  double sdr_db = 0;
  double sdri_db = 0;
  double si_sdr_db = 0;
  double si_sdri_db = 0;

  void add(const SeparationFigures& other) {
    trial_count += other.trial_count;
    sdr_db += other.sdr_db;
    sdri_db += other.sdri_db;
    si_sdr_db += other.si_sdr_db;
    si_sdri_db += other.si_sdri_db;
  }
  double mean(double sum) const { return sum / static_cast<double>(trial_count); }
};

struct Results {
  std::map<std::string, SeparationFigures> by_class;
  std::map<double, SeparationFigures> by_snr;
  std::map<std::pair<std::string, double>, SeparationFigures> by_both;
  SeparationFigures all;
  std::int64_t silent_count = 0;
};

using Queries = std::map<std::string, std::string>;

// "dog_bark" is asked for as "dog bark".
std::string words_of(std::string label) {
  std::replace(label.begin(), label.end(), '_', ' ');
  return label;
}

Queries read_queries(const EvaluateSeparationOptions& options) {
  Queries queries;
  if (!options.project.empty()) {
    for (const SoundClass& sound : load_project(options.project).classes) {
      queries[sound.name] = !sound.query.empty()    ? sound.query
                            : sound.prompts.empty() ? sound.name
                                                    : sound.prompts.front();
    }
  }
  for (const std::string& word : options.query_of) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos)
      throw UsageError(concat("--query-of '", word, "': CLASS=TEXT is wanted"));
    queries[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return queries;
}

pipeline::TrialPlan read_plan(const EvaluateSeparationOptions& options) {
  pipeline::TrialPlan plan;
  plan.classes = options.classes;
  if (plan.classes.empty() && !options.project.empty()) {
    for (const SoundClass& sound : load_project(options.project).classes) plan.classes.push_back(sound.name);
  }
  plan.snr_db = options.snr_db;
  plan.clips_per_class = options.clips_per_class;
  plan.seed = static_cast<std::uint64_t>(options.seed);
  if (!options.split.empty()) {
    plan.split = corpus::parse_split(options.split);
    if (!plan.split) throw UsageError("--split: train, val or test");
  }
  return plan;
}

class Evaluation {
 public:
  Evaluation(const EvaluateSeparationOptions& options, const separator::Separator& model)
      : options_(options), model_(model), queries_(read_queries(options)) {
    if (!options.audio.empty()) recorder_.emplace(options.audio);
    if (!options.condition.empty()) common_ = model.query(read_condition(options.condition));
  }

  std::string words(const std::string& label) const {
    if (common_) return options_.condition;
    const auto known = queries_.find(label);
    return known != queries_.end() ? known->second : words_of(label);
  }

  void run(const pipeline::SeparationTrial& trial, Results& results) {
    const std::optional<pipeline::TrialAudio> audio = pipeline::mix_trial(trial, options_.duration_s);
    if (!audio) {
      ++results.silent_count;
      return;
    }
    const std::vector<float> wanted =
        separator::separate_windowed(model_, query(trial.label), audio->mixture);
    if (recorder_) {
      recorder_->add(trial, *audio, wanted, [&](std::span<const float> samples) {
        return separator::separate_windowed(model_, query(trial.label), samples);
      });
    }
    SeparationFigures one;
    one.trial_count = 1;
    one.sdr_db = metrics::sdr_db(audio->truth, wanted);
    one.sdri_db = one.sdr_db - metrics::sdr_db(audio->truth, audio->mixture);
    one.si_sdr_db = metrics::si_sdr_db(audio->truth, wanted);
    one.si_sdri_db = one.si_sdr_db - metrics::si_sdr_db(audio->truth, audio->mixture);
    results.by_class[trial.label].add(one);
    results.by_snr[trial.snr_db].add(one);
    results.by_both[{trial.label, trial.snr_db}].add(one);
    results.all.add(one);
  }

  void finish() const {
    if (recorder_) recorder_->finish();
  }

 private:
  const separator::Query& query(const std::string& label) {
    if (common_) return *common_;
    const auto known = turned_.find(label);
    if (known != turned_.end()) return known->second;
    if (const std::string unfamiliar = model_.unfamiliar_words(words(label)); !unfamiliar.empty())
      log_warning(unfamiliar);
    return turned_.emplace(label, model_.query(words(label))).first->second;
  }

  const EvaluateSeparationOptions& options_;
  const separator::Separator& model_;
  Queries queries_;
  std::optional<separator::Query> common_;
  std::optional<pipeline::TrialRecorder> recorder_;
  std::map<std::string, separator::Query> turned_;
};

void set_figures(Json& json, const SeparationFigures& figures) {
  json.set("mixtures", figures.trial_count);
  json.set("sdr_db", figures.mean(figures.sdr_db));
  json.set("sdri_db", figures.mean(figures.sdri_db));
  json.set("si_sdr_db", figures.mean(figures.si_sdr_db));
  json.set("si_sdri_db", figures.mean(figures.si_sdri_db));
}

Json results_json(const Results& results, const EvaluateSeparationOptions& options,
                  const Evaluation& evaluation) {
  Json json;
  json.set("model", options.model);
  json.set("precision", options.precision);
  json.set("silent_pairs", results.silent_count);
  Json classes{Json::Array()};
  for (const auto& [label, figures] : results.by_class) {
    Json named;
    named.set("class", label);
    named.set("query", evaluation.words(label));
    set_figures(named, figures);
    Json per_snr{Json::Array()};
    for (const auto& [both, at_snr] : results.by_both) {
      if (both.first != label) continue;
      Json row;
      row.set("snr_db", both.second);
      set_figures(row, at_snr);
      per_snr.push_back(row);
    }
    named.set("by_snr", per_snr);
    classes.push_back(named);
  }
  json.set("classes", classes);
  Json snrs{Json::Array()};
  for (const auto& [snr_db, figures] : results.by_snr) {
    Json row;
    row.set("snr_db", snr_db);
    set_figures(row, figures);
    snrs.push_back(row);
  }
  json.set("by_snr", snrs);
  Json all;
  set_figures(all, results.all);
  json.set("all", all);
  return json;
}

void print_row(const std::string& name, const SeparationFigures& figures) {
  std::printf("%-24s %8lld %9.2f %9.2f %9.2f %9.2f\n", name.c_str(),
              static_cast<long long>(figures.trial_count), figures.mean(figures.sdr_db),
              figures.mean(figures.sdri_db), figures.mean(figures.si_sdr_db),
              figures.mean(figures.si_sdri_db));
}

void print_table(const Results& results) {
  std::printf("%-24s %8s %9s %9s %9s %9s\n", "class", "mixtures", "SDR", "SDRi", "SI-SDR", "SI-SDRi");
  for (const auto& [label, figures] : results.by_class) print_row(label, figures);
  for (const auto& [snr_db, figures] : results.by_snr) print_row(concat("at ", snr_db, " dB"), figures);
  print_row("all", results.all);
}

// All files that this command reads.
std::vector<NamedPath> inputs_of(const EvaluateSeparationOptions& options,
                                 const std::vector<pipeline::SeparationTrial>& trials) {
  std::vector<NamedPath> inputs = {{"CLEAN", options.clean}, {"--model", options.model}};
  for (const std::string& background : options.backgrounds) inputs.push_back({"--background", background});
  for (const pipeline::SeparationTrial& trial : trials) {
    inputs.push_back({"the recording", trial.clean});
    inputs.push_back({"the recording", trial.background});
  }
  return inputs;
}

}  // namespace

int run_evaluate_separation(const Command& command, Arguments arguments) {
  const auto options = parse_options<EvaluateSeparationOptions>(command, arguments);
  options.check();
  const pipeline::TrialPlan plan = read_plan(options);
  nn::set_thread_count(static_cast<std::int32_t>(options.threads));
  std::vector<corpus::Source> backgrounds;
  for (const std::string& location : options.backgrounds)
    backgrounds.push_back(corpus::read_source(location));
  const std::vector<pipeline::SeparationTrial> trials =
      pipeline::plan_trials(corpus::read_source(options.clean), backgrounds, plan);
  check_output_folder({"--audio", options.audio}, inputs_of(options, trials));
  const separator::Separator model(nn::resolve_model(options.model, ".", nn::cache_dir()),
                                   {nn::read_precision(options.precision), options.device});
  Evaluation evaluation(options, model);

  Results results;
  Progress progress("evaluate-separation", static_cast<std::int64_t>(trials.size()), "mixtures");
  for (const pipeline::SeparationTrial& trial : trials) {
    evaluation.run(trial, results);
    progress.advance();
  }
  progress.finish();
  evaluation.finish();
  if (results.silent_count > 0)
    log_info(concat(results.silent_count, " pairs left out: the clip or its background is silent"));
  if (results.all.trial_count == 0) throw Error("no mixture could be made");
  options.json ? void(std::printf("%s\n", results_json(results, options, evaluation).dump(2).c_str()))
               : print_table(results);
  return 0;
}

}  // namespace pupil::cli
