// SPDX-License-Identifier: Apache-2.0
// pupil review: the page where a person looks, listens and decides; its counts; verdicts to and from label files.

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/error.h"
#include "base/log.h"
#include "base/standard_output.h"
#include "base/table_text.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/catalogue.h"
#include "output_paths.h"
#include "project/project_file.h"
#include "review/exchange.h"
#include "review/outlook.h"
#include "review/review_page.h"
#include "review/reviewer.h"
#include "review/summary.h"
#include "web/access.h"
#include "web/server.h"

namespace pupil::cli {
namespace {

struct ReviewOptions {
  static constexpr std::string_view kDetails =
      "Opens a page on this machine alone and prints its address. Verdicts are stored as they are given and decide labels;\n"
      "? on the page shows its keys. docs/review.md has how they count and the forms of label files.";

  std::string dir;
  std::int64_t port = 0;
  bool no_browser = false;
  std::string reviewer;
  std::string order = "worth";
  std::string label;
  bool submitted = false;
  std::vector<std::string> splits = {"train", "val"};
  std::int64_t seed = 1;
  bool second = false;
  double alike = 0.95;
  bool summary = false;
  bool json = false;
  std::string export_as;
  std::string out;
  bool merge = false;
  std::string import;
  std::string clip;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "the project's folder");
    v.value("--port", "N", port, Range{0, 65535}, "0: any that is free");
    v.flag("--no-browser", no_browser, "only print the address");
    v.value("--reviewer", "NAME", reviewer, "who decides; empty: the user's name");
    v.value("--order", "ORDER", order, "worth, uncertain, balanced, diverse or random");
    v.value("--class", "CLASS", label, "only windows that are called so");
    v.flag("--submitted", submitted, "only recordings that people sent (pupil submit-page)");
    v.list("--split", "SPLIT", splits, "recordings to show: train, val, test");
    v.value("--seed", "N", seed, kSeedRange, "of the order");
    v.flag("--second", second, "show what others have decided as well");
    v.value("--alike", "COSINE", alike, Range{0, 1}, "windows so alike can be decided together");
    v.flag("--summary", summary, "print what all verdicts say and stop");
    v.flag("--json", json, "machine-readable summary");
    v.value("--export", "FORM", export_as, "write the decisions as audacity, raven or csv and stop");
    v.value("--out", "PATH", out, "where to: a file; of audacity, a folder");
    v.flag("--merge", merge, "with --export: windows that touch become one label");
    v.value("--import", "FILE", import, "take labels in as verdicts and stop");
    v.value("--clip", "PATH", clip, "with --import: the recording, where the file does not say");
  }
};

std::string user_name() {
  const std::string name = environment("USER");
  return name.empty() ? "unknown" : name;
}

review::SessionOptions session_options(const ReviewOptions& options) {
  review::SessionOptions session;
  session.reviewer = review::checked_reviewer(options.reviewer.empty() ? user_name() : options.reviewer);
  const auto order = review::parse_order(options.order);
  if (!order)
    throw UsageError(
        concat("--order: worth, uncertain, balanced, diverse or random, not '", options.order, "'"));
  session.order = *order;
  session.splits.clear();
  for (const std::string& name : options.splits) {
    const auto split = corpus::parse_split(name);
    if (!split) throw UsageError(concat("--split: train, val or test, not '", name, "'"));
    session.splits.push_back(*split);
  }
  session.label = options.label;
  session.submitted = options.submitted;
  session.seed = static_cast<std::uint64_t>(options.seed);
  session.second = options.second;
  session.alike = options.alike;
  return session;
}

// Where somebody sits in front of this machine. The child is nobody's to wait for.
void open_browser(const std::string& address) {
  if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr) return;
  ::signal(SIGCHLD, SIG_IGN);
  if (::fork() != 0) return;
  if (std::freopen("/dev/null", "w", stdout) == nullptr || std::freopen("/dev/null", "w", stderr) == nullptr)
    ::_exit(1);
  ::execlp("xdg-open", "xdg-open", address.c_str(), nullptr);
  ::_exit(1);
}

int serve(const ReviewOptions& options) {
  const review::SessionOptions session = session_options(options);
  review::check_reviewable(options.dir, session);
  web::ServerOptions server_options;
  server_options.port = static_cast<std::uint16_t>(options.port);
  server_options.access.token = web::random_token();
  web::Server server(server_options);
  review::ReviewPage page(server, options.dir, session);
  const std::string address =
      concat("http://127.0.0.1:", server.port(), "/?token=", server_options.access.token);
  std::printf("%s\n", address.c_str());
  flush_standard_output();
  log_info("interrupt (ctrl-C) ends it; every verdict is stored as it is given");
  if (!options.no_browser) open_browser(address);
  server.start();      // behind the fork: a child of several threads may do next to nothing
  for (;;) ::pause();  // main.cpp ends the program on an interrupt
}

int print_summary(const ReviewOptions& options) {
  auto catalogue = corpus::Catalogue::open_to_look(options.dir);
  const review::Summary summary = review::summarise(catalogue);
  const auto outlook = review::read_outlook(options.dir);
  if (options.json) {
    Json json = review::summary_json(summary);
    json.set("outlook", review::outlook_json(outlook));
    std::printf("%s\n", json.dump(2).c_str());
    return 0;
  }
  std::fputs(review::summary_text(summary).c_str(), stdout);
  for (const review::ClassOutlook& one : outlook)
    std::printf("%s%s\n", left_aligned(one.name, 32).c_str(), review::outlook_text(one).c_str());
  return 0;
}

int write_out(const ReviewOptions& options) {
  const auto format = review::parse_format(options.export_as);
  if (!format) throw UsageError(concat("--export: audacity, raven or csv, not '", options.export_as, "'"));
  if (options.out.empty()) throw UsageError("--export: where to? --out PATH");
  const std::filesystem::path dir = options.dir;
  const std::vector<NamedPath> inputs = {{"the catalogue", dir / "catalogue.db"},
                                         {"the project", dir / "pupil.toml"}};
  const NamedPath out{"--out", options.out};
  if (*format == review::ExchangeFormat::audacity)
    check_output_folder(out, inputs);
  else
    check_outputs({&out, 1}, inputs);
  auto catalogue = corpus::Catalogue::open_to_look(options.dir);
  const std::int64_t count = review::export_labels(catalogue, *format, options.merge, options.out);
  std::printf("%s labels in %s\n", with_thousands(count).c_str(), options.out.c_str());
  return 0;
}

int take_in(const ReviewOptions& options) {
  const Project project = load_project(options.dir);
  std::vector<std::string> classes;
  for (const SoundClass& sound : project.named_classes()) classes.push_back(sound.name);
  auto catalogue = corpus::Catalogue::open(options.dir);
  const review::ImportReport report =
      review::import_labels(catalogue, classes, options.import, {options.clip, options.reviewer});
  std::printf("%s labels, %s windows decided", with_thousands(report.rows).c_str(),
              with_thousands(report.windows).c_str());
  if (report.without_window > 0)
    std::printf("; %s labels cover no window", with_thousands(report.without_window).c_str());
  std::printf("\n");
  return 0;
}

}  // namespace

int run_review(const Command& command, Arguments arguments) {
  const auto options = parse_options<ReviewOptions>(command, arguments);
  if (options.summary + !options.export_as.empty() + !options.import.empty() > 1)
    throw UsageError("one of --summary, --export and --import at a time");
  if (options.summary) return print_summary(options);
  if (!options.export_as.empty()) return write_out(options);
  if (!options.import.empty()) return take_in(options);
  return serve(options);
}

}  // namespace pupil::cli
