// SPDX-License-Identifier: Apache-2.0
#include "pipeline/impulse_response_folder.h"

#include "audio/decoder.h"
#include "base/error.h"
#include "base/text.h"
#include "corpus/folder_listing.h"
#include "student/training_set.h"

namespace pupil::pipeline {

student::ImpulseResponses load_impulse_responses(const std::filesystem::path& folder) {
  audio::DecodeOptions decode;
  decode.sample_rate_hz = student::kTrainingRateHz;
  decode.min_duration_s = 0;
  std::vector<std::vector<float>> responses;
  for (const std::string& path : corpus::list_folder(folder).paths) {
    const std::filesystem::path file = folder / path;
    responses.push_back(audio::decode_file(file, decode));
    // By itself, so that what is wrong with it has its file's name.
    with_context(file.string(), [&] { student::ImpulseResponses({responses.back()}); });
  }
  if (responses.empty()) throw Error(concat(folder.string(), ": no impulse responses in this folder"));
  return student::ImpulseResponses(responses);
}

student::ImpulseResponses project_responses(const Project& project) {
  const std::string& folder = project.train.impulse_responses;
  return folder.empty() ? student::ImpulseResponses() : load_impulse_responses(project.dir / folder);
}

}  // namespace pupil::pipeline
