// SPDX-License-Identifier: Apache-2.0
// pupil evaluate and the calibration of pupil export as a user runs them: the programs themselves, on
// projects made here, whose teacher is always right.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>

#include "audio/wav_writer.h"
#include "base/json.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "corpus/catalogue.h"
#include "corpus/clips.h"
#include "corpus/scores.h"
#include "corpus/windows.h"
#include "model/model_writer.h"
#include "model/random_model.h"

namespace pupil {
namespace {

constexpr std::int32_t kRateHz = 16000;
// Names as they may come from outside.
constexpr const char* kClasses[] = {"low <script>hacked=1<script>", "high", "noise"};

struct Made {
  bool truth = true;
  bool val = true;
  bool test = true;
  int empty_class = -1;  ///< has no clip outside the training split
  std::string separate;  ///< lines of [separate]; empty: off
};

struct Outcome {
  int code = 0;
  std::string text;  ///< both outputs
};

class EvaluateProject : public testing::Test {
 protected:
  void make(const Made& made) {
    std::ofstream(folder_ / "pupil.toml")
        << "name = \"test\"\n[[class]]\nname = \"" << kClasses[0]
        << "\"\nprompts = [\"low\"]\ngiven = [\"low\"]\n"
        << "[[class]]\nname = \"high\"\nprompts = [\"high\"]\n[[negative]]\nname = \"noise\"\nprompts = "
           "[\"noise\"]\n"
        << "[train]\nsize = \"tiny\"\nepochs = 2\nbatch = 8\nthreads = 1\ndevice = \"cpu\"\n"
        << "[label]\nbroad_negatives = false\n[export]\ntarget = \"precision\"\n[separate]\n"
        << made.separate;
    std::filesystem::create_directory(folder_ / "in");
    std::ofstream index(folder_ / "in" / "index.csv");
    index << "path,label,split,licence\n";
    for (int i = 0; i < 24; ++i) {
      const int k = i % 3;
      const char* split = i % 8 == 5 && made.val ? "val" : i % 8 >= 6 && made.test ? "test" : "train";
      if (k == made.empty_class && std::string(split) != "train") continue;
      const std::string name = concat(i == 7 ? "<script>hacked=1<script>" : "", "clip", i, ".wav");
      write_sound(folder_ / "in" / name, k, i);
      index << name << "," << (made.truth ? k == 0 ? "low" : kClasses[k] : "") << "," << split
            << ",<script>hacked=1<script>\n";
    }
    index.close();
    std::vector<std::string> collect = {
        "collect", folder_.path(),     "--csv",  folder_ / "in" / "index.csv", "--split-column",
        "split",   "--licence-column", "licence"};
    if (made.truth) collect.insert(collect.end(), {"--label-column", "label"});
    const Outcome collected = run(collect);
    ASSERT_EQ(collected.code, 0) << collected.text;
    if (!made.separate.empty()) {
      const Outcome separated = run({"separate", folder_.path()});
      ASSERT_EQ(separated.code, 0) << separated.text;
    }
    label();
  }

  static void write_sound(const std::filesystem::path& path, int k, int seed) {
    std::vector<float> sound;
    std::uint32_t noise = static_cast<std::uint32_t>(seed) + 1;
    for (int n = 0; n < 2 * kRateHz; ++n) {
      noise = noise * 1664525U + 1013904223U;
      const double hiss = static_cast<double>(noise >> 8U) / (1 << 24) - 0.5;
      const double tone = std::sin(2 * M_PI * (k == 0 ? 300 + 10 * seed : 3000 + 40 * seed) * n / kRateHz);
      // Quiet at first, so that the clip has a floor.
      const double level = n < kRateHz / 4 ? 0.002 : 0.3;
      sound.push_back(static_cast<float>(level * (k == 2 ? hiss : tone + 0.05 * hiss)));
    }
    audio::WavWriter writer(path.parent_path(), kRateHz, audio::WavFormat::kInt16);
    writer.write(sound);
    writer.commit(path);
  }

