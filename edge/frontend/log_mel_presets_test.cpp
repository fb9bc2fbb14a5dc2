// SPDX-License-Identifier: Apache-2.0
#include "frontend/whole_clip_test.h"

namespace pupil::edge {

TEST(LogMelPresets, EveryNameIsFoundAndValid) {
  for (const std::string_view name : log_mel_preset_names())
    EXPECT_GT(LogMel::state_bytes(preset(name)), 0U) << name;
}

TEST(LogMelPresets, StudentIsTheDefault) {
  EXPECT_EQ(preset("student"), LogMelOptions{});
}

TEST(LogMelPresets, VariantsChangeOneOptionEach) {
  LogMelOptions wanted = preset("k16");
  wanted.scale = MelScale::htk;
  wanted.norm = MelNorm::none;
  EXPECT_EQ(preset("k16:htk_scale_no_norm"), wanted);
  wanted.padding = Padding::none;
  EXPECT_EQ(preset("k16:htk_scale_no_norm:nocenter"), wanted);
  wanted.precision = Precision::single;
  EXPECT_EQ(preset("k16:htk_scale_no_norm:nocenter:single"), wanted);
}

TEST(LogMelPresets, UnknownWordsAreRefusedAndLeaveTheOptions) {
  LogMelOptions options = preset("panns32k");
  for (const char* name : {"", "k1", "k166", "k16:", "k16:nothing", "k16::const", ":const"}) {
    EXPECT_EQ(find_log_mel_preset(name, &options), Status::bad_argument) << name;
  }
  EXPECT_EQ(options, preset("panns32k"));
}

}  // namespace pupil::edge
