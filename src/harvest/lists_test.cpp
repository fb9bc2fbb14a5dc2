// SPDX-License-Identifier: Apache-2.0
#include "harvest/lists.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace pupil::harvest {
namespace {

std::string error_of(auto&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(UrlList, HasOneAddressPerLine) {
  const auto items = read_url_list("# mine\n\nhttp://a/1.wav \r\nhttps://b/2.ogg", "list.txt");
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].fetch_url, "http://a/1.wav");
  EXPECT_EQ(error_of([] { read_url_list("http://a/\nfile:///x\n", "list.txt"); }).substr(0, 11),
            "list.txt:2:");
}

TEST(Segments, AreReadAsAudioSetWritesThem) {
  const auto items = read_segments(
      "# Segments csv created\n# num_ytids=2\n# YTID, start_seconds, end_seconds, positive_labels\n"
      "--PJHxphWEs, 30.000, 40.000, \"/m/09x0r,/t/dd00088\"\n-0RWZT-miFs, 0, 10.5, \"/m/0bt9lr\"\n",
      "s.csv", "index,mid,display_name\n0,/m/09x0r,\"Speech\"\n1,/t/dd00088,\"Gush, and flow\"\n");
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].url, "youtube:--PJHxphWEs#30-40");
  EXPECT_EQ(items[0].recording, "youtube:--PJHxphWEs");
  EXPECT_EQ(items[0].fetch_url, "https://www.youtube.com/watch?v=--PJHxphWEs");
  EXPECT_EQ(items[0].label, "Speech\nGush, and flow");
  EXPECT_DOUBLE_EQ(items[1].end_s, 10.5);
  EXPECT_EQ(items[1].label, "/m/0bt9lr");
}

TEST(Segments, FaultsNameTheirLine) {
  for (const char* text :
       {"a", "a,1", "a,1,x,\"l\"", "a,5,5,\"l\"", ",1,2,\"l\"", "a,-1,2,\"l\"", "a,nan,2,", "a,1,inf,\"\""})
    EXPECT_NE(error_of([&] { read_segments(text, "s.csv", ""); }).find("s.csv:1: expected"),
              std::string::npos)
        << text;
}

}  // namespace
}  // namespace pupil::harvest
