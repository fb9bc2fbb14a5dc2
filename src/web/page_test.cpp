// SPDX-License-Identifier: Apache-2.0
#include "web/page.h"

#include <gtest/gtest.h>

#include "web/test_client.h"

namespace pupil::web {
namespace {

constexpr PageFile kFiles[] = {{"index.html", "<html><head><title>x</title></head></html>"},
                               {"x.js", "let x = 1;"}};

TEST(Page, ServesItsFilesAndTheSharedStyle) {
  Server server({.port = 0, .access = {.proxies = {"127.0.0.1"}}});
  serve_page(server, kFiles);
  server.start();
  EXPECT_NE(get(server.port(), "/").find("<head><title>"), std::string::npos);
  EXPECT_NE(get(server.port(), "/x.js").find("text/javascript"), std::string::npos);
  EXPECT_NE(get(server.port(), "/base.css").find("--accent"), std::string::npos);
  EXPECT_NE(get(server.port(), "/", "X-Ingress-Path: /api/ingress/a\r\n")
                .find("<head><base href=\"/api/ingress/a/\">"),
            std::string::npos);
  EXPECT_NE(get(server.port(), "/y.js").find("404"), std::string::npos);
}

}  // namespace
}  // namespace pupil::web
