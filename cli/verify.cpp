// SPDX-License-Identifier: Apache-2.0
// pupil verify: whether this machine computes what the model's golden vectors say, with every instruction set
// it has.

#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/read_file.h"
#include "base/text.h"
#include "commands.h"
#include "device/model_file.h"
#include "model/golden.h"

namespace pupil::cli {
namespace {

struct VerifyOptions {
  static constexpr std::string_view kDetails =
      "Runs the windows of audio that lie beside the model (m.pupil, m.golden) through front end and network "
      "and compares\n"
      "every logit and score with the stored one, bit by bit. Exit code 1 when one differs.";

  std::string model;
  std::string golden;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("MODEL", model, "model file");
    v.value("--golden", "FILE", golden, "golden vectors elsewhere than beside the model");
    v.flag("--json", json, "machine-readable output");
  }
};

std::string golden_path(const VerifyOptions& options) {
  if (!options.golden.empty()) return options.golden;
  const std::size_t dot = options.model.rfind('.');
  const std::size_t slash = options.model.rfind('/');
  const bool has_extension = dot != std::string::npos && (slash == std::string::npos || dot > slash + 1);
  return options.model.substr(0, has_extension ? dot : std::string::npos) + ".golden";
}

std::size_t equal_cases(const edge::Model& model, edge::KernelSet kernels,
                        const std::vector<edge::GoldenCase>& cases) {
  std::size_t equal = 0;
  for (const edge::GoldenCase& c : cases) {
    const auto answer = edge::answer_golden(model, kernels, c.samples);
    if (answer && edge::same_bits(*answer, c)) ++equal;
  }
  return equal;
}

}  // namespace

int run_verify(const Command& command, Arguments arguments) {
  const auto options = parse_options<VerifyOptions>(command, arguments);
  const device::ModelFile file(options.model);
  const std::string path = golden_path(options);
  if (access(path.c_str(), F_OK) != 0) {
    throw Error(concat(path, ": no golden vectors there (pupil export writes them beside the model)"));
  }
  const auto cases = edge::read_golden(file.model(), read_bytes(path));
  if (!cases) throw Error(concat(path, ": damaged, or the golden vectors of another model"));
  if (cases->empty()) throw Error(concat(path, ": holds no golden vectors"));

  bool all_equal = true;
  Json sets{Json::Array()};
  for (std::int32_t i = 1; i < edge::kKernelSetCount; ++i) {
    const auto kernels = static_cast<edge::KernelSet>(i);
    const std::string name(edge::to_string(kernels));
    const bool available = edge::kernel_set_available(kernels);
    const std::size_t equal = available ? equal_cases(file.model(), kernels, *cases) : 0;
    if (available && equal != cases->size()) all_equal = false;
    Json set;
    set.set("kernels", name);
    set.set("available", available);
    if (available) set.set("equal", static_cast<std::int64_t>(equal));
    sets.push_back(set);
    if (options.json) continue;
    if (available) {
      std::printf("%-12s %d of %d windows equal\n", name.c_str(), static_cast<int>(equal),
                  static_cast<int>(cases->size()));
    } else {
      std::printf("%-12s skipped: not on this machine\n", name.c_str());
    }
  }
  if (options.json) {
    Json summary;
    summary.set("model", options.model);
    summary.set("golden", path);
    summary.set("windows", static_cast<std::int64_t>(cases->size()));
    summary.set("equal", all_equal);
    summary.set("kernel_sets", sets);
    std::printf("%s\n", summary.dump().c_str());
  }
  return all_equal ? 0 : 1;
}

}  // namespace pupil::cli