  // What a teacher would have said: the truth, at 90 %. Under the configuration that the project asks for, which
  // pupil label knows.
  void label() {
    const Outcome labelled = run({"label", folder_.path()});
    ASSERT_EQ(labelled.code, 0) << labelled.text;
    auto catalogue = corpus::Catalogue::open(folder_.path());
    const auto config = corpus::list_configs(catalogue, "label").back();
    corpus::WindowFilter filter;
    filter.window_config_id = corpus::window_config(catalogue, {}).id;
    const auto separated = corpus::list_configs(catalogue, "separate");
    if (!separated.empty()) filter.separate_config_id = separated.back().id;
    corpus::Transaction transaction(catalogue);
    for (const corpus::Window& window : corpus::list_windows(catalogue, filter)) {
      const std::string path = corpus::get_clip(catalogue, window.clip_id).path;
      const int k = std::atoi(path.c_str() + path.find("clip") + 4) % 3;
      corpus::WindowLabel label;
      label.window_id = window.id;
      label.verdict = window.id % 7 == 0 ? corpus::Verdict::doubtful : corpus::Verdict::accepted;
      label.label = kClasses[k];
      label.soft = {0.05F, 0.05F, 0.05F};
      label.soft[static_cast<std::size_t>(k)] = 0.9F;
      label.confidence = 0.9;
      label.margin = 0.85;
      corpus::put_label(catalogue, config.id, label);
    }
    transaction.commit();
  }

  // A model of random weights in the place of a trained one.
  void write_model(std::string damage = "") {
    edge::ModelSketch sketch = edge::named_sketch("micro");
    sketch.mel_count = 64;
    sketch.window_frames = 98;
    sketch.class_count = 3;
    edge::ModelImage image = edge::random_model(sketch, 3);
    for (std::size_t k = 0; k < 3; ++k) image.classes[k].label = kClasses[k];
    if (damage == "class") image.classes[1].label = "another";
    std::vector<std::byte> bytes = edge::write_model(image);
    if (damage == "bytes") bytes[bytes.size() / 2] ^= std::byte{1};
    if (damage == "short") bytes.resize(bytes.size() / 2);
    std::filesystem::create_directory(folder_ / "model");
    std::ofstream file(folder_ / "model" / "test.pupil", std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

  static Outcome run(const std::vector<std::string>& words) { return run_program(PUPIL_PROGRAM, words); }

  static Outcome run_program(std::string line, const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      line += " '";
      for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
      line += "'";
    }
    Outcome outcome;
    std::FILE* pipe = popen((line + " 2>&1").c_str(), "r");
    std::array<char, 4096> piece{};
    while (const std::size_t count = std::fread(piece.data(), 1, piece.size(), pipe))
      outcome.text.append(piece.data(), count);
    const int status = pclose(pipe);
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
  }

  Outcome evaluate(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"evaluate", folder_.path().string()});
    return run(more);
  }

  Json report() const { return read_json(folder_ / "report" / "report.json"); }

  std::string page() const {
    std::ostringstream text;
    text << std::ifstream(folder_ / "report" / "index.html").rdbuf();
    return text.str();
  }

