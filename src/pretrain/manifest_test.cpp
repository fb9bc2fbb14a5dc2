// SPDX-License-Identifier: Apache-2.0
#include "pretrain/manifest.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/test_folder.h"

namespace pupil::pretrain {
namespace {

ManifestOptions options_for(const TestFolder& folder, const char* csv) {
  std::ofstream(folder / "index.csv") << csv;
  ManifestOptions options;
  options.csv = folder / "index.csv";
  options.label_column = "label";
  return options;
}

TEST(Manifest, TakesFreeClipsAndCountsTheOthers) {
  const TestFolder folder;
  ManifestOptions options = options_for(folder,
                                        "path,label,licence,split\n"
                                        "a.wav,bark,CC0,train\nb.wav,howl,CC BY-NC 4.0,train\n"
                                        "c.wav,howl,,train\nd.wav,bark,CC BY 4.0,test\n");
  options.where = {"split=train"};
  const Manifest manifest = read_manifest(options);
  ASSERT_EQ(manifest.clips.size(), 1U);
  EXPECT_EQ(manifest.clips[0].file, folder / "a.wav");
  EXPECT_EQ(manifest.clips[0].label, "bark");
  EXPECT_EQ(manifest.left_out, 1);
  EXPECT_EQ(describe(manifest), "1 clips (CC0: 1); refused: 1 non-commercial, 1 not stated");
}

TEST(Manifest, SeveralCaptionsStandInOneField) {
  const TestFolder folder;
  ManifestOptions options = options_for(folder, "path,label,text\na.wav,x,a dog barks|barking of a dog\n");
  options.caption_column = "text";
  options.licence = "MIT";
  EXPECT_EQ(read_manifest(options).clips[0].captions,
            (std::vector<std::string>{"a dog barks", "barking of a dog"}));
}

TEST(Manifest, ListsNameTheirColumns) {
  const TestFolder folder;
  std::ofstream(folder / "list.json")
      << R"([{"csv": "a/index.csv", "label_column": "kind", "where": ["x=1"]}])";
  const std::vector<ManifestOptions> list = read_manifest_list(folder / "list.json", "");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].csv, folder / "a/index.csv");
  EXPECT_EQ(list[0].label_column, "kind");
  std::ofstream(folder / "bad.json") << R"([{"cvs": "a"}])";
  EXPECT_THROW(read_manifest_list(folder / "bad.json", ""), Error);
}

TEST(Manifest, SeveralAreReadAsOneAndCountedTogether) {
  const TestFolder folder;
  std::ofstream(folder / "one.csv") << "path,label,licence\na.wav,bark,CC0\nb.wav,howl,\n";
  std::ofstream(folder / "two.csv") << "path,kind,licence\nc.wav,rain,CC0\nd.wav,wind,CC BY 4.0\n";
  std::ofstream(folder / "list.json") << R"([{"csv": "two.csv", "label_column": "kind"}])";
  ManifestOptions columns;
  columns.label_column = "label";
  const std::vector<std::string> files = {(folder / "one.csv").string(), (folder / "list.json").string()};
  const Manifest all = read_manifests(files, columns);
  ASSERT_EQ(all.clips.size(), 3U);
  EXPECT_EQ(all.clips[0].file, folder / "a.wav");
  EXPECT_EQ(all.clips[2].label, "wind");
  EXPECT_EQ(all.licences, (std::map<std::string, std::int64_t>{{"CC BY 4.0", 1}, {"CC0", 2}}));
  EXPECT_EQ(all.refused, (std::map<std::string, std::int64_t>{{"not stated", 1}}));
}

TEST(Manifest, NothingLeftIsAnError) {
  const TestFolder folder;
  EXPECT_THROW(read_manifest(options_for(folder, "path,label,licence\na.wav,bark,CC BY-NC 4.0\n")), Error);
}

}  // namespace
}  // namespace pupil::pretrain
