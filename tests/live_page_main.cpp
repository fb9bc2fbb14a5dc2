// SPDX-License-Identifier: Apache-2.0
// For live_page_check.py: the live page with findings made up by a sine. Prints its port, goes on until standard input ends,
// then prints the verdicts that it was given.

#include <poll.h>

#include <cmath>
#include <cstdio>
#include <vector>

#include "base/temp_file.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "listen/sinks/http.h"
#include "listen/sinks/test_findings.h"

namespace {

using namespace pupil::listen;

constexpr int kBins = 40, kFrames = 10;

Time now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// Two seconds of a tone, 16 kHz.
std::string wav() {
  constexpr std::uint32_t kRate = 16000, kBytes = 4 * kRate;
  const auto little = [](std::uint32_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 255);
    return out;
  };
  std::string text = "RIFF" + little(36 + kBytes, 4) + "WAVEfmt " + little(16, 4) + little(1, 2) +
                     little(1, 2) + little(kRate, 4) + little(2 * kRate, 4) + little(2, 2) + little(16, 2) +
                     "data" + little(kBytes, 4);
  for (std::uint32_t i = 0; i < kBytes / 2; ++i)
    text += little(static_cast<std::uint32_t>(std::lround(8000 * std::sin(0.2 * i))), 2);
  return text;
}

std::vector<float> frames(int step) {
  std::vector<float> values;
  for (int t = 0; t < kFrames; ++t) {
    const double middle = 20 + 15 * std::sin(0.02 * (step * kFrames + t));
    for (int bin = 0; bin < kBins; ++bin)
      values.push_back(static_cast<float>(-9 + 11 * std::exp(-std::pow((bin - middle) / 3, 2))));
  }
  return values;
}

void score(Sink& sink, int step) {
  const float scores[] = {0.5F + 0.49F * std::sin(0.1F * static_cast<float>(step)), 0.2F},
              thresholds[] = {0.8F, 0.6F};
  const std::vector<float> rows = frames(step);
  sink.window_scored({.source = "yard",
                      .model = "dogs",
                      .end = now(),
                      .scores = scores,
                      .thresholds = thresholds,
                      .level_dbfs = -40 + 20 * scores[0],
                      .frames = rows,
                      .frame_bins = kBins,
                      .inference_s = 0.001});
  pupil::listen::Event event = test_event(pupil::concat("e", step / 50));
  event.onset = now();
  event.offset = now() + std::chrono::milliseconds(1300);
  if (step % 50 == 10) sink.event_started(event);
  if (step % 50 == 25) sink.event_ended(event);
}

}  // namespace

int main() {
  const pupil::TestFolder folder;
  std::filesystem::create_directory(folder / "clips");
  pupil::write_whole(folder / "clips/a.wav", wav());
  TestVerdicts verdicts;
  const Gauges gauges;
  HttpOptions options;
  options.port = 0;
  const auto sink = make_http(options, folder.path(), &verdicts, gauges, "test");
  sink->configured(std::vector<std::string>{"yard", "nursery <b>x</b>"}, test_models());
  sink->source_changed({"yard", SourceState::listening, "", now(), 0, 0});
  sink->source_changed({"nursery <b>x</b>", SourceState::waiting, "arecord: no such device", now(), 3, 0});
  for (const char* id : {"m1", "m2", "m3"}) {
    NearMiss miss = test_miss();
    miss.id = id;
    sink->near_miss(miss);
  }
  std::printf("%d\n", sink->port());
  std::fflush(stdout);
  pollfd input{0, POLLIN, 0};
  for (int step = 0; ::poll(&input, 1, 100) == 0; ++step) score(*sink, step);
  for (const Verdict& verdict : verdicts.taken())
    std::printf("%s %s\n", verdict.id.c_str(), verdict.rejected ? "rejected" : verdict.class_name.c_str());
}