  TestFolder folder_;
};

// All but the times of this machine.
std::string repeatable(const Json& report) {
  std::string text;
  for (const auto& [key, value] : report.as_object()) {
    if (key != "measured_here") text += key + value.dump();
  }
  return text;
}

TEST_F(EvaluateProject, RetainedIsTheAccuracyWhereTheTeacherIsAlwaysRight) {
  make({});
  write_model();
  const Outcome outcome = evaluate();
  ASSERT_EQ(outcome.code, 0) << outcome.text;
  EXPECT_NE(outcome.text.find("against given labels"), std::string::npos);
  const Json json = report();
  const Json& part = json.at("splits").at("test").at("clips_against_truth");
  EXPECT_EQ(part.at("teacher").at("accuracy").at("value").as_double(), 1.0);
  EXPECT_EQ(json.at("retained").at("int8").at("value").as_double(),
            part.at("int8").at("accuracy").at("value").as_double());
  EXPECT_EQ(json.at("retained").at("clips").as_int(), 6);
  EXPECT_EQ(json.at("any_class").at("test").at("teacher_auc").as_double(), 1.0);
  EXPECT_EQ(json.at("noise").at("points").as_array().size(), 5U);
  EXPECT_EQ(json.at("collection").at("clips").as_int(), 24);
}

TEST_F(EvaluateProject, SameInputsSameReport) {
  make({});
  write_model();
  ASSERT_EQ(evaluate().code, 0);
  const std::string first = repeatable(report());
  ASSERT_EQ(evaluate().code, 0);
  EXPECT_EQ(repeatable(report()), first);
}

TEST_F(EvaluateProject, NamesFromOutsideAreTextInThePage) {
  make({});
  write_model();
  ASSERT_EQ(evaluate().code, 0);
  const std::string html = page();
  EXPECT_EQ(html.find("<script>hacked"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;hacked=1&lt;script&gt;"), std::string::npos);
  EXPECT_NE(html.find("<audio"), std::string::npos);
  EXPECT_LT(html.size(), 10'000'000U);
}

TEST_F(EvaluateProject, WithoutTruthAgreementIsMeasuredAloud) {
  make({.truth = false});
  write_model();
  const Outcome outcome = evaluate();
  ASSERT_EQ(outcome.code, 0) << outcome.text;
  EXPECT_NE(outcome.text.find("agreement with the teacher"), std::string::npos);
  EXPECT_EQ(report().at("splits").at("test").find("clips_against_truth"), nullptr);
  EXPECT_NE(page().find("Agreement with the teacher"), std::string::npos);
}

TEST_F(EvaluateProject, WithoutTestClipsValidationJudgesAloud) {
  make({.test = false});
  write_model();
  const Outcome outcome = evaluate();
  ASSERT_EQ(outcome.code, 0) << outcome.text;
  EXPECT_NE(outcome.text.find("no test recordings"), std::string::npos);
  EXPECT_EQ(report().at("retained").at("split").as_string(), "val");
}

TEST_F(EvaluateProject, WithNothingToJudgeByTheReportSaysSo) {
  make({.val = false, .test = false});
  write_model();
  const Outcome outcome = evaluate();
  ASSERT_EQ(outcome.code, 0) << outcome.text;
  EXPECT_TRUE(report().at("retained").is_null());
  EXPECT_NE(page().find("There is no clip to judge by"), std::string::npos);
}

TEST_F(EvaluateProject, ClassWithoutClipsHasNoRecall) {
  make({.empty_class = 1});
  write_model();
  ASSERT_EQ(evaluate().code, 0);
  const Json json = report();
  const Json& high =
      json.at("splits").at("test").at("clips_against_truth").at("int8").at("classes").as_array()[1];
  EXPECT_TRUE(high.at("recall").is_null());
}

TEST_F(EvaluateProject, BrokenModelsAreRefusedInOneLine) {
  make({});
  for (const auto& [damage, words] : {std::pair<std::string, std::string>{"bytes", "checksum"},
                                      {"short", "test.pupil"},
                                      {"class", "other classes"}}) {
    write_model(damage);
    const Outcome outcome = evaluate();
    EXPECT_EQ(outcome.code, 1) << damage;
    EXPECT_NE(outcome.text.find(words), std::string::npos) << outcome.text;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "report" / "report.json"));
  }
}

TEST_F(EvaluateProject, WithoutModelItSaysWhatToDo) {
  make({});
  const Outcome outcome = evaluate();
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.text.find("pupil export"), std::string::npos);
}

TEST_F(EvaluateProject, LongRecordingsCountFalseAlarms) {
  make({});
  write_model();
  write_sound(folder_ / "yard.wav", 0, 1);
  write_sound(folder_ / "street.wav", 2, 1);
  std::ofstream(folder_ / "yard.csv") << "onset_s,offset_s,label\n0.2,2,low\n";
  const Outcome outcome = evaluate({"--long", folder_ / "yard.wav", folder_ / "street.wav"});
  ASSERT_EQ(outcome.code, 0) << outcome.text;
  const Json json = report();
  const auto& rows = json.at("false_alarms").as_array();
  ASSERT_EQ(rows.size(), 3U);  // the test clips of noise, and these
  EXPECT_EQ(rows[1].at("events_found").as_int() + rows[1].at("events_missed").as_int(), 1);
  EXPECT_EQ(rows[2].find("events_found"), nullptr);
  EXPECT_NEAR(rows[2].at("duration_s").as_double(), 2.0, 1e-6);
}

