// SPDX-License-Identifier: Apache-2.0
// 1. The sender reads every answer, so none names a path or an error of the machine; those go to the log.
// 2. Cheap questions first: cookie, consent, licence, quota; then the bytes are decoded; then something is written.
// 3. What is answered 200 is on the disk.

#include "submit/submit_page.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/intake.h"
#include "submit/consent.h"
#include "web/access.h"
#include "web/page.h"

namespace pupil::submit {

std::span<const web::PageFile> page_files();  // made by the build

namespace {

using web::Response;

constexpr std::string_view kCookie = "pupil_sender";
constexpr std::size_t kSecretDigits = 32;
constexpr double kSendSeconds = 300;  // a slow line takes as long for ten megabytes
constexpr std::int64_t kConnections = 16;

bool is_secret(std::string_view text) {
  return text.size() == kSecretDigits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Before the lock, which lies in it.
std::filesystem::path made_folder(std::filesystem::path folder) {
  make_folders(folder);
  return folder;
}

Json licences_json(const std::vector<std::string>& licences) {
  Json list{Json::Array()};
  for (const std::string& licence : licences)
    list.push_back(Json::Object{{"id", licence}, {"words", licence_words(licence)}});
  return list;
}

Json limits_json(const RecordingLimits& limits) {
  return Json::Object{{"max_bytes", limits.max_bytes},   {"min_s", limits.min_s},
                      {"max_s", limits.max_s},           {"silence_db", limits.silence_db},
                      {"quiet_db", limits.quiet_db},     {"clipped_share", limits.clipped_share},
                      {"full_scale", corpus::kFullScale}};
}

}  // namespace

std::string author_of(std::string_view secret) {
  return concat("sender-", sha256_hex(concat("pupil sender\n", secret)).substr(0, 12));
}

SubmitPage::SubmitPage(web::Server& server, std::filesystem::path folder, SubmitOptions options)
    : folder_(made_folder(std::move(folder))),
      options_(std::move(options)),
      consent_hash_(sha256_hex(checked_consent(options_.consent))),
      lock_(folder_, "pupil submit-page") {
  check_licences(options_.licences);
  corpus::remove_stray_submissions(folder_);
  std::vector<std::string> warnings;
  quota_.emplace(options_.quota, corpus::list_submissions(folder_, &warnings));
  log_warnings(warnings);
  web::serve_page(server, page_files());
  server.get("/about", [this](const web::Request& request) { return about(request); });
  server.post("/send", [this](const web::Request& request) { return take(request); });
}

void SubmitPage::set_limits(web::ServerOptions* server, const RecordingLimits& limits) {
  server->limits.body_bytes = limits.max_bytes;
  server->request_s = kSendSeconds;
  server->max_connections = kConnections;
}

Response SubmitPage::about(const web::Request& request) const {
  std::string secret(request.cookie(kCookie));
  const bool is_new = !is_secret(secret);
  if (is_new) secret = web::random_token();
  const std::string sender = author_of(secret);
  Response response = Response::json(Json(Json::Object{{"title", options_.title},
                                                       {"wanted", Json(options_.wanted)},
                                                       {"licences", licences_json(options_.licences)},
                                                       {"consent", options_.consent},
                                                       {"consent_sha256", consent_hash_},
                                                       {"limits", limits_json(options_.recording)},
                                                       {"sender", sender},
                                                       {"sent", quota_->file_count(sender)}})
                                         .dump());
  if (is_new)
    response.headers.emplace_back(
        "Set-Cookie", concat(kCookie, "=", secret, "; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000"));
  return response;
}

std::optional<Response> SubmitPage::refuse(const web::Request& request, const std::string& sender) {
  if (request.query_value("consent") != consent_hash_)
    return Response::text(409, "The text that you agree to is another one by now. Load this page again.");
  if (std::ranges::find(options_.licences, request.query_value("licence")) == options_.licences.end())
    return Response::text(400, "Choose a licence.");
  const std::string full = quota_->attempt(sender, Quota::Clock::now());
  if (!full.empty()) return Response::text(429, full);
  return std::nullopt;
}

Response SubmitPage::take(const web::Request& request) {
  const std::string_view secret = request.cookie(kCookie);
  if (!is_secret(secret))
    return Response::text(
        400, "Your browser did not send this page's cookie. Allow it, and load this page again.");
  const Sent sent{std::string(request.query_value("licence")), author_of(secret)};
  if (auto refusal = refuse(request, sent.sender)) return std::move(*refusal);
  try {
    const Recording recording = read_recording(std::as_bytes(std::span(request.body)), options_.recording);
    if (!recording.problem.empty()) return Response::text(recording.is_sound ? 422 : 415, recording.problem);
    return store(recording, sent);
  } catch (const std::exception& error) {
    log_warning(concat("a recording could not be stored: ", error.what()));
    return Response::text(
        503,
        "It could not be stored: the machine behind this page has a problem (its disk may be full). "
        "Nothing was kept. Send it again later.");
  }
}

Response SubmitPage::store(const Recording& recording, const Sent& sent) {
  audio::FlacWriter writer(folder_, recording.rate_hz);
  writer.write(recording.samples);
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(writer.close()));
  const auto put =
      corpus::put_submission(folder_, writer, {"", sent.sender, sent.licence, options_.consent, "", size});
  if (put == corpus::PutSubmission::known)
    return Response::text(409, "This very recording was sent before. It is there once, as it was.");
  quota_->add(sent.sender, size);
  log_info(
      concat("received ", fixed(recording.duration_s, 1), " s from ", sent.sender, " under ", sent.licence));
  return Response::json(Json(Json::Object{{"duration_s", recording.duration_s},
                                          {"peak_db", recording.peak_db},
                                          {"licence", sent.licence},
                                          {"sent", quota_->file_count(sent.sender)}})
                            .dump());
}

}  // namespace pupil::submit
