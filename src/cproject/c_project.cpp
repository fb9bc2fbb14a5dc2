// SPDX-License-Identifier: Apache-2.0
// Most files are as they are in edge/ and template/ (files.cpp). Made here: model.h, config.h, golden.c, and the list of
// the library's sources, which the Makefile and CMakeLists.txt include.
//
// How RAM is stated for a machine that is not this one: what a stream needs here with the reference's kernels, plus
// what the other machine's kernels pack (kernels/packed_size.h). Records that hold pointers are larger in 64 bits than
// in 32, so that the sum is never too small.

#include "cproject/c_project.h"

#include <bit>

#include "base/error.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "cproject/c_array.h"
#include "kernels/packed_size.h"
#include "model/golden.h"
#include "pupil/edge/events.h"
#include "pupil/edge/pupil.h"
#include "pupil/edge/stream.h"

namespace pupil::cproject {
namespace {

constexpr std::int32_t kFirstGolden =
    4;  // make_golden_cases(): bursts and a sweep; silence and clicks are before
constexpr std::int32_t kGoldenEnd = 6;
constexpr const char* kEsphome = "esphome/components/pupil/model.py";
constexpr const char* kSourceList = "sources.mk";
constexpr std::size_t kValuesPerLine = 16;
constexpr std::int64_t kAlignment = 64;  // of what the arena holds

std::int64_t aligned(std::int64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// Every place of the text, such as @NAME@.
std::string with(std::string_view text, std::string_view place, std::string_view value) {
  std::string out;
  for (std::size_t at = text.find(place); at != std::string_view::npos; at = text.find(place)) {
    out += concat(text.substr(0, at), value);
    text.remove_prefix(at + place.size());
  }
  return out += text;
}

template <typename Values, typename Print>
std::string lines(const Values& values, Print print) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    out += concat(print(values[i]),
                  i % kValuesPerLine == kValuesPerLine - 1 || i + 1 == values.size() ? ",\n" : ",");
  }
  return out;
}

// Bits, not decimals: a C library may read a decimal differently.
std::string bit_lines(const std::vector<float>& values) {
  return lines(values, [](float x) { return concat(std::bit_cast<std::uint32_t>(x), "U"); });
}

std::string golden_source(const edge::Model& model) {
  const std::vector<edge::GoldenCase> cases = edge::make_golden_cases(model, kGoldenEnd);
  if (cases.size() != kGoldenEnd) throw Error("the model's golden windows cannot be computed");
  const std::string window = concat("[", kGoldenEnd - kFirstGolden, "][", model.window_samples(), "]");
  const std::string classes = concat("[", kGoldenEnd - kFirstGolden, "][", model.class_count(), "]");
  std::string samples;
  std::string logits;
  std::string scores;
  for (std::size_t i = kFirstGolden; i < kGoldenEnd; ++i) {
    samples +=
        concat("{\n", lines(cases[i].samples, [](std::int16_t x) { return std::to_string(x); }), "},\n");
    logits += concat("{\n", bit_lines(cases[i].logits), "},\n");
    scores += concat("{\n", bit_lines(cases[i].scores), "},\n");
  }
  return concat(
      "/* Made by `pupil export --c-project`: windows of sound, and the bits of what the model makes of them. */\n"
      "#include \"golden.h\"\n\n#include <string.h>\n\n"
      "const int golden_count = ",
      kGoldenEnd - kFirstGolden, ";\nconst size_t golden_samples_count = ", model.window_samples(),
      ";\n\nstatic const int16_t samples", window, " = {\n", samples, "};\nstatic const uint32_t logits",
      classes, " = {\n", logits, "};\nstatic const uint32_t scores", classes, " = {\n", scores,
      "};\n\nconst int16_t* golden_samples(int window) { return samples[window]; }\n\n"
      "int golden_equal(int window, const float* some_logits, const float* some_scores) {\n"
      "  return memcmp(logits[window], some_logits, sizeof logits[window]) == 0 &&\n"
      "         memcmp(scores[window], some_scores, sizeof scores[window]) == 0;\n}\n");
}

std::string config_header(const edge::Model& model, std::int32_t hop_ms) {
  const StreamBytes bytes = stream_bytes(model, hop_ms);
  if (bytes.reference == 0) throw Error("no stream of this model can be made with that hop");
  return concat(
      "/* Made by `pupil export --c-project`: the memory that the model's parts need, at most, on any machine. The library\n"
      " * never allocates; each part says exactly how much it takes (pupil_stream_bytes()), and refuses to start in less. */\n"
      "#ifndef CONFIG_H\n#define CONFIG_H\n\n"
      "#define PUPIL_HOP_MS ",
      hop_ms, "\n#define PUPIL_SAMPLE_RATE_HZ ", model.front_end().sample_rate_hz,
      "\n#define PUPIL_CLASS_COUNT ", model.class_count(), "\n\n#define PUPIL_MODEL_RAM_BYTES ",
      aligned(static_cast<std::int64_t>(pupil_model_bytes())), "\n#define PUPIL_EVENTS_RAM_BYTES ",
      // The detector stands behind its own record in pupil_events; a line is more than that record.
      aligned(static_cast<std::int64_t>(edge::EventDetector::state_bytes(model))) + 4 * kAlignment,
      "\n#if defined(__ARM_FEATURE_MVE)\n#define PUPIL_STREAM_RAM_BYTES ", bytes.arm_mve,
      "\n#elif defined(__ARM_FEATURE_SIMD32)\n#define PUPIL_STREAM_RAM_BYTES ", bytes.arm_dsp,
      "\n#else\n#define PUPIL_STREAM_RAM_BYTES ", bytes.reference, "\n#endif\n\n#endif\n");
}

// A string of Python and of YAML alike: JSON's, which is both.
std::string quoted(std::string_view label) {
  return Json(std::string(label)).dump();
}

std::string esphome_model(const edge::Model& model) {
  std::string classes;
  for (std::int32_t k = 0; k < edge::reported_class_count(model); ++k)
    classes += concat("    ", quoted(model.label(k)), ",\n");
  return concat(
      "# Made by `pupil export --c-project`: what the model reports, and the rate that it takes.\nCLASSES = [\n",
      classes, "]\nSAMPLE_RATE_HZ = ", model.front_end().sample_rate_hz, "\n");
}

std::string esphome_sensors(const edge::Model& model) {
  std::string sensors;
  for (std::int32_t k = 0; k < edge::reported_class_count(model); ++k)
    sensors += concat(k == 0 ? "" : "\n", "  - platform: pupil\n    class: ", quoted(model.label(k)),
                      "\n    name: ", quoted(model.label(k)));
  return sensors;
}

std::string source_list() {
  std::string list = "# The device library's sources, for the Makefile and for CMakeLists.txt.\nSOURCES =";
  for (const std::string_view source : library_sources()) list += concat(" \\\n  ", source);
  return list + "\n";
}

}  // namespace

