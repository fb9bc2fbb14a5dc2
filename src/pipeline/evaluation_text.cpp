// SPDX-License-Identifier: Apache-2.0
#include "pipeline/evaluation_text.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/table_text.h"
#include "base/text.h"
#include "report/html.h"

namespace pupil::pipeline {
namespace {

using report::find_path;
using report::list_at;
using report::number_at;
using report::percent;
using report::percent_interval;

std::string whole(double value) {
  return std::isfinite(value) ? with_thousands(std::llround(value)) : "–";
}

void append_systems(const Json& part, std::string* text) {
  for (const auto& [key, name] : {std::pair<std::string_view, std::string_view>{"teacher", "teacher"},
                                  {"float", "student, float"},
                                  {"int8", "student, int8"}}) {
    const Json* system = find_path(part, {key});
    if (system == nullptr) continue;
    *text += concat("  ", left_aligned(std::string(name), 16), "accuracy ",
                    left_aligned(percent_interval(find_path(*system, {"accuracy"})), 24), "  balanced ",
                    right_aligned(percent(number_at(*system, {"balanced_accuracy"})), 7), "  mAP ",
                    report::decimal(number_at(*system, {"mean_average_precision"}), 3), "\n");
  }
}

void append_classes(const Json& part, std::string* text) {
  *text += concat("\n", left_aligned("class", 22), right_aligned("clips", 6), right_aligned("precision", 11),
                  right_aligned("recall", 9), right_aligned("AP", 7), "\n");
  for (const Json& row : list_at(part, {"int8", "classes"})) {
    if (number_at(row, {"reference_count"}) == 0 && number_at(row, {"decided_count"}) == 0) continue;
    *text += concat(left_aligned(report::text_at(row, {"name"}), 22),
                    right_aligned(whole(number_at(row, {"reference_count"})), 6),
                    right_aligned(percent(number_at(row, {"precision"})), 11),
                    right_aligned(percent(number_at(row, {"recall"})), 9),
                    right_aligned(report::decimal(number_at(row, {"average_precision"}), 3), 7), "\n");
  }
}

std::string splits_text(const Json& report) {
  std::string text;
  const Json* splits = find_path(report, {"splits"});
  if (splits == nullptr) return text;
  bool classes_shown = false;
  for (const auto& [split, figures] : splits->as_object()) {
    for (const auto& [key, words] :
         {std::pair<std::string_view, std::string_view>{"clips_against_truth", "clips against given labels"},
          {"clips_against_teacher", "clips against the teacher's decision"},
          {"windows_against_truth", "windows against given labels"},
          {"windows_against_teacher", "windows against the teacher's labels"}}) {
      const Json* part = find_path(figures, {key});
      if (part == nullptr) continue;
      text += concat(split, ", ", whole(number_at(*part, {"count"})), " ", words, "\n");
      append_systems(*part, &text);
      if (!classes_shown && key.starts_with("clips")) {
        append_classes(*part, &text);
        text += "\n";
        classes_shown = true;
      }
    }
    if (const Json* all = find_path(figures, {"with_thresholds"})) {
      text += concat(split, ", ", whole(number_at(*all, {"count"})),
                     " clips with thresholds, \"none of these\" allowed: accuracy ",
                     percent_interval(find_path(*all, {"accuracy"})), "\n");
    }
  }
  return text;
}

std::string any_class_text(const Json& report) {
  std::string text;
  const Json* any = find_path(report, {"any_class"});
  if (any == nullptr) return text;
  for (const auto& [split, figures] : any->as_object()) {
    text +=
        concat("any class against the rest, ", split, " (", whole(number_at(figures, {"any_class_clips"})),
               " and ", whole(number_at(figures, {"rest_clips"})), " clips): AUC int8 ",
               report::decimal(number_at(figures, {"int8_auc", "value"}), 3), ", float ",
               report::decimal(number_at(figures, {"float_auc"}), 3), ", teacher ",
               report::decimal(number_at(figures, {"teacher_auc"}), 3), "\n");
  }
  return text;
}

std::string conditions_text(const Json& report) {
  std::string text;
  if (const auto points = list_at(report, {"noise", "points"}); !points.empty()) {
    text += "accuracy against noise:";
    for (const Json& point : points) {
      const double snr_db = number_at(point, {"snr_db"});
      text += concat(" ", std::isfinite(snr_db) ? concat(whole(snr_db), " dB ") : "clean ",
                     percent(number_at(point, {"accuracy", "value"})), &point == &points.back() ? "\n" : ",");
    }
  }
  if (const Json* microphones = find_path(report, {"microphones"})) {
    text += concat("through ", whole(number_at(*microphones, {"responses"})), " microphones: mean ",
                   percent(number_at(*microphones, {"mean"})), ", worst ",
                   percent(number_at(*microphones, {"worst"})), ", clean ",
                   percent_interval(find_path(*microphones, {"clean"})), "\n");
  }
  for (const Json& row : list_at(report, {"false_alarms"})) {
    text += concat("false alarms: ", report::text_at(row, {"name"}), ": ",
                   whole(number_at(row, {"false_alarms"})), " in ",
                   readable_seconds(number_at(row, {"duration_s"})), ", ",
                   report::decimal(number_at(row, {"false_alarms_per_hour"}), 1), " an hour\n");
  }
  for (const Json& point : list_at(report, {"calibration", "world"})) {
    if (&point == &list_at(report, {"calibration", "world"}).front()) continue;  // the promised one
    text += concat("at ", report::decimal(number_at(point, {"target"}), 1),
                   " false alarms an hour: ", percent(number_at(point, {"recall"})),
                   " of the classes' validation windows found\n");
  }
  if (const Json* calibration = find_path(report, {"calibration"})) {
    text += concat("calibration error ", percent(number_at(*calibration, {"error_before"})), " before, ",
                   percent(number_at(*calibration, {"error_after"})), " after; temperature ",
                   report::decimal(number_at(*calibration, {"temperature"}), 2), "\n");
  }
  return text;
}

}  // namespace

std::string report_text(const Json& report) {
  std::string text = splits_text(report) + any_class_text(report) + conditions_text(report);
  const Json* retained = find_path(report, {"retained"});
  const std::span<const Json> judged = list_at(report, {"retained", "judged_classes"});
  if (judged.size() == 1) {
    text += concat("\nretained: not known, all ", whole(number_at(*retained, {"clips"})), " ",
                   report::text_at(*retained, {"split"}),
                   " clips are of one class: ", judged.front().as_string(), "\n");
  } else if (retained != nullptr) {
    text += concat("\nretained: ", percent_interval(find_path(*retained, {"int8"})), ", ",
                   report::text_at(*retained, {"measure"}), " (", whole(number_at(*retained, {"clips"})), " ",
                   report::text_at(*retained, {"split"}), " clips)\n");
    if (const Json* points = find_path(*retained, {"int8_minus_float_points"}))
      text += concat("int8 against float: ", report::decimal(number_at(*points, {"value"}), 2), " points\n");
  }
  text +=
      concat("model: ", readable_bytes(std::llround(number_at(report, {"model", "bytes"}))), ", ",
             report::decimal(number_at(report, {"model", "macs_per_window"}) / 1e6, 2), " MMAC a window, ",
             report::decimal(number_at(report, {"measured_here", "window_ms"}), 3), " ms a window, ",
             report::decimal(number_at(report, {"measured_here", "stream_100_ms_ms"}), 3),
             " ms for 100 ms of a stream (one thread, here)\n");
  return text;
}

}  // namespace pupil::pipeline
