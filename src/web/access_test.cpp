// SPDX-License-Identifier: Apache-2.0
#include "web/access.h"

#include <gtest/gtest.h>

namespace pupil::web {
namespace {

Request request(std::string method, Fields headers, std::string address = "127.0.0.1") {
  Request result;
  result.method = std::move(method);
  result.path.push_back('/');
  result.headers = std::move(headers);
  result.address = std::move(address);
  return result;
}

int status(const AccessOptions& options, Request asked, bool open = false) {
  const auto refusal = check_access(options, asked, open);
  return refusal ? refusal->status : 200;
}

TEST(Access, KnowsItsNames) {
  const AccessOptions options{.hosts = {"Yard.example"}};
  for (const char* host : {"localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080", "192.168.1.7",
                           "yard.example:1", "yard.example."})
    EXPECT_EQ(status(options, request("GET", {{"host", host}})), 200) << host;
  for (const char* host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil", "[evil]", "1.2.3"})
    EXPECT_EQ(status(options, request("GET", {{"host", host}})), 421) << host;
}

TEST(Access, RefusesOtherSitesPages) {
  const auto post = [](Fields headers) {
    headers.emplace_back("host", "localhost:8080");
    return status({}, request("POST", headers));
  };
  EXPECT_EQ(post({}), 200);  // curl
  EXPECT_EQ(post({{"origin", "http://localhost:8080"}}), 200);
  EXPECT_EQ(post({{"origin", "http://localhost:8081"}}), 403);
  EXPECT_EQ(post({{"origin", "null"}}), 403);
  EXPECT_EQ(post({{"origin", "http://evil.example"}}), 403);
  EXPECT_EQ(post({{"sec-fetch-site", "cross-site"}}), 403);
  EXPECT_EQ(post({{"sec-fetch-site", "same-site"}}), 403);
  const auto get = [](std::string mode, std::string dest) {
    return status({}, request("GET", {{"host", "localhost:8080"},
                                      {"sec-fetch-site", "cross-site"},
                                      {"sec-fetch-mode", std::move(mode)},
                                      {"sec-fetch-dest", std::move(dest)}}));
  };
  EXPECT_EQ(get("navigate", "document"), 200) << "a link";
  EXPECT_EQ(get("navigate", "object"), 403);
  EXPECT_EQ(get("no-cors", "audio"), 403);
  EXPECT_EQ(get("no-cors", "script"), 403);
}

// Every browser on this machine has the address of a proxy on this machine: another site's name for our address must not pass.
TEST(Access, AsksForTheNameBehindAProxyOnThisMachine) {
  const AccessOptions options{.hosts = {"home.example"}, .proxies = {"127.0.0.1"}};
  EXPECT_EQ(status(options, request("POST", {{"host", "evil.example"}, {"origin", "http://evil.example"}})),
            421);
  EXPECT_EQ(status(options, request("POST", {{"host", "home.example"}, {"origin", "https://home.example"}})),
            200);
  EXPECT_EQ(status(options, request("GET", {{"host", "127.0.0.1:8080"}})), 200);
}

TEST(Access, AsksForTheToken) {
  const AccessOptions options{.token = "0123456789abcdef"};
  const auto with = [&](std::string name, std::string value) {
    return status(options, request("GET", {{"host", "localhost"}, {std::move(name), std::move(value)}}));
  };
  EXPECT_EQ(with("x", ""), 401);
  EXPECT_EQ(with("authorization", "Bearer 0123456789abcdef"), 200);
  EXPECT_EQ(with("authorization", "Bearer 0123456789abcde"), 401);
  EXPECT_EQ(with("authorization", "Bearer 0123456789abcdef0"), 401);
  EXPECT_EQ(with("authorization", "Bearer "), 401);
  EXPECT_EQ(with("cookie", "a=b; pupil_token_0=0123456789abcdef"), 200);
  EXPECT_EQ(with("cookie", "xpupil_token_0=0123456789abcdef"), 401);
  EXPECT_EQ(with("cookie", "pupil_token_1=0123456789abcdef"), 401) << "of a page on another port";
  EXPECT_EQ(status(options, request("GET", {{"host", "localhost"}}), true), 200);
}

TEST(Access, TurnsATokenInTheAddressIntoACookie) {
  const AccessOptions options{.token = "0123456789abcdef"};
  Request asked = request("GET", {{"host", "localhost"}});
  EXPECT_FALSE(take_token(options, asked));
  asked.query = {{"token", "0123456789abcdef"}};
  const auto response = take_token(options, asked);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 303);
  EXPECT_EQ(response->headers[0], (std::pair<std::string, std::string>("Location", "./")));
  EXPECT_NE(response->headers[1].second.find("HttpOnly; SameSite=Lax"), std::string::npos);
}

TEST(Access, BelievesTrustedProxiesAlone) {
  const AccessOptions options{.proxies = {"172.30.32.2"}, .proxies_only = true};
  const Fields headers = {{"host", "172.30.33.4:8099"},
                          {"x-ingress-path", "/api/hassio_ingress/abc"},
                          {"x-remote-user-name", "ada"},
                          {"x-forwarded-host", "home.example"},
                          {"origin", "http://home.example"}};
  Request trusted = request("POST", headers, "172.30.32.2");
  EXPECT_FALSE(check_access(options, trusted, false));
  EXPECT_EQ(trusted.prefix, "/api/hassio_ingress/abc");
  EXPECT_EQ(trusted.user, "ada");
  Request other = request("POST", headers, "172.30.32.9");
  EXPECT_EQ(check_access(options, other, false)->status, 403);
  EXPECT_EQ(other.user, "");
  Request odd = request("GET", {{"host", "x"}, {"x-ingress-path", "/\"><script>"}}, "172.30.32.2");
  EXPECT_FALSE(check_access(options, odd, false));
  EXPECT_EQ(odd.prefix, "");
}

}  // namespace
}  // namespace pupil::web
