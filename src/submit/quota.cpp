// SPDX-License-Identifier: Apache-2.0
#include "submit/quota.h"

#include <algorithm>

namespace pupil::submit {

Quota::Quota(const QuotaLimits& limits, std::span<const corpus::Submission> present) : limits_(limits) {
  for (const corpus::Submission& one : present) add(one.author, one.size_bytes);
}

std::string Quota::attempt(const std::string& sender, Clock::time_point now) {
  while (!attempts_.empty() && now - attempts_.front().first >= std::chrono::minutes(1))
    attempts_.pop_front();
  const auto own = std::ranges::count(attempts_, sender, [](const auto& one) { return one.second; });
  if (own >= limits_.sender_attempts || std::ssize(attempts_) >= limits_.attempts)
    return "Too many recordings came within a minute. Send it again in a minute.";
  attempts_.emplace_back(now, sender);
  const auto found = of_sender_.find(sender);
  const Use use = found == of_sender_.end() ? Use() : found->second;
  if (use.files >= limits_.sender_files || use.bytes >= limits_.sender_bytes)
    return "Thank you: that is as much as is taken from one person.";
  if (in_all_.files >= limits_.files || in_all_.bytes >= limits_.bytes)
    return "Thank you: as much as is taken has been sent already.";
  return {};
}

void Quota::add(const std::string& sender, std::int64_t bytes) {
  for (Use* use : {&of_sender_[sender], &in_all_}) {
    ++use->files;
    use->bytes += bytes;
  }
}

std::int64_t Quota::file_count(const std::string& sender) const {
  const auto found = of_sender_.find(sender);
  return found == of_sender_.end() ? 0 : found->second.files;
}

}  // namespace pupil::submit
