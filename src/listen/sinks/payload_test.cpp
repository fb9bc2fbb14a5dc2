// SPDX-License-Identifier: Apache-2.0
// The keys are an API: whoever changes one of these texts breaks programs that read them.
#include "listen/sinks/payload.h"

#include <gtest/gtest.h>

#include "listen/sinks/test_findings.h"

namespace pupil::listen {
namespace {

TEST(Payload, OfAnEventIsFixed) {
  EXPECT_EQ(
      event_json(test_event()).dump(),
      R"({"type":"event","id":"20261129T130406.120Z-yard-dog_barking","source":"yard","class":"dog barking","score":0.91,)"
      R"("peak_score":0.97,"threshold":0.8,"onset":"2026-11-29T13:04:06.120Z","offset":"2026-11-29T13:04:08.000Z",)"
      R"("duration_s":1.88,"top":[{"class":"dog barking","score":0.97},{"class":"speech","score":0.02}],)"
      R"("model_sha256":"ab12","clip":"clips/a.wav","no_clip_reason":null})");
}

TEST(Payload, OfANearMissIsFixed) {
  EXPECT_EQ(
      near_miss_json(test_miss()).dump(),
      R"({"type":"near_miss","id":"m1","source":"yard","class":"dog barking","score":0.7,"threshold":0.8,)"
      R"("time":"2026-11-29T13:04:06.120Z","top":[{"class":"dog barking","score":0.7}],"model_sha256":"ab12","clip":null})");
}

TEST(Payload, OfASourceIsFixed) {
  EXPECT_EQ(
      source_json({"yard", SourceState::waiting, "arecord: no such device", test_time(), 3, 160}).dump(),
      R"({"type":"source","source":"yard","state":"waiting","reason":"arecord: no such device",)"
      R"("since":"2026-11-29T13:04:06.120Z","detecting":true,"restarts":3,"lost_samples":160})");
}

}  // namespace
}  // namespace pupil::listen
