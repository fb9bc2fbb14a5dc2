// SPDX-License-Identifier: Apache-2.0
#include "fetch/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "base/text.h"
#include "fetch/failure.h"

namespace pupil::fetch {
namespace {

using Handle = std::unique_ptr<CURLU, void (*)(CURLU*)>;

Handle read(const std::string& url) {
  Handle handle(curl_url(), curl_url_cleanup);
  const CURLUcode code = url.find('\0') != std::string::npos
                             ? CURLUE_MALFORMED_INPUT
                             : curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0);
  if (code != CURLUE_OK)
    throw FetchError(Failure::unusable, concat("'", url, "' is no address: ", curl_url_strerror(code)));
  return handle;
}

// Empty: there is none.
std::string part(const Handle& handle, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle.get(), what, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

Url url_of(const Handle& handle, const std::string& url) {
  Url parts{lower_case(part(handle, CURLUPART_SCHEME)), lower_case(part(handle, CURLUPART_HOST)),
            part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT), part(handle, CURLUPART_PATH)};
  if (parts.scheme != "http" && parts.scheme != "https")
    throw FetchError(Failure::unusable, concat("'", url, "': only http and https are fetched"));
  if (!part(handle, CURLUPART_USER).empty() || !part(handle, CURLUPART_PASSWORD).empty())
    throw FetchError(Failure::unusable,
                     concat("an address of ", parts.host, " with a user or a password in it: not fetched"));
  if (parts.host.starts_with('[')) parts.host = parts.host.substr(1, parts.host.size() - 2);
  return parts;
}

}  // namespace

Url parse_url(const std::string& url) {
  return url_of(read(url), url);
}

std::string resolve_url(const std::string& base, const std::string& reference) {
  const Handle handle = read(base);
  const CURLUcode code = reference.find('\0') != std::string::npos
                             ? CURLUE_MALFORMED_INPUT
                             : curl_url_set(handle.get(), CURLUPART_URL, reference.c_str(), CURLU_URLENCODE);
  if (code != CURLUE_OK)
    throw FetchError(Failure::unusable, concat("'", reference, "' is no address: ", curl_url_strerror(code)));
  std::string url = part(handle, CURLUPART_URL);
  url_of(handle, url);
  return url;
}

std::string url_encoded(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte < 128 && std::isalnum(byte)) || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain)
      out += c;
    else
      out.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
  }
  return out;
}

std::string with_query(const std::string& url,
                       const std::vector<std::pair<std::string_view, std::string>>& parameters) {
  std::string out = url;
  for (const auto& [name, value] : parameters)
    out += concat(out.find('?') == std::string::npos ? '?' : '&', url_encoded(name), '=', url_encoded(value));
  return out;
}

}  // namespace pupil::fetch
