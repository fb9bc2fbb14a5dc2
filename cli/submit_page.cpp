// SPDX-License-Identifier: Apache-2.0
// pupil submit-page: the page where people send recordings to a project.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/read_file.h"
#include "base/standard_output.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/licences.h"
#include "corpus/submissions.h"
#include "project/project_file.h"
#include "submit/consent.h"
#include "submit/submit_page.h"
#include "web/access.h"
#include "web/server.h"

namespace pupil::cli {
namespace {

struct SubmitPageOptions {
  static constexpr std::string_view kDetails =
      "Serves a page where people record or upload a sound, listen to it, choose a licence and send it, and prints its address\n"
      "with the token that opens it. What comes is in DIR/submissions, a source of the project; nothing learns from it before\n"
      "somebody has reviewed it (pupil review --submitted). docs/review.md has the whole and how a proxy makes it https.";

  std::string dir;
  std::string address = "127.0.0.1";
  std::int64_t port = 0;
  std::vector<std::string> hosts;
  std::vector<std::string> proxies;
  std::vector<std::string> licences;
  std::string consent;
  double max_s = submit::RecordingLimits().max_s;
  std::int64_t sender_files = submit::QuotaLimits().sender_files;
  std::int64_t sender_megabytes = submit::QuotaLimits().sender_bytes / 1'000'000;
  std::int64_t files = submit::QuotaLimits().files;
  std::int64_t megabytes = submit::QuotaLimits().bytes / 1'000'000;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "the project's folder");
    v.value("--address", "ADDRESS", address,
            "where to listen; any but this machine's own shows the page to others");
    v.value("--port", "N", port, Range{0, 65535}, "0: any that is free");
    v.list("--host", "NAME", hosts, "names by which the page is reached, beside localhost and addresses");
    v.list("--proxy", "ADDRESS", proxies,
           "reverse proxies in front of it: who comes through them needs no token");
    v.list("--licence", "ID", licences,
           "to choose from; default: CC0-1.0 CC-BY-4.0, as far as [licence] allow has them");
    v.value("--consent", "FILE", consent, "a text of your own that senders agree to");
    v.value("--max-seconds", "SECONDS", max_s, Range{1, 60}, "longest recording");
    v.value("--sender-files", "N", sender_files, Range{1, 1e9}, "recordings of one sender");
    v.value("--sender-megabytes", "N", sender_megabytes, Range{1, 1e9}, "the same as stored");
    v.value("--files", "N", files, Range{1, 1e9}, "recordings in all");
    v.value("--megabytes", "N", megabytes, Range{1, 1e9}, "the same as stored");
  }
};

std::vector<std::string> offered_licences(const SubmitPageOptions& options, const Project& project) {
  std::vector<std::string> licences = options.licences;
  const bool named = !licences.empty();
  if (!named) licences = submit::default_licences();
  const auto is_refused = [&](const std::string& id) {
    return !corpus::is_allowed(id, project.licence.allow);
  };
  if (!named) std::erase_if(licences, is_refused);
  const auto refused = std::ranges::find_if(licences, is_refused);
  if (licences.empty() || refused != licences.end())
    throw UsageError(concat("pupil.toml: [licence] allow has ",
                            licences.empty()
                                ? "none of CC0-1.0 and CC-BY-4.0: name others with --licence"
                                : concat("not ", *refused, ": --licence can offer what it has")));
  return licences;
}

submit::SubmitOptions submit_options(const SubmitPageOptions& options, const Project& project) {
  submit::SubmitOptions submit;
  submit.title = project.name;
  for (const SoundClass& sound : project.classes) submit.wanted.push_back(sound.name);
  submit.licences = offered_licences(options, project);
  submit.consent =
      options.consent.empty() ? std::string(submit::default_consent()) : read_text(options.consent);
  submit.recording.max_s = options.max_s;
  submit.quota.sender_files = options.sender_files;
  submit.quota.sender_bytes = options.sender_megabytes * 1'000'000;
  submit.quota.files = options.files;
  submit.quota.bytes = options.megabytes * 1'000'000;
  return submit;
}

// The same at every start: people have the address.
std::string kept_token(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / ".token";
  if (std::filesystem::exists(file)) {
    const std::string token = read_text(file);
    if (token.size() >= 16) return token;
    throw Error(concat(file.string(), ": no token of 16 letters or more; remove the file for a new one"));
  }
  std::string token = web::random_token();
  // Nobody else's from its first moment on; no other thread makes a file yet.
  const mode_t before = ::umask(077);
  write_whole(file, token);
  ::umask(before);
  return token;
}

void say_source(const Project& project) {
  const auto is_there = [](const SourceSpec& source) { return source.layout == corpus::kSubmissions; };
  if (std::ranges::any_of(project.sources, is_there)) return;
  log_info(
      "pupil.toml does not name what comes as a source yet; add these lines:\n"
      "[[source]]\npath = \"submissions\"\nlayout = \"submissions\"");
}

}  // namespace

int run_submit_page(const Command& command, Arguments arguments) {
  const auto options = parse_options<SubmitPageOptions>(command, arguments);
  const Project project = load_project(options.dir);
  const std::filesystem::path folder = corpus::submission_folder(options.dir);
  submit::SubmitOptions submit = submit_options(options, project);
  web::ServerOptions server_options;
  server_options.address = options.address;
  server_options.port = static_cast<std::uint16_t>(options.port);
  server_options.access.hosts = options.hosts;
  for (const std::string& proxy : options.proxies) {
    if (!web::is_numeric_address(proxy))
      throw UsageError(concat("--proxy: '", proxy, "' is no numeric address (127.0.0.1)"));
  }
  server_options.access.proxies = options.proxies;
  submit::SubmitPage::set_limits(&server_options, submit.recording);
  make_folders(folder);
  server_options.access.token = kept_token(folder);
  web::Server server(server_options);
  const submit::SubmitPage page(server, folder, std::move(submit));
  std::printf("http://%s:%d/?token=%s\n", options.address.c_str(), server.port(),
              server_options.access.token.c_str());
  flush_standard_output();
  say_source(project);
  log_info("interrupt (ctrl-C) ends it; what it calls received is on the disk");
  server.start();
  for (;;) ::pause();  // main.cpp ends the program on an interrupt
}

}  // namespace pupil::cli
