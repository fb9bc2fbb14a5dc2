// SPDX-License-Identifier: Apache-2.0
// The one way to the web: every request of pupil is made here. Polite (limits, Retry-After, back-off, a user agent with a
// contact), patient (repeats what may come right) and careful (TLS verified, redirects checked one by one, no private
// addresses unless they were asked for, keys sent to nobody else and named in no message).

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fetch/connection.h"
#include "fetch/failure.h"
#include "fetch/rate_limit.h"

namespace pupil::fetch {

struct ClientOptions {
  /// Who asks, and where to complain: several libraries turn away those who do not say.
  std::string user_agent = "pupil";
  /// "127.0.0.1:8000": hosts that may have a private address, since a person named them. "*": any may.
  std::vector<std::string> private_authorities;
  /// How often a host may be asked, by authority ("freesound.org:443").
  std::map<std::string, std::vector<RateRule>> limits;
  /// Of hosts that `limits` does not name; none: as often as wanted.
  std::vector<RateRule> other_limit;
  /// Where requests are counted, for all processes of this machine. Empty: nothing is counted, and there are no limits.
  std::filesystem::path limit_folder;
  /// A connection that breaks or stalls and an answer that may come right (408, 429, 5xx) are tried again, at most so often.
  int attempt_count = 5;
  /// Before the first repetition; doubled each time. What the host asks for (Retry-After) is kept to.
  double retry_wait_s = 1.0;
  /// A longer wait, by a limit or by Retry-After, is not waited for: FetchError (limited) says how long it would be.
  double max_wait_s = 120;
  int stall_s = 30;  ///< as Question::stall_s
};

struct Request {
  std::string url;                   ///< without keys: stands in messages
  std::vector<std::string> headers;  ///< "Accept: application/json"
  std::string
      secret_query;  ///< "key=...", or what is too long for messages: sent to the url's own authority alone
  std::string secret_header;            ///< "Authorization: Token ..."; likewise
  std::int64_t max_bytes = 64'000'000;  ///< of the body; 0: any
  double max_s = 0;                     ///< of one attempt; 0: any
  int attempt_count = 0;                ///< at most so many; 0: as the client's options say
};

/// A whole answer in memory.
struct Body {
  std::string text;
  std::string content_type;
};

/// Threads: one at a time per object; several objects keep to one limit by their files.
class Client {
 public:
  explicit Client(ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// The body of an answer 200. FetchError: any other end.
  Body get(const Request& request);

  /// One attempt, redirects followed: `take` gets the body of the last answer, whatever its status. `range` and
  /// `headers` as in Question. For those who keep what has come (download.h). FetchError: private_address, limited,
  /// unusable (redirects in circles, to another scheme).
  Answer attempt(const Request& request, const std::string& range, const std::vector<std::string>& headers,
                 const std::function<void(const Head&, std::string_view)>& take);

  /// After an attempt that did not bring what was wanted: waits before the next one. `failed` counts them, from 1.
  /// FetchError: not worth repeating, or repeated often enough.
  void wait_to_repeat(const Request& request, const Answer& answer, int failed);

  /// Requests made by this object, redirects and repetitions included.
  std::int64_t request_count() const { return request_count_; }

 private:
  RateLimit* limit_of(const std::string& authority);
  void wait_for_limit(const std::string& authority);
  bool may_be_private(const std::string& authority) const;
  void check_step(const std::string& from, const std::string& to) const;

  const ClientOptions options_;
  Connection connection_;
  std::map<std::string, std::unique_ptr<RateLimit>> limits_;
  std::int64_t request_count_ = 0;
};

/// Seconds that a Retry-After asks for: a number, or a date (RFC 9110). -1: it is neither.
double retry_after_s(const std::string& value);

}  // namespace pupil::fetch
