// SPDX-License-Identifier: Apache-2.0
#include "fetch/url.h"

#include <gtest/gtest.h>

#include "fetch/failure.h"

namespace pupil::fetch {
namespace {

TEST(Url, HasAnAuthorityWithPort) {
  EXPECT_EQ(parse_url("https://Archive.org/download/x").authority(), "archive.org:443");
  EXPECT_EQ(parse_url("http://127.0.0.1:8000/x?y").authority(), "127.0.0.1:8000");
  EXPECT_EQ(parse_url("http://[::1]/x").host, "::1");
}

TEST(Url, OtherSchemesAndUsersAreRefused) {
  for (const char* url : {"file:///etc/passwd", "ftp://host/x", "gopher://host/", "", "no address", "http://",
                          "http://user:word@host/", "http://user@host/"})
    EXPECT_THROW(parse_url(url), FetchError) << url;
}

TEST(Url, ReferencesAreReadAsBrowsersDo) {
  EXPECT_EQ(resolve_url("https://a.org/b/c", "//c.org/d"), "https://c.org/d");
  EXPECT_EQ(resolve_url("https://a.org/b/c", "/d e"), "https://a.org/d%20e");
  EXPECT_EQ(resolve_url("https://a.org/b/c", "d"), "https://a.org/b/d");
  EXPECT_THROW(resolve_url("https://a.org/", "file:///etc/passwd"), FetchError);
}

TEST(Url, QueriesAreEscaped) {
  EXPECT_EQ(with_query("http://a/", {{"q", "dog & \"cat\""}, {"n", "1"}}),
            "http://a/?q=dog%20%26%20%22cat%22&n=1");
}

}  // namespace
}  // namespace pupil::fetch
