// SPDX-License-Identifier: Apache-2.0
// make_webhook() of the static program, which has no TLS.

#include "base/error.h"
#include "listen/sinks/webhook.h"

namespace pupil::listen {

std::unique_ptr<Sink> make_webhook(const WebhookOptions&) {
  throw Error(
      "this static program has no webhook: install the full pupil, or use kind = \"command\" with "
      "command = [\"curl\", \"--fail\", \"--retry\", \"5\", \"--json\", \"@-\", \"URL\"]");
}

}  // namespace pupil::listen
