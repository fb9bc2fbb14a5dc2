// Reads windows of stored audio in flat memory, whatever the length of the recording.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "audio/decoder.h"
#include "corpus/catalogue.h"
#include "corpus/store.h"

namespace pupil::cli {

/// Quick when the windows of a recording are read in rising order: it is decoded once, forward. A step back
/// decodes it again from the beginning. Memory: the stretch asked for, and one decoder.
/// Threads: one at a time per object.
class ViewAudio {
 public:
  ViewAudio(corpus::Catalogue& catalogue, const corpus::Store& store)
      : catalogue_(catalogue), store_(store) {}

  /// Samples [start, start + length) of the view `hash` at its own rate, full scale [-1, 1]; zeros before its
  /// beginning and past its end. Error: the file is missing, torn or damaged; it names the
  /// clip and what to do.
  std::vector<float> read(const std::string& hash, std::int64_t start_sample, std::int64_t length_samples);

 private:
  void open(const std::string& hash);
  void decode_until(std::int64_t end_sample);

  corpus::Catalogue& catalogue_;
  const corpus::Store& store_;
  std::string hash_;
  std::unique_ptr<audio::Decoder> decoder_;
  std::vector<float> kept_;         // decoded samples from kept_start_ on
  std::int64_t kept_start_ = 0;
};

}  // namespace pupil::cli
