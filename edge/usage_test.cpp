// SPDX-License-Identifier: Apache-2.0
// The usage blocks of the public headers, compiled and run. The functions below are the blocks, line by line;
// the last test compares them, so that whoever changes one changes the other.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "model/model_file_test.h"
#include "pupil/edge/events.h"
#include "pupil/edge/network.h"
#include "pupil/edge/stream.h"

namespace pupil::edge {
namespace {

Status load_model(std::span<const std::byte> file, std::vector<std::string>* reported) {
  // `file`: the whole .pupil file, from mmap() or in an array with alignas(kModelAlignment).
  Model model;
  const Status status = model.load(file);
  if (status != Status::ok) return status;  // to_string(status) says why in words

  // What audio must be like, and what an answer means.
  reported->push_back("samples at " + std::to_string(model.front_end().sample_rate_hz) + " Hz");
  reported->push_back("windows of " + std::to_string(model.window_samples()) + " samples");
  for (std::int32_t k = 0; k < model.class_count(); ++k) {
    const std::string threshold = std::to_string(model.threshold(k));
    reported->push_back(std::string(model.label(k)) + " from a score of " + threshold);
  }
  reported->push_back("licences: " + std::string(model.find_metadata("licences")));
  return Status::ok;  // copies of `model` are views of the same file
}

Status score_window(const Model& model, std::span<const float> samples, std::span<float> scores) {
  // Memory is the caller's: a device may have static arrays of these sizes.
  std::vector<std::byte> front_end_memory(LogMel::state_bytes(model.front_end()));
  std::vector<std::byte> arena(Network::arena_bytes(model));
  LogMel front_end;
  Network network;
  Status status = front_end.init(model.front_end(), front_end_memory);
  if (status == Status::ok) status = network.init(model, arena);
  if (status != Status::ok) return status;

  // Once per window: model.window_samples() samples become [T, F] frames, and these K scores.
  std::vector<float> frames(static_cast<std::size_t>(model.window_frames() * model.mel_count()));
  std::int32_t frame_count = 0;
  front_end.reset();
  status = front_end.push(samples, frames, &frame_count);
  if (status != Status::ok) return status;
  return network.run(frames, scores);
}

Status find_events(const Model& model, std::span<const float> samples, std::vector<Event>* events) {
  std::vector<std::byte> stream_memory(Streamer::state_bytes(model, {}));
  std::vector<std::byte> detector_memory(EventDetector::state_bytes(model));
  Streamer stream;
  EventDetector detector;
  Status status = stream.init(model, {}, stream_memory);
  if (status == Status::ok) status = detector.init(model, {}, detector_memory);

  std::vector<Event> ended(static_cast<std::size_t>(reported_class_count(model)));
  std::int32_t ended_count = 0;
  while (status == Status::ok && !samples.empty()) {
    std::size_t used = 0;
    bool scored = false;
    status = stream.push(samples, &used, &scored);
    if (status != Status::ok) break;
    samples = samples.subspan(used);
    if (!scored) continue;
    status = detector.push(stream.scores(), stream.window_end_samples(), ended, &ended_count);
    events->insert(events->end(), ended.begin(), ended.begin() + ended_count);
  }
  if (status != Status::ok) return status;
  status = detector.finish(ended, &ended_count);  // the events that had not ended
  events->insert(events->end(), ended.begin(), ended.begin() + ended_count);
  return status;
}

ModelImage image(float threshold) {
  ModelImage image = random_model(named_sketch("micro"), 1);
  for (ClassDraft& c : image.classes) c.threshold = threshold;
  return image;
}

TEST(Usage, LoadsAModel) {
  const LoadedModel loaded(image(0.5F));
  std::vector<std::string> reported;
  ASSERT_EQ(load_model(loaded.bytes.span(), &reported), Status::ok);
  EXPECT_EQ(reported.size(), 6U);
  EXPECT_EQ(reported[2], "class 0 from a score of 0.500000");
  EXPECT_EQ(load_model(loaded.bytes.span().first(100), &reported), Status::bad_model);
}

TEST(Usage, ScoresAWindow) {
  const LoadedModel loaded(image(0.5F));
  const std::vector<float> samples(static_cast<std::size_t>(loaded.model.window_samples()), 0.1F);
  std::vector<float> scores(3);
  ASSERT_EQ(score_window(loaded.model, samples, scores), Status::ok);
  EXPECT_NEAR(scores[0] + scores[1] + scores[2], 1.0F, 1e-5F);
}

// Some class is the highest in every window, and a threshold of 0 lets it vote.
TEST(Usage, FindsEvents) {
  const LoadedModel loaded(image(0.0F));
  std::vector<Event> events;
  ASSERT_EQ(find_events(loaded.model, std::vector<float>(32000, 0.1F), &events), Status::ok);
  EXPECT_FALSE(events.empty());
}

std::string without_indent(const std::string& line) {
  const std::size_t first = line.find_first_not_of(' ');
  return first == std::string::npos ? "" : line.substr(first);
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream stream(std::string(PUPIL_EDGE_FOLDER "/") + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Comment lines with five spaces or more are code.
std::vector<std::string> usage_block(const std::string& header) {
  std::vector<std::string> block;
  for (const std::string& line : lines_of("include/pupil/edge/" + header)) {
    const bool code = line.starts_with("//     ");
    if (code) block.push_back(without_indent(line.substr(2)));
    if (line == "//" && !block.empty()) block.emplace_back();
  }
  while (!block.empty() && block.back().empty()) block.pop_back();
  return block;
}

TEST(Usage, BlocksOfTheHeadersAreTheFunctionsAbove) {
  std::vector<std::string> here = lines_of("usage_test.cpp");
  if (here.empty()) GTEST_SKIP() << "the sources are not here";
  std::transform(here.begin(), here.end(), here.begin(), without_indent);
  for (const char* header : {"events.h", "model.h", "network.h"}) {
    const std::vector<std::string> block = usage_block(header);
    EXPECT_GE(block.size(), 10U) << header;
    EXPECT_NE(std::search(here.begin(), here.end(), block.begin(), block.end()), here.end()) << header;
  }
}

}  // namespace
}  // namespace pupil::edge
