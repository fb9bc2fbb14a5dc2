// SPDX-License-Identifier: Apache-2.0
// One question to one host and its answer; libcurl does the talking and is included nowhere but here and in url.cpp.
// Redirects are answers like others: client.h follows them, so that every step is checked and counted.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::fetch {

struct Question {
  std::string url;  ///< whole, with keys: it never stands in a message
  std::vector<std::string> headers;
  std::string range;  ///< "1000-"; empty: the whole
  std::string user_agent;
  int stall_s = 30;            ///< under 1 byte a second for so long: given up
  double max_s = 0;            ///< of all; 0: any time
  bool allow_private = false;  ///< whether an address within a private network may be connected to
};

/// The beginning of an answer.
struct Head {
  long status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::int64_t length = -1;                    ///< of the body; -1: not said

  /// Empty: there is none.
  const std::string& header(const std::string& name) const;
};

/// What became of a question.
enum class Outcome {
  answered,
  private_address,  ///< the name stands for an address within a private network
  broken,           ///< the connection could not be made, stalled, or ended early: worth repeating
  impossible,       ///< the address, the certificate...: not worth repeating
};

struct Answer {
  Outcome outcome = Outcome::answered;
  Head head;
  std::string error;  ///< libcurl's words
};

/// Keeps its connections open for the next question. Threads: one at a time per object.
class Connection {
 public:
  Connection();
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// `take` gets the body as it comes, with the head before it. What it throws ends the transfer and is thrown again.
  Answer ask(const Question& question, const std::function<void(const Head&, std::string_view)>& take);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pupil::fetch
