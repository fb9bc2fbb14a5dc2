// SPDX-License-Identifier: Apache-2.0
// What a browser asked for, and what it is answered. Made by the server (server.h), filled by its handlers.

#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pupil::web {

/// Names and values in the order they came.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// One HTTP request that was found well-formed and allowed.
struct Request {
  std::string method;  ///< "GET", "HEAD", "POST"...: a token, as sent
  std::string path;    ///< decoded, begins with "/"; has no control characters and no "." or ".." segment
  Fields query;        ///< decoded
  Fields headers;      ///< names in lower case, values without blanks at their ends
  std::string body;
  std::string address;  ///< of the other end: "127.0.0.1"
  bool http_1_0 = false;
  /// Set for requests through a proxy that is trusted (ServerOptions::proxies): who is logged in there, and the
  /// path under which the page is seen ("/api/hassio_ingress/abc"); otherwise empty.
  std::string user;
  std::string prefix;

  /// The first header of that name (lower case); empty when there is none.
  std::string_view header(std::string_view name) const;
  /// The value of the first cookie of that name; empty when there is none.
  std::string_view cookie(std::string_view name) const;
  /// The first value of `name` in the query, or in the body of a form (application/x-www-form-urlencoded).
  std::string_view query_value(std::string_view name) const;
  std::string form_value(std::string_view name) const;
};

/// An answer. A handler sets `body` or `file`.
struct Response {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  /// Sent from the disk in pieces, in part where a Range was asked for. It is the handler's to make sure that the
  /// path is not the request's. 404 when it is no regular file (any more).
  std::filesystem::path file;
  /// `body` is sent in part where a Range was asked for: for sound.
  bool ranged = false;
  /// Kept by the browser for good: for what never changes under its name. Otherwise nothing is kept.
  bool immutable = false;
  Fields headers;  ///< further ones

  static Response text(int status, std::string body);
  static Response json(std::string body);
};

/// The part of `size_bytes` that a Range header asks for. Whole: no header, one that is not understood, or several
/// ranges (all of which may be answered with the whole). `unsatisfiable`: begins behind the end.
struct ByteRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;  ///< behind the last byte
  bool whole = true;
  bool unsatisfiable = false;
};
ByteRange read_range(std::string_view header, std::int64_t size_bytes);

/// "Not Found" for 404; empty for a number that this server never sends.
std::string_view reason_of(int status);

/// `text` with %XX (and, in forms and queries, "+") decoded. False: a bad escape or a control character.
bool decode_percent(std::string_view text, bool plus_is_space, std::string& decoded);

/// "a=1&b=2" decoded. False as above.
bool read_form(std::string_view text, Fields& fields);

}  // namespace pupil::web
