// SPDX-License-Identifier: Apache-2.0
#include "pipeline/separation_page.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "audio/clip_frames.h"
#include "audio/wav_writer.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "picture/picture.h"
#include "report/html.h"
#include "separator/separator.h"

namespace pupil::pipeline {
namespace {

constexpr int kPictureWidth = 900;
constexpr int kPictureHeight = 192;
constexpr float kRangeDb = 70;

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Separation, before and after</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
section { border-top: 1px solid #ccc; padding: 1rem 0; }
h2 { font-size: 1.1rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
figure { margin: .8rem 0; }
figcaption { color: #555; }
img, audio { display: block; width: 100%; }
img { height: 12rem; image-rendering: auto; }
.bad { color: #a00; font-weight: bold; }
@media (prefers-color-scheme: dark) { body { background: #151518; color: #ddd; } figcaption { color: #aaa; } }
</style>
<h1>Separation, before and after</h1>
<p>Time runs to the right, pitch upwards; both pictures of a recording share one scale of brightness.</p>
)";

std::vector<float> frames_of(std::span<const float> samples) {
  const edge::LogMelOptions front_end = audio::log_mel_preset("panns32k");
  // One frame at least, whatever the length.
  std::vector<float> padded(samples.begin(), samples.end());
  padded.resize(std::max<std::size_t>(padded.size(), 2048));
  return audio::log_mel_frames(padded, front_end);
}

std::string figure(std::string_view caption, std::span<const float> samples, const std::vector<float>& frames,
                   float brightest) {
  picture::Picture picture(kPictureWidth, kPictureHeight, {0, 0, 0});
  picture::draw_spectrogram(picture, 0, 0, kPictureWidth, kPictureHeight, frames,
                            audio::log_mel_preset("panns32k").mel_count, kRangeDb, brightest);
  return concat("<figure><figcaption>", caption, "</figcaption><img alt=\"spectrogram: ", caption,
                "\" src=\"", report::data_uri("image/png", picture.png()),
                "\"><audio controls preload=\"metadata\" aria-label=\"", caption, "\" src=\"",
                report::data_uri("audio/wav", audio::wav_bytes(samples, separator::kSampleRateHz)),
                "\"></audio></figure>\n");
}

std::string section(const SeparatedSound& sound) {
  std::string text =
      concat("<section>\n<h2>", report::escaped(sound.name), "</h2>\n<p>Asked for: <b>",
             report::escaped(sound.query), "</b>. ",
             sound.judgement == "good" ? "" : concat("<span class=\"bad\">", sound.judgement, "</span>. "),
             "Energy kept: ", fixed(100 * sound.energy_ratio, 1), " %; what was taken away is ",
             fixed(sound.removed_db, 1), " dB against the recording.");
  const double shown_s = static_cast<double>(sound.before.size()) / separator::kSampleRateHz;
  if (sound.duration_s > shown_s + 0.01)
    text += concat(" The first ", fixed(shown_s, 0), " s of ", readable_seconds(sound.duration_s), ".");
  text += "</p>\n";
  const std::vector<float> before = frames_of(sound.before);
  const std::vector<float> after = frames_of(sound.after);
  const float brightest = *std::max_element(before.begin(), before.end());
  return text + figure("before", sound.before, before, brightest) +
         figure("after", sound.after, after, brightest) + "</section>\n";
}

}  // namespace

void write_separation_page(const std::filesystem::path& path, std::span<const SeparatedSound> sounds) {
  TempFile file(path.parent_path().empty() ? "." : path.parent_path());
  const auto put = [&](std::string_view text) { file.write(std::as_bytes(std::span(text))); };
  put(kHead);
  if (sounds.empty()) put("<p>There is nothing to show.</p>\n");
  for (const SeparatedSound& sound : sounds) put(section(sound));
  put("</html>\n");
  file.commit(path);
}

}  // namespace pupil::pipeline
