// SPDX-License-Identifier: Apache-2.0
// How long a reviewer waits, with a synthetic catalogue of any size: from the start to the first window, from a verdict to the next
// window, and what memory that takes.
//
//   review_queue [WINDOWS] [VERDICTS]      100000 300

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/scratch_folder.h"
#include "base/split_mix.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "corpus/scores.h"
#include "corpus/synthetic.h"
#include "corpus/windows.h"
#include "review/session.h"

namespace {

using namespace pupil;

constexpr std::int64_t kWindowsPerClip = 9;
constexpr std::size_t kClasses = 10, kDimension = 512;

std::string class_name(std::size_t k) {
  return concat("class ", k);
}

float draw(std::uint64_t a, std::uint64_t b) {
  return static_cast<float>(split_mix(a * 1000 + b) >> 40U) / static_cast<float>(1U << 24U);
}

void label_window(corpus::Catalogue& catalogue, std::int64_t embed, std::int64_t label, std::int64_t id) {
  const auto seed = static_cast<std::uint64_t>(id);
  std::vector<float> soft(kClasses), embedding(kDimension);
  const std::size_t best = seed % kClasses;
  const float margin = draw(seed, 1);
  soft[best] = (1 + margin) / 2;
  soft[(best + 1) % kClasses] = (1 - margin) / 2;
  for (std::size_t d = 0; d < kDimension; ++d)
    embedding[d] = draw(best, d) + draw(seed % 997, d) + 0.3F * draw(seed, d);
  corpus::put_embedding(catalogue, embed, id, embedding);
  corpus::put_label(catalogue, label,
                    {id, margin > 0.5F ? corpus::Verdict::accepted : corpus::Verdict::doubtful,
                     class_name(best), soft, soft[best], margin, 0.5});
}

void make_project(const std::filesystem::path& dir, std::int64_t window_count) {
  std::string toml = "name = \"synthetic\"\n[label]\nbroad_negatives = false\n";
  Json classes;
  for (std::size_t k = 0; k < kClasses; ++k) {
    toml += concat("[[class]]\nname = \"", class_name(k), "\"\nprompts = [\"", class_name(k), "\"]\n");
    classes.push_back(class_name(k));
  }
  write_whole(dir / "pupil.toml", toml);
  auto catalogue = corpus::Catalogue::create(dir);
  corpus::add_synthetic_clips(catalogue, window_count / kWindowsPerClip + 1, 1);
  corpus::cut_pending_windows(catalogue, {});
  const auto windows = corpus::window_config(catalogue, {});
  const auto embed = corpus::configure(catalogue, "embed", "{}");
  const auto score = corpus::configure(catalogue, "score", concat("{\"embed\":\"", embed.hash, "\"}"));
  Json text = Json::Object{{"teachers", Json(Json::Array{Json::Object{{"score", score.hash}}})},
                           {"windows", windows.hash},
                           {"classes", classes}};
  const auto label = corpus::configure(catalogue, "label", text.dump());
  corpus::WindowFilter filter;
  filter.window_config_id = windows.id;
  for (std::int64_t after = 0;;) {
    const auto batch = corpus::list_windows(catalogue, filter, after, 10'000);
    if (batch.empty()) return;
    corpus::Transaction transaction(catalogue);
    for (const corpus::Window& window : batch) label_window(catalogue, embed.id, label.id, window.id);
    transaction.commit();
    after = batch.back().id;
  }
}

double megabytes() {
  std::ifstream file("/proc/self/statm");
  long all = 0, resident = 0;
  file >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

template <typename Work>
double milliseconds(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

double at(std::vector<double> times, double share) {
  std::ranges::sort(times);
  return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
}

void measure(const std::filesystem::path& dir, int verdicts) {
  std::unique_ptr<review::ReviewSession> session;
  Json next;
  const double first = milliseconds([&] {
    session = std::make_unique<review::ReviewSession>(dir, review::SessionOptions{.reviewer = "bench"});
    next = session->next("bench", 1);
  });
  std::printf("%s windows: first window after %.0f ms, %.0f MB\n",
              with_thousands(session->about().at("windows").as_int()).c_str(), first, megabytes());
  const double sketches = milliseconds([&] {
    while (!session->knows_alike()) ::usleep(10'000);
  });
  std::printf("what sounds alike: known %.1f s later, %.0f MB\n", sketches / 1000, megabytes());
  std::vector<double> steps, near;
  for (int i = 0; i < verdicts; ++i) {
    const Json item = next.at("items").as_array().at(0);
    steps.push_back(milliseconds([&] {
      session->record({.reviewer = "bench",
                       .window_id = item.at("id").as_int(),
                       .kind = corpus::VerdictKind::accept,
                       .repeat_of = item.at("repeat_of").as_int()});
      next = session->next("bench", 1);
    }));
    near.push_back(milliseconds([&] { session->neighbours(item.at("id").as_int()); }));
  }
  std::printf("verdict to next window: median %.1f ms, 99 %% %.1f ms, longest %.1f ms\n", at(steps, 0.5),
              at(steps, 0.99), at(steps, 1));
  std::printf("neighbours of a window: median %.1f ms, longest %.1f ms\n", at(near, 0.5), at(near, 1));
  std::printf("memory behind %d verdicts: %.0f MB\n", verdicts, megabytes());
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t windows = argc > 1 ? std::atoll(argv[1]) : 100'000;
  const int verdicts = argc > 2 ? std::atoi(argv[2]) : 300;
  const ScratchFolder folder;
  make_project(folder.path(), windows);
  measure(folder.path(), verdicts);
}
