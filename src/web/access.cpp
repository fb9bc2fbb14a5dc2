// SPDX-License-Identifier: Apache-2.0
#include "web/access.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "base/text.h"

namespace pupil::web {
namespace {

std::string cookie_name(const AccessOptions& options) {
  return concat("pupil_token_", options.port);
}

// "yard.local:8080" -> "yard.local", "[::1]:80" -> "[::1]".
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos) return host;
  return host.substr(0, colon);
}

// This machine's own name and the same in multicast DNS.
bool is_own_name(std::string_view host) {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return false;
  const std::string own = lower_case(name);
  return !own.empty() && (host == own || host == own + ".local");
}

bool is_known_host(const AccessOptions& options, std::string_view header) {
  std::string host = lower_case(without_port(header));
  if (host.ends_with('.')) host.pop_back();
  return host == "localhost" || is_numeric_address(host) || is_own_name(host) ||
         std::ranges::any_of(options.hosts,
                             [&](const std::string& known) { return lower_case(known) == host; });
}

// "http://yard.local:8080" -> "yard.local:8080"; the scheme's own port is left out, as in Host.
std::string host_of_origin(std::string_view origin) {
  std::string text = lower_case(origin);
  for (const auto& [scheme, port] : {std::pair("http://", ":80"), std::pair("https://", ":443")}) {
    if (!text.starts_with(scheme)) continue;
    text.erase(0, std::string_view(scheme).size());
    if (text.ends_with(port)) text.resize(text.size() - std::string_view(port).size());
    return text;
  }
  return {};
}

bool is_proxy(const AccessOptions& options, const Request& request) {
  return std::ranges::find(options.proxies, request.address) != options.proxies.end();
}

// Whether another site's page sent it. Programs that are no browser send neither header.
bool comes_from_other_site(const Request& request, bool from_proxy) {
  const std::string_view site = request.header("sec-fetch-site");
  const std::string_view origin = request.header("origin");
  // Who follows a link on another site's page comes here to read, and may. A page that takes from us what it shows (a picture,
  // a sound, a script) may not, though the browser would show it nothing of the answer: it would have made us work.
  const std::string_view dest = request.header("sec-fetch-dest");
  const bool follows_link = (request.method == "GET" || request.method == "HEAD") &&
                            request.header("sec-fetch-mode") == "navigate" &&
                            (dest.empty() || dest == "document");
  if (!site.empty() && site != "same-origin" && site != "none" && !follows_link) return true;
  if (origin.empty()) return false;
  const std::string own = host_of_origin(origin);
  if (!own.empty() && own == lower_case(request.header("host"))) return false;
  if (!from_proxy) return true;
  return !(site == "same-origin" || (!own.empty() && own == lower_case(request.header("x-forwarded-host"))));
}

// Takes the same time wherever the first difference is.
bool same_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |=
        static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
  return difference == 0 && !a.empty();
}

bool has_token(const AccessOptions& options, const Request& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view bearer = request.header("authorization");
  return (bearer.starts_with(kBearer) && same_secret(bearer.substr(kBearer.size()), options.token)) ||
         same_secret(request.cookie(cookie_name(options)), options.token);
}

// What may stand in a cookie's path and in our own links.
bool is_plain_path(std::string_view path) {
  return path.starts_with('/') && path.size() <= 200 && std::ranges::all_of(path, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                  c == '-' || c == '_' || c == '.';
         });
}

void believe_proxy(Request& request) {
  if (is_plain_path(request.header("x-ingress-path"))) request.prefix = request.header("x-ingress-path");
  request.user = request.header("x-remote-user-display-name");
  if (request.user.empty()) request.user = request.header("x-remote-user-name");
}

}  // namespace

std::string random_token() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device device;
  std::string token;
  for (int i = 0; i < 32; ++i) token += kDigits[device() % kDigits.size()];
  return token;
}

bool is_numeric_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  unsigned char bytes[16];
  const std::string address(text);
  return ::inet_pton(AF_INET, address.c_str(), bytes) == 1 ||
         ::inet_pton(AF_INET6, address.c_str(), bytes) == 1;
}

bool is_loopback(std::string_view address) {
  return (address.starts_with("127.") && is_numeric_address(address)) || address == "::1" ||
         address == "[::1]";
}

std::optional<Response> check_access(const AccessOptions& options, Request& request, bool open_to_all) {
  const bool from_proxy = is_proxy(options, request);
  if (from_proxy) believe_proxy(request);
  // A proxy on this machine has the address of every browser here: its word about a name is not enough.
  if (!(from_proxy && !is_loopback(request.address)) && !request.header("host").empty() &&
      !is_known_host(options, request.header("host")))
    return Response::text(421,
                          concat("this page is not called ", request.header("host"),
                                 "; whoever runs it can allow that name (hosts in listen.toml, or --host)"));
  if (comes_from_other_site(request, from_proxy))
    return Response::text(403, "this request came from another site's page");
  if (open_to_all || from_proxy) return std::nullopt;
  if (options.proxies_only) return Response::text(403, "only the proxies named in the configuration may ask");
  if (options.token.empty() || has_token(options, request)) return std::nullopt;
  Response refusal = Response::text(
      401,
      "open this page once with ?token=TOKEN behind its address (TOKEN is in listen.toml, or was printed with the address)");
  refusal.headers.emplace_back("WWW-Authenticate", "Bearer");
  return refusal;
}

std::optional<Response> take_token(const AccessOptions& options, const Request& request) {
  if (options.token.empty() || request.method != "GET" ||
      !same_secret(request.query_value("token"), options.token))
    return std::nullopt;
  Response response = Response::text(303, "");
  const std::size_t slash = request.path.rfind('/');
  const std::string place = request.path.substr(slash + 1);
  response.headers.emplace_back("Location",
                                place.empty() || !is_plain_path("/" + place) ? "./" : "./" + place);
  // Lax, not Strict: who follows a link in a message on another site's page sends it too. That only reads; what writes is
  // asked for its origin.
  response.headers.emplace_back("Set-Cookie", concat(cookie_name(options), "=", options.token,
                                                     "; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000"));
  return response;
}

}  // namespace pupil::web
