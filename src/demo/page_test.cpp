// SPDX-License-Identifier: Apache-2.0
// What can be seen without a browser; tests/demo_page_check.py opens the page in one.
#include "demo/page.h"

#include <gtest/gtest.h>

#include "base/source_hash.h"

namespace pupil::demo {
namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string some_page() {
  return page(bytes("a model"), {bytes("with vectors"), bytes("without")});
}

std::string between(const std::string& text, const std::string& open, const std::string& close) {
  const std::size_t start = text.rfind(open) + open.size();
  return text.substr(start, text.find(close, start) - start);
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

TEST(DemoPage, HoldsModelAndModules) {
  const std::string html = some_page();
  EXPECT_NE(html.find("id=\"model\">YSBtb2RlbA==</script>"), std::string::npos);
  EXPECT_NE(html.find("id=\"module-simd\">d2l0aCB2ZWN0b3Jz</script>"), std::string::npos);
  EXPECT_NE(html.find("id=\"module-plain\">d2l0aG91dA==</script>"), std::string::npos);
  EXPECT_EQ(html.find("{{"), std::string::npos);
}

TEST(DemoPage, PolicyNamesItsScriptAndStyle) {
  const std::string html = some_page();
  EXPECT_NE(html.find("script-src " + source_hash(between(html, "<script type=\"module\">", "</script>"))),
            std::string::npos);
  EXPECT_NE(html.find("style-src " + source_hash(between(html, "<style>", "</style>"))), std::string::npos);
  EXPECT_NE(html.find("content=\"default-src 'none'; "), std::string::npos);
  EXPECT_EQ(html.find("connect-src"), std::string::npos);
}

TEST(DemoPage, NoTextEndsItsElement) {
  const std::string html = some_page();
  EXPECT_EQ(count_of(html, "<script"), count_of(html, "</script"));
  EXPECT_EQ(count_of(html, "</script"), 6U);
  EXPECT_EQ(count_of(html, "<!--"), 0U);
  EXPECT_EQ(count_of(html, "</style"), 1U);
}

TEST(DemoPage, NamesNoOtherPlace) {
  const std::string html = some_page();
  for (const char* part : {"http:", "https:", "src=\"", "url(", "@import"})
    EXPECT_EQ(html.find(part), std::string::npos) << part;
}

TEST(DemoPage, ModulesAreBothThereOrNone) {
  EXPECT_EQ(modules().simd.empty(), modules().plain.empty());
  if (modules().simd.empty()) GTEST_SKIP() << "this build had no compiler for WebAssembly (scripts/setup.sh)";
  constexpr std::string_view kMagic("\0asm\1\0\0\0", 8);
  for (const auto module : {modules().simd, modules().plain})
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(module.data()), 8), kMagic);
}

}  // namespace
}  // namespace pupil::demo
