// SPDX-License-Identifier: Apache-2.0
#include "web/request_parser.h"

#include <gtest/gtest.h>

namespace pupil::web {
namespace {

using Kind = ParsedRequest::Kind;

ParsedRequest parse(std::string_view bytes) {
  return parse_request(bytes, {});
}

TEST(RequestParser, ReadsARequest) {
  const ParsedRequest parsed =
      parse("GET /clips/a%20b?x=1 HTTP/1.1\r\nHost: yard\r\nRANGE:  bytes=0-1 \r\n\r\nGET /");
  ASSERT_EQ(parsed.kind, Kind::complete);
  EXPECT_EQ(parsed.request.method, "GET");
  EXPECT_EQ(parsed.request.path, "/clips/a b");
  EXPECT_EQ(parsed.request.query_value("x"), "1");
  EXPECT_EQ(parsed.request.header("range"), "bytes=0-1");
  EXPECT_TRUE(parsed.keep_alive);
  EXPECT_EQ(parsed.used_bytes, 65u);
}

TEST(RequestParser, ReadsABodyOfTheStatedLength) {
  const std::string head =
      "POST /v HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5\r\n\r\n";
  EXPECT_EQ(parse(head + "id=4").kind, Kind::incomplete);
  const ParsedRequest parsed = parse(head + "id=42GET");
  ASSERT_EQ(parsed.kind, Kind::complete);
  EXPECT_EQ(parsed.request.form_value("id"), "42");
}

TEST(RequestParser, TellsTheHeadBeforeTheBody) {
  const ParsedRequest parsed = parse("POST /v HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nid");
  EXPECT_EQ(parsed.kind, Kind::incomplete);
  EXPECT_TRUE(parsed.head_complete);
  EXPECT_EQ(parsed.request.path, "/v");
  EXPECT_FALSE(parse("POST /v HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r").head_complete);
}

TEST(RequestParser, WaitsForTheRest) {
  const std::string whole = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(parse(whole.substr(0, size)).kind, Kind::incomplete) << size;
}

TEST(RequestParser, RefusesWhatTwoReadersCouldUnderstandDifferently) {
  const std::pair<int, std::string> cases[] = {
      {400, "GET / HTTP/1.1\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n"},
      {400, "GET /../x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET /a/%2e%2e/x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx"},
      {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\nx"},
      {411, "POST / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {413, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nx"},
      {501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
      {414, "GET /" + std::string(20000, 'a')},
      {431, "GET / HTTP/1.1\r\nX: " + std::string(20000, 'a')},
  };
  for (const auto& [status, bytes] : cases) {
    const ParsedRequest parsed = parse(bytes);
    EXPECT_EQ(parsed.kind, Kind::refused) << bytes.substr(0, 80);
    EXPECT_EQ(parsed.status, status) << bytes.substr(0, 80);
  }
}

}  // namespace
}  // namespace pupil::web