TEST_F(EvaluateProject, SeparatedViewsAreShownBeforeAndAfter) {
  make({.separate = "mode = \"both\"\nmix = 0.5\nquery = \"<script>hacked=1<script>\"\n"});
  write_model();
  const Outcome outcome = evaluate();
  ASSERT_EQ(outcome.code, 0) << outcome.text;
  EXPECT_EQ(report().at("separation").at("views").as_int(), 24);
  const std::string html = page();
  EXPECT_NE(html.find("before separation"), std::string::npos);
  EXPECT_EQ(html.find("<script>hacked"), std::string::npos);
}

TEST_F(EvaluateProject, ModelAloneIsMeasuredOnAFolder) {
  write_model();
  for (const int k : {0, 1, 2}) {
    const std::filesystem::path folder = folder_ / "sounds" / (k == 0 ? "high" : k == 1 ? "noise" : "else");
    std::filesystem::create_directories(folder);
    write_sound(folder / "a.wav", k, k);
    write_sound(folder / "b.wav", k, k + 3);
  }
  std::ofstream(folder_ / "sounds" / "else" / "broken.wav") << "RIFF";
  const Outcome outcome = run({"evaluate", folder_ / "model" / "test.pupil", "--data", folder_ / "sounds",
                               "--json", "--out", folder_ / "out"});
  ASSERT_EQ(outcome.code, 0) << outcome.text;
  const Json json = read_json(folder_ / "out" / "report.json");
  const Json& data = json.at("splits").at("data");
  EXPECT_EQ(data.at("clips").as_int(), 6);
  EXPECT_EQ(data.at("clips_unreadable").as_int(), 1);
  EXPECT_EQ(data.at("clips_against_truth").at("count").as_int(), 4);
  EXPECT_EQ(data.at("with_thresholds").at("count").as_int(), 6);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out" / "index.html"));
}

TEST_F(EvaluateProject, PageWorksInABrowser) {
  make({});
  write_model();
  ASSERT_EQ(evaluate().code, 0);
  const std::string page = folder_ / "report" / "index.html";
  for (const auto& more : {std::vector<std::string>{}, {"--width", "390", "--dark"}}) {
    std::vector<std::string> words = {page, "--expect-sound"};
    if (more.empty())
      words.insert(words.end(), {"--scores", PUPIL_PROGRAM, folder_ / "model" / "test.pupil"});
    words.insert(words.end(), more.begin(), more.end());
    const Outcome seen = run_program("python3 " PUPIL_SOURCE_DIR "/tests/report_page_check.py", words);
    if (seen.code == 77 || seen.code == 127) GTEST_SKIP() << seen.text;
    EXPECT_EQ(seen.code, 0) << seen.text;
  }
}

TEST_F(EvaluateProject, ModelAloneWithoutDataIsWrongUse) {
  write_model();
  EXPECT_EQ(run({"evaluate", folder_ / "model" / "test.pupil"}).code, 2);
}

TEST_F(EvaluateProject, FromTrainingToCalibratedModelToReport) {
  make({});
  const Outcome trained = run({"train", folder_.path()});
  ASSERT_EQ(trained.code, 0) << trained.text;
  const Outcome exported = run({"export", folder_.path()});
  ASSERT_EQ(exported.code, 0) << exported.text;
  const Outcome outcome = evaluate();
  ASSERT_EQ(outcome.code, 0) << outcome.text;
  const Json json = report();
  EXPECT_EQ(json.at("calibration").at("fitted_to").as_string(), "validation windows");
  EXPECT_EQ(json.at("calibration").at("target").at("kind").as_string(), "precision");
  const Json& part = json.at("splits").at("test").at("clips_against_truth");
  EXPECT_NE(part.find("float"), nullptr);
  EXPECT_NE(part.find("int8_minus_float_points"), nullptr);
  EXPECT_FALSE(json.at("training").at("epochs").as_array().empty());
  const Outcome inspected = run({"inspect", folder_ / "model" / "test.pupil", "--json"});
  EXPECT_NE(inspected.text.find("calibration"), std::string::npos);
}

TEST_F(EvaluateProject, WithoutValidationATrainingShareCalibratesAloud) {
  make({.val = false});
  ASSERT_EQ(run({"train", folder_.path()}).code, 0);
  const Outcome exported = run({"export", folder_.path()});
  ASSERT_EQ(exported.code, 0) << exported.text;
  EXPECT_NE(exported.text.find("every fifth training recording"), std::string::npos);
}

}  // namespace
}  // namespace pupil
