// SPDX-License-Identifier: Apache-2.0
// The page of `pupil review` and its routes, all relative to where the page is:
//   ./  review.js  review.css
//   project                    GET: what the page needs once
//   next?reviewer=&count=      GET: windows to decide
//   neighbours/ID  student/ID  GET: what is known of a window
//   sound/ID/KIND/N/SPAN       GET: a WAV (Range); KIND original, separated or removed; N the separated view; SPAN window, context, clip
//   summary                    GET: what all verdicts say
//   verdict                    POST reviewer, id, kind, and class, alike (ids with commas), repeat_of where they apply
//   skip  undo                 POST reviewer (and id)
// A request that means nothing is answered 400 in words, and changes nothing.

#pragma once

#include <filesystem>
#include <memory>

#include "review/session.h"
#include "web/server.h"

namespace pupil::review {

class ReviewPage {
 public:
  /// Adds its routes to `server`, which has not been started and is stopped before this goes away. The session opens with the
  /// first request: the catalogue belongs to the server's thread.
  ReviewPage(web::Server& server, std::filesystem::path project_dir, SessionOptions options);

 private:
  ReviewSession& session();
  web::Response sound(const web::Request& request);
  web::Response take_verdict(const web::Request& request);
  web::Response take_skip(const web::Request& request);

  const std::filesystem::path project_dir_;
  const SessionOptions options_;
  std::unique_ptr<ReviewSession> session_;
};

/// Error: what would keep the page from opening (nothing labelled, no such class).
void check_reviewable(const std::filesystem::path& project_dir, const SessionOptions& options);

}  // namespace pupil::review
