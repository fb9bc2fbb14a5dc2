// SPDX-License-Identifier: Apache-2.0
#include "pretrain/clap_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/test_folder.h"

namespace pupil::pretrain {
namespace {

TEST(ClapFolder, WhatIsWrittenIsReadBack) {
  const TestFolder folder;
  const ClapDesign nano = load_design("nano");
  std::ofstream(folder / "config.json") << config_json(nano.config).dump();
  std::ofstream(folder / "preprocessor_config.json") << preprocessor_json(nano.features).dump();
  const ClapDesign read = load_design(folder.path().string());
  EXPECT_NO_THROW(teacher::check_agreement(read.config, nano.config));
  EXPECT_EQ(read.features.max_samples, nano.features.max_samples);
  EXPECT_EQ(read.features.frame_count(), 256);
  EXPECT_EQ(read.features.log_mel.high_hz, 8000);
  EXPECT_THROW(load_design("/nowhere"), Error);
}

}  // namespace
}  // namespace pupil::pretrain
