// SPDX-License-Identifier: Apache-2.0
// Addresses: taking apart, putting together, escaping. libcurl's own reader does it, so that what is checked here is
// what is asked for there.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pupil::fetch {

struct Url {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< lower case, without brackets
  std::string port;    ///< always given: "443"
  std::string path;    ///< without query

  /// "archive.org:443": whom a limit, a key and a permission belong to.
  std::string authority() const { return host + ":" + port; }
};

/// Error (FetchError, unusable): not an address with http or https, a host, and neither user nor password.
Url parse_url(const std::string& url);

/// What `reference` (of a redirect, of a page) means on the page at `base`: "//host/x", "/x", "x". Error as parse_url().
std::string resolve_url(const std::string& base, const std::string& reference);

/// Everything but letters, digits and -._~ as %XX.
std::string url_encoded(std::string_view text);

/// `url` with these added to its query, escaped.
std::string with_query(const std::string& url,
                       const std::vector<std::pair<std::string_view, std::string>>& parameters);

}  // namespace pupil::fetch
