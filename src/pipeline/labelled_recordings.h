// SPDX-License-Identifier: Apache-2.0
// Any labelled recordings, scored by a model as a device would: what `pupil evaluate --data` measures.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "corpus/sources.h"
#include "evaluation/device_network.h"

namespace pupil::pipeline {

/// What a given label means.
struct LabelMeaning {
  std::int32_t class_index = -1;  ///< of the model; -1: none of its classes
  bool any_class = false;         ///< one of the reported classes, named or not
};

struct LabelledDataOptions {
  double hop_s = 0.5;        ///< from one window to the next
  double activity_db = 3.0;  ///< windows less than this above their clip's floor do not count, unless all are
  std::int32_t reported_count = 0;
  std::function<LabelMeaning(const std::string& given)> meaning;
};

/// The parts of report.json for these recordings.
struct LabelledDataFigures {
  Json split;         ///< as in "splits": clips_against_truth, with_thresholds
  Json any_class;     ///< null where there is nothing to tell apart
  Json false_alarms;  ///< one entry of "false_alarms": clips that hold no reported class; null without any
};

/// Decodes and scores them one after the other. A file that cannot be read is warned of, counted and left out;
/// Error when none can, or none has a label.
LabelledDataFigures measure_labelled_recordings(evaluation::DeviceNetwork& network,
                                                std::span<const corpus::Source> sources,
                                                const LabelledDataOptions& options);

}  // namespace pupil::pipeline
