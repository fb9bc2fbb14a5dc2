// SPDX-License-Identifier: Apache-2.0
// Sink: POSTs every event that is over, as JSON (payload.h), to a URL. Header "Idempotency-Key": the event's id, by which a
// receiver knows an event that came twice. Delivered in order; tried again with growing pauses, for ever, while the receiver
// cannot be reached or answers 408, 429 or 5xx; any other refusal is said and the event let go. A full build only (libcurl).

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/range.h"
#include "listen/sink.h"

namespace pupil::listen {

/// [[sink]] kind = "webhook".
struct WebhookOptions {
  std::string url;
  std::vector<std::string> headers;
  double timeout_s = 10;
  double longest_pause_s = 300;
  std::int64_t queue = 1000;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("url", url, "Where events are sent: http:// or https://.");
    v("headers", headers, "Further headers: [\"Authorization: Bearer ...\"].");
    v("timeout_s", timeout_s, Range{0.1, 600}, "Of one try.");
    v("longest_pause_s", longest_pause_s, Range{0.1, 86400},
      "Between two tries; the first pause is a second.");
    v("queue", queue, Range{1, 100000}, "How many events wait at most; then the oldest goes.");
  }
};

/// Error: no such URL, a header that is none, or this build without libcurl.
std::unique_ptr<Sink> make_webhook(const WebhookOptions& options);

}  // namespace pupil::listen
