// SPDX-License-Identifier: Apache-2.0
// pupil demo: a page that anybody can open, with a model that listens in it.

#include <cstdio>
#include <vector>

#include "base/error.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "commands.h"
#include "demo/page.h"
#include "device/model_file.h"
#include "output_paths.h"

namespace pupil::cli {
namespace {

struct DemoOptions {
  static constexpr std::string_view kDetails =
      "Writes one HTML file that holds the model and the device library, compiled to WebAssembly. It can be mailed, opened "
      "from\n"
      "the disk or put on any web space: it scores the microphone and dropped recordings with the very numbers that\n"
      "`pupil classify` gives, and sends nothing anywhere. Who has the page has the model.";

  std::string model;
  std::string out;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("MODEL", model, "model file");
    v.value("--out", "FILE.html", out, "where the page goes");
    v.flag("--json", json, "machine-readable summary");
  }
};

}  // namespace

int run_demo(const Command& command, Arguments arguments) {
  const auto options = parse_options<DemoOptions>(command, arguments);
  if (options.out.empty()) throw UsageError("--out is missing");
  check_outputs(std::vector<NamedPath>{{"--out", options.out}},
                std::vector<NamedPath>{{"MODEL", options.model}});
  const demo::Modules modules = demo::modules();
  if (modules.simd.empty()) {
    throw Error(
        "this program was built without WebAssembly: install clang 19 with its parts for it (scripts/setup.sh) and "
        "build again");
  }
  const device::ModelFile file(options.model);
  const std::string page = demo::page(file.model().file(), modules);
  write_whole(options.out, page);
  if (options.json) {
    Json summary;
    summary.set("out", options.out);
    summary.set("bytes", static_cast<std::int64_t>(page.size()));
    summary.set("model_bytes", static_cast<std::int64_t>(file.model().file().size()));
    std::printf("%s\n", summary.dump().c_str());
  } else {
    std::printf("%s: %zu bytes, %zu of them the model's; open it in a browser\n", options.out.c_str(),
                page.size(), file.model().file().size());
  }
  return 0;
}

}  // namespace pupil::cli
