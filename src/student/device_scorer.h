// A student as the device runs it (src/edge), heard over a training set's windows.

#pragma once

#include <memory>
#include <span>
#include <vector>

#include "model/model_writer.h"
#include "student/batch_loader.h"

namespace pupil::student {

/// Threads: one at a time per object.
class DeviceScorer {
 public:
  /// Error: the draft breaks a rule of the model file.
  explicit DeviceScorer(const edge::ModelDraft& draft);
  ~DeviceScorer();
  DeviceScorer(DeviceScorer&&) noexcept;

  /// [windows, K], before calibration.
  std::vector<float> logits(const TrainingSet& set, std::span<const std::int64_t> windows);

  std::int64_t file_bytes() const;
  std::int64_t macs_per_window() const;
  /// Median wall time of the network on one window of frames, on this machine.
  double window_s();

 private:
  struct Device;
  std::unique_ptr<Device> device_;
};

}  // namespace pupil::student