StreamBytes stream_bytes(const edge::Model& model, std::int32_t hop_ms) {
  edge::StreamOptions options;
  options.hop_ms = hop_ms;
  options.kernels = edge::KernelSet::reference;
  const std::size_t here = edge::Streamer::state_bytes(model, options);
  if (here == 0) return {};
  // pupil_stream stands in front of it (c_face.cpp).
  StreamBytes bytes;
  bytes.reference = aligned(static_cast<std::int64_t>(here + sizeof(edge::Streamer)) + kAlignment);
  bytes.arm_dsp = bytes.reference;
  bytes.arm_mve = bytes.reference;
  for (std::int32_t i = 0; i < model.layer_count(); ++i) {
    const edge::LayerInfo info = model.layer(i);
    const bool depthwise = info.kind == edge::LayerKind::depthwise;
    if (info.kind != edge::LayerKind::conv && !depthwise) continue;
    const std::int64_t reference =
        aligned(depthwise ? sizeof(edge::kernels::DepthwiseWeights) : sizeof(edge::kernels::ConvWeights));
    bytes.arm_dsp += aligned(edge::kernels::arm_dsp::packed_bytes(info.channels)) - reference;
    bytes.arm_mve += aligned(depthwise ? edge::kernels::arm_mve::depthwise_packed_bytes_of(info.channels)
                                       : edge::kernels::arm_mve::conv_packed_bytes_of(info.channels)) -
                     reference;
  }
  return bytes;
}

std::vector<ProjectFile> c_project(const edge::Model& model, std::string_view name, std::int32_t hop_ms) {
  std::vector<ProjectFile> files;
  files.push_back({"model.h", c_array_header("model", model.file())});
  files.push_back({"config.h", config_header(model, hop_ms)});
  files.push_back({"golden.c", golden_source(model)});
  files.push_back({kSourceList, source_list()});
  files.push_back({kEsphome, esphome_model(model)});
  const std::string rate = std::to_string(model.front_end().sample_rate_hz);
  for (const EmbeddedFile& file : embedded_files()) {
    std::string text(file.text);
    if (file.path == "README.md") text = with(with(text, "@RATE@", rate), "@NAME@", name);
    if (file.path == "esphome/example.yaml")
      text = with(with(text, "@RATE@", rate), "@SENSORS@", esphome_sensors(model));
    files.push_back({std::string(file.path), std::move(text)});
  }
  return files;
}

void check_c_project_folder(const std::filesystem::path& folder) {
  std::error_code absent;
  const bool holds_files = !std::filesystem::is_empty(folder, absent) && !absent;
  if (std::filesystem::exists(folder) && !std::filesystem::is_directory(folder))
    throw Error(concat(folder.string(), ": not a folder"));
  if (holds_files && !std::filesystem::exists(folder / kSourceList))
    throw Error(concat(folder.string(), ": holds other files: name a new folder for the C project"));
}

void write_c_project(const edge::Model& model, std::string_view name, std::int32_t hop_ms,
                     const std::filesystem::path& folder) {
  check_c_project_folder(folder);
  // Everything is made before anything is written.
  for (const ProjectFile& file : c_project(model, name, hop_ms)) {
    const std::filesystem::path path = folder / file.path;
    make_folders(path.parent_path());
    with_context(path.string(), [&] { write_whole(path, file.text); });
  }
}

}  // namespace pupil::cproject
