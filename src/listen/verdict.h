// SPDX-License-Identifier: Apache-2.0
// A person's word on an event or near miss, from the page, MQTT or Home Assistant.

#pragma once

#include <string>

#include "listen/event.h"

namespace pupil::listen {

struct Verdict {
  std::string id;          ///< of the event or near miss
  std::string class_name;  ///< "this is ..."; empty with `rejected`
  bool rejected = false;   ///< "not this"
  std::string reviewer;    ///< Home Assistant's user, or empty
  Time time;
};

/// Where verdicts are kept. Threads: any.
class VerdictStore {
 public:
  virtual ~VerdictStore() = default;
  /// On disk when it returns; that of an event that still goes on: when the event ends. Error: no such event (any more), or
  /// the disk refuses.
  virtual void put(const Verdict& verdict) = 0;
};

}  // namespace pupil::listen
