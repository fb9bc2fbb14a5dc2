// SPDX-License-Identifier: Apache-2.0
// pupil mix: noisy recordings with a known answer, from clean ones.

#include <cstdio>

#include "base/json.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/sources.h"
#include "mix_options.h"
#include "pipeline/mixture_set.h"

namespace pupil::cli {

int run_mix(const Command& command, Arguments arguments) {
  MixOptions options = parse_options<MixOptions>(command, arguments);
  pipeline::MixtureSetOptions mixing;
  mixing.snr_db = options.snr_db;
  mixing.clips_per_class = options.clips_per_class;
  mixing.duration_s = options.duration_s;
  mixing.seed = static_cast<std::uint64_t>(options.seed);
  std::vector<corpus::Source> backgrounds;
  for (const std::string& source : options.backgrounds) backgrounds.push_back(corpus::read_source(source));
  const pipeline::MixtureSetSummary summary =
      pipeline::write_mixture_set(corpus::read_source(options.clean), backgrounds, mixing, options.out);
  if (options.json) {
    Json json;
    json.set("mixtures", summary.mixture_count);
    json.set("silent", summary.silent_count);
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    std::printf("%s mixtures in %s; %s pairs left out, for one of both is silent\n",
                with_thousands(summary.mixture_count).c_str(), options.out.c_str(),
                with_thousands(summary.silent_count).c_str());
  }
  return 0;
}

}  // namespace pupil::cli
