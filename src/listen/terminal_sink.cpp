// SPDX-License-Identifier: Apache-2.0
#include "listen/terminal_sink.h"

#include <cstdio>

#include "base/error.h"
#include "base/log.h"
#include "base/standard_output.h"
#include "base/text.h"
#include "listen/utc.h"

namespace pupil::listen {
namespace {

double seconds_of(const Event& event) {
  return static_cast<double>((event.offset - event.onset).count()) / 1000;
}

std::string kept_text(const Event& event) {
  if (!event.clip.empty()) return concat("  ", event.clip);
  return event.no_clip_reason == "off" ? "" : concat("  no clip: ", event.no_clip_reason);
}

}  // namespace

void TerminalSink::print(const std::string& line) {
  std::printf("%s\n", line.c_str());
  try {
    flush_standard_output();
    failed_ = false;
  } catch (const Error& error) {
    if (!failed_) log_info(error.what());
    failed_ = true;
    std::clearerr(stdout);
  }
}

void TerminalSink::configured(std::span<const std::string> sources, std::span<const ListenedModel> models) {
  for (const ListenedModel& model : models) {
    std::string classes;
    for (const std::string& name : model.reported_classes)
      classes += concat(classes.empty() ? "" : ", ", name);
    log_info(concat(model.shadow ? "shadow model " : "model ", model.name, " (", model.sha256.substr(0, 12),
                    "): ", classes));
  }
  std::string names;
  for (const std::string& name : sources) names += concat(names.empty() ? "" : ", ", name);
  log_info(concat(sources.size() == 1 ? "source: " : "sources: ", names));
}

void TerminalSink::event_started(const Event& event) {
  print(concat(utc_text(event.onset), "  ", event.source, "  ", event.class_name, "  ", fixed(event.score, 3),
               "  begins"));
}

void TerminalSink::event_ended(const Event& event) {
  print(concat(utc_text(event.onset), "  ", event.source, "  ", event.class_name, "  ",
               fixed(event.peak_score, 3), "  ", fixed(seconds_of(event), 1), " s", kept_text(event)));
}

void TerminalSink::near_miss(const NearMiss& miss) {
  if (!near_misses_) return;
  print(concat(utc_text(miss.time), "  ", miss.source, "  ", miss.class_name, "  ", fixed(miss.score, 3),
               " of ", fixed(miss.threshold, 3), "  near miss", miss.clip.empty() ? "" : "  ", miss.clip));
}

void TerminalSink::shadow_event(std::string_view model, const Event& event) {
  print(concat(utc_text(event.onset), "  ", event.source, "  ", event.class_name, "  ",
               fixed(event.peak_score, 3), "  ", fixed(seconds_of(event), 1), " s  shadow ", model));
}

}  // namespace pupil::listen
