// SPDX-License-Identifier: Apache-2.0
#include "pretrain/backbone_clips.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "audio/wav_writer.h"
#include "base/error.h"
#include "base/test_folder.h"
#include "synth/background.h"
#include "synth/sound_kind.h"

namespace pupil::pretrain {
namespace {

void write_sound(const std::filesystem::path& path, std::uint64_t seed, float gain = 1) {
  std::vector<float> samples = synth::make_background(synth::SoundKind::rain, 2.0, seed);
  for (float& x : samples) x *= gain;
  std::filesystem::create_directories(path.parent_path());
  audio::WavWriter writer(path.parent_path(), synth::kRateHz, audio::WavFormat::kInt16);
  writer.write(samples);
  writer.commit(path);
}

TEST(BackboneClips, WhatJudgesIsLeftOut) {
  const TestFolder folder;
  write_sound(folder / "judge/a.wav", 1);
  write_sound(folder / "clips/copy.wav", 1, 0.5F);
  write_sound(folder / "clips/other.wav", 2);
  std::ofstream(folder / "clips/broken.wav") << "no sound";
  ManifestOptions columns;
  columns.licence = "CC0";
  const Manifest manifest = read_audio_folder(folder / "clips", columns);
  EXPECT_EQ(manifest.clips.size(), 3U);
  BackboneClipOptions options;
  options.exclude = {folder / "judge"};
  options.held_out = 0;
  const BackboneClips chosen = choose_clips(manifest.clips, options);
  ASSERT_EQ(chosen.train.size(), 1U);
  EXPECT_EQ(chosen.train[0].file.filename(), "other.wav");
  EXPECT_EQ(chosen.duplicates, 1);
  EXPECT_EQ(chosen.unreadable, 1);
}

TEST(BackboneClips, GroupsAreNeverDivided) {
  const TestFolder folder;
  std::vector<ManifestClip> clips;
  for (int i = 0; i < 12; ++i) {
    const std::filesystem::path file = folder / ("clips/" + std::to_string(i) + ".wav");
    write_sound(file, 10 + i);
    clips.push_back(
        {.file = file, .captions = {}, .label = "group " + std::to_string(i / 2), .licence = "CC0"});
  }
  BackboneClipOptions options;
  options.held_out = 0.5;
  options.cache = folder / "work/findings.json";
  const BackboneClips chosen = choose_clips(clips, options);
  std::set<std::string> train, held_out;
  for (const ManifestClip& clip : chosen.train) train.insert(clip.label);
  for (const ManifestClip& clip : chosen.held_out) held_out.insert(clip.label);
  EXPECT_EQ(train.size() + held_out.size(), 6U);
  EXPECT_FALSE(held_out.empty());
  // What was found is kept: the files are not read again.
  const BackboneClips again = choose_clips(clips, options);
  EXPECT_EQ(again.train.size(), chosen.train.size());
}

TEST(BackboneClips, AnIndexSaysWhatMayShip) {
  const TestFolder folder;
  std::ofstream(folder / "index.csv") << "path,group,licence,may_ship\na.wav,g,CC0,yes\nb.wav,g,CC0,no\n";
  ManifestOptions columns;
  columns.label_column = "group";
  const Manifest gated = read_audio_folder(folder.path(), columns);
  ASSERT_EQ(gated.clips.size(), 1U);
  EXPECT_EQ(gated.clips[0].file.filename(), "a.wav");
  EXPECT_EQ(gated.left_out, 1);
  columns.any_licence = true;
  EXPECT_EQ(read_audio_folder(folder.path(), columns).licences.at("CC0"), 2);
}

TEST(BackboneClips, UnstatedLicencesAreRefused) {
  const TestFolder folder;
  write_sound(folder / "clips/a.wav", 1);
  EXPECT_THROW(read_audio_folder(folder / "clips", {}), Error);
  ManifestOptions columns;
  columns.any_licence = true;
  EXPECT_EQ(read_audio_folder(folder / "clips", columns).clips.size(), 1U);
}

}  // namespace
}  // namespace pupil::pretrain
