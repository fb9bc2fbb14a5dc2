// SPDX-License-Identifier: Apache-2.0
// The page of `pupil submit-page` and its routes, all relative to where the page is:
//   ./  submit.js  submit.css  recorder.js
//   about   GET: licences, consent, limits, who the sender is; gives a sender without a cookie one
//   send    POST a sound file as the body, ?licence=ID&consent=SHA256 of the text that was shown
// Nothing else of a request is read: no name, no declared type, no form.
//
// Who it is: a cookie with a random number, the sender's secret. The author that is stored is derived from it, so that nobody
// who reads a list of authors can send in another's name.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/project_lock.h"
#include "submit/quota.h"
#include "submit/recording.h"
#include "web/server.h"

namespace pupil::submit {

struct SubmitOptions {
  std::string title;                  ///< the project's name
  std::vector<std::string> wanted;    ///< sounds that are looked for: its classes
  std::vector<std::string> licences;  ///< that a sender may choose from; check_licences()
  std::string consent;                ///< checked_consent()
  RecordingLimits recording;
  QuotaLimits quota;
};

/// The author that stands for a sender: "sender-" and twelve hexadecimal digits.
std::string author_of(std::string_view secret);

class SubmitPage {
 public:
  /// Adds its routes to `server`, which has not been started and is stopped before this goes away. Makes `folder` (corpus/
  /// submissions.h), is the only one that takes recordings there until it is destroyed, and removes what a killed one left.
  /// Error: the folder cannot be written, another process takes recordings there, licences or consent are not as they should be.
  SubmitPage(web::Server& server, std::filesystem::path folder, SubmitOptions options);

  /// For ServerOptions: a body as large as a recording may be, time to send it in, and few of them at once in memory.
  static void set_limits(web::ServerOptions* server, const RecordingLimits& limits);

 private:
  struct Sent {
    std::string licence;
    std::string sender;
  };
  web::Response about(const web::Request& request) const;
  web::Response take(const web::Request& request);
  std::optional<web::Response> refuse(const web::Request& request, const std::string& sender);
  web::Response store(const Recording& recording, const Sent& sent);

  const std::filesystem::path folder_;
  const SubmitOptions options_;
  const std::string consent_hash_;
  const ProjectLock lock_;
  std::optional<Quota> quota_;
};

}  // namespace pupil::submit
