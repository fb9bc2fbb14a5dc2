// SPDX-License-Identifier: Apache-2.0
// The C interface, which the npm and Python packages call, by any calls in any order: statuses, and no write outside the memory that
// was given. A stream that was pushed in pieces gives the scores of the whole, whatever the samples are; scores are shares.
// Each call is two bytes: which, and a number; what it takes as samples or scores follows from the bytes that come next.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "model/model_writer.h"
#include "model/random_model.h"
#include "pupil/edge/pupil.h"

namespace {

constexpr std::int32_t kHopMs = 100;

struct Input {
  std::span<const std::uint8_t> bytes;

  std::uint8_t next() {
    if (bytes.empty()) return 0;
    const std::uint8_t byte = bytes.front();
    bytes = bytes.subspan(1);
    return byte;
  }
  // Every kind of number that a caller may have.
  float number() {
    const std::uint8_t byte = next();
    switch (byte) {
      case 0xff: return std::numeric_limits<float>::quiet_NaN();
      case 0xfe: return std::numeric_limits<float>::infinity();
      case 0xfd: return -std::numeric_limits<float>::max();
      case 0xfc: return std::numeric_limits<float>::denorm_min();
      default: return (static_cast<float>(byte) - 126.0F) / 126.0F;
    }
  }
};

const pupil_model* speck() {
  static const std::vector<std::byte> file =
      pupil::edge::write_model(pupil::edge::random_model(pupil::edge::named_sketch("speck"), 1));
  static std::vector<std::byte> memory(pupil_model_bytes());
  static pupil_model* model = nullptr;
  if (model == nullptr &&
      pupil_model_load(file.data(), file.size(), memory.data(), memory.size(), &model) != PUPIL_OK)
    std::abort();
  return model;
}

void check_scores(const float* scores) {
  for (std::int32_t k = 0; k < pupil_model_class_count(speck()); ++k) {
    if (!(scores[k] >= 0 && scores[k] <= 1)) std::abort();
  }
}

// What is made once: it takes longer than a whole run of calls. Each is in memory of exactly the size that it asks for, so that
// AddressSanitizer sees every byte beyond; each run begins with a reset, after which nothing of an earlier run may be left.
template <typename Object>
struct Placed {
  template <typename Init>
  Placed(std::size_t bytes, Init init) : memory(bytes) {
    if (init(memory.data(), memory.size(), &object) != PUPIL_OK) std::abort();
  }
  std::vector<std::byte> memory;
  Object* object = nullptr;
};

pupil_status make_stream(void* memory, std::size_t bytes, pupil_stream** made) {
  return pupil_stream_init(speck(), kHopMs, memory, bytes, made);
}
pupil_status make_features(void* memory, std::size_t bytes, pupil_features** made) {
  return pupil_features_init(speck(), memory, bytes, made);
}
pupil_status make_network(void* memory, std::size_t bytes, pupil_network** made) {
  return pupil_network_init(speck(), memory, bytes, made);
}

// The latest scores of a stream that gets all samples at once; empty: none.
std::vector<float> push_whole(const std::vector<float>& samples) {
  static const Placed<pupil_stream> placed(pupil_stream_bytes(speck(), kHopMs), make_stream);
  pupil_stream* const stream = placed.object;
  pupil_stream_reset(stream);
  for (std::size_t at = 0; at < samples.size();) {
    std::size_t used = 0;
    std::int32_t scored = 0;
    if (pupil_stream_push_f32(stream, samples.data() + at, samples.size() - at, &used, &scored) != PUPIL_OK ||
        used == 0)
      std::abort();
    at += used;
  }
  const float* scores = pupil_stream_scores(stream);
  if (scores == nullptr) return {};
  return {scores, scores + pupil_model_class_count(speck())};
}

class Calls {
 public:
  explicit Calls(Input input) : input_(input), events_memory_(pupil_events_bytes(speck())) {
    static const Placed<pupil_stream> stream(pupil_stream_bytes(speck(), kHopMs), make_stream);
    static const Placed<pupil_features> features(pupil_features_bytes(speck()), make_features);
    static const Placed<pupil_network> network(pupil_network_bytes(speck()), make_network);
    stream_ = stream.object;
    features_ = features.object;
    network_ = network.object;
    reset();
    if (pupil_events_init(speck(), nullptr, events_memory_.data(), events_memory_.size(), &events_) !=
        PUPIL_OK)
      std::abort();
  }

  void run() {
    while (!input_.bytes.empty()) {
      const std::uint8_t call = input_.next(), number = input_.next();
      switch (call % 8) {
        case 0: push(static_cast<std::size_t>(number) * 16); break;
        case 1: number < 128 ? push(number % 7) : push_s16(number); break;
        case 2:
          ask(number);
          reset();
          break;
        case 3: push_features(number); break;
        case 4: run_network(number); break;
        case 5: push_events(number); break;
        case 6: begin_events(); break;
        default: resample(number); break;
      }
    }
    const float* scores = pupil_stream_scores(stream_);
    const std::vector<float> whole = push_whole(pushed_);
    if ((scores == nullptr) != whole.empty()) std::abort();
    if (scores != nullptr && std::memcmp(scores, whole.data(), whole.size() * sizeof(float)) != 0)
      std::abort();
  }

 private:
  std::vector<float> samples(std::size_t count) {
    std::vector<float> out(count);
    const float first = input_.number(), second = input_.number();
    for (std::size_t i = 0; i < count; ++i) out[i] = i % 3 == 0 ? second : first;
    return out;
  }

  void push(std::size_t count) {
    if (pushed_.size() > 40'000) return;
    const std::vector<float> piece = samples(count);
    for (std::size_t at = 0; at < piece.size();) {
      std::size_t used = 0;
      std::int32_t scored = 0;
      if (pupil_stream_push_f32(stream_, piece.data() + at, piece.size() - at, &used, &scored) != PUPIL_OK ||
          used == 0 || used > piece.size() - at)
        std::abort();
      at += used;
      if (scored != 0) check_scores(pupil_stream_scores(stream_));
    }
    pushed_.insert(pushed_.end(), piece.begin(), piece.end());
  }

  // The same scores as of floats.
  void push_s16(std::size_t count) {
    if (pushed_.size() > 40'000) return;
    std::vector<std::int16_t> piece(count);
    for (std::int16_t& sample : piece) {
      sample = static_cast<std::int16_t>(input_.next() * 257 - 32768);
      pushed_.push_back(static_cast<float>(sample) / 32768);
    }
    for (std::size_t at = 0; at < piece.size();) {
      std::size_t used = 0;
      std::int32_t scored = 0;
      if (pupil_stream_push_s16(stream_, piece.data() + at, piece.size() - at, &used, &scored) != PUPIL_OK ||
          used == 0 || used > piece.size() - at)
        std::abort();
      at += used;
      if (scored != 0) check_scores(pupil_stream_scores(stream_));
    }
  }

  // What can be asked at any time, of classes that are none too.
  void ask(std::uint8_t number) {
    const std::int32_t index = number - 100;
    const bool is_class = index >= 0 && index < pupil_model_class_count(speck());
    if ((pupil_model_label(speck(), index) != nullptr) != is_class ||
        std::isnan(pupil_model_threshold(speck(), index)) == is_class)
      std::abort();
    const std::int32_t active = pupil_events_active(events_, index);
    if (active != 0 && (active != 1 || !is_class)) std::abort();
    const char key[] = {static_cast<char>(number), 0};
    pupil_model_metadata(speck(), key);
    const bool scored = pupil_stream_scores(stream_) != nullptr;
    if ((pupil_stream_logits(stream_) != nullptr) != scored) std::abort();
    const auto pushed = static_cast<std::int64_t>(pushed_.size());
    if (scored && pupil_stream_window_end_samples(stream_) > pushed) std::abort();
    if (pupil_stream_hop_samples(stream_) <= 0 || pupil_model_frame_hop_samples(speck()) <= 0) std::abort();
  }

  void reset() {
    pupil_stream_reset(stream_);
    pupil_features_reset(features_);
    pushed_.clear();
  }

  void push_features(std::uint8_t number) {
    const std::vector<float> piece = samples(static_cast<std::size_t>(number) * 4);
    const std::size_t wanted = pupil_features_frame_count(features_, piece.size()) *
                               static_cast<std::size_t>(pupil_model_mel_count(speck()));
    const std::size_t room = number % 5 == 0 && wanted > 0 ? wanted - 1 : wanted;
    std::vector<float> frames(room);
    std::int32_t written = 0;
    const pupil_status status = pupil_features_push_f32(features_, piece.data(), piece.size(), frames.data(),
                                                        frames.size(), &written);
    if ((status == PUPIL_OK) != (room == wanted)) std::abort();
  }

  void run_network(std::uint8_t number) {
    const auto wanted = static_cast<std::size_t>(pupil_model_window_frames(speck())) *
                        static_cast<std::size_t>(pupil_model_mel_count(speck()));
    const std::vector<float> frames = samples(number % 4 == 0 ? number : wanted);
    std::vector<float> scores(static_cast<std::size_t>(pupil_model_class_count(speck())));
    const pupil_status status =
        pupil_network_run(network_, frames.data(), frames.size(), scores.data(), scores.size());
    if ((status == PUPIL_OK) != (frames.size() == wanted)) std::abort();
    if (status == PUPIL_OK) check_scores(scores.data());
  }

  void begin_events() {
    pupil_event_options options;
    pupil_event_options_for(static_cast<std::int32_t>(input_.next()) * 40 - 100, &options);
    options.votes = static_cast<std::int32_t>(input_.next()) - 3;
    options.of = static_cast<std::int32_t>(input_.next()) - 3;
    options.release_share = input_.number();
    options.bridge_ms = (static_cast<std::int32_t>(input_.next()) - 4) * 1000000;
    pupil_events* made = nullptr;
    if (pupil_events_init(speck(), &options, events_memory_.data(), events_memory_.size(), &made) ==
        PUPIL_OK) {
      events_ = made;
    } else if (pupil_events_init(speck(), nullptr, events_memory_.data(), events_memory_.size(), &events_) !=
               PUPIL_OK) {
      std::abort();
    }
  }

  void push_events(std::uint8_t number) {
    pupil_events_set_threshold(events_, static_cast<std::int32_t>(number % 5) - 1, input_.number());
    std::vector<float> scores(static_cast<std::size_t>(pupil_model_class_count(speck())));
    for (float& score : scores) score = input_.number();
    std::vector<pupil_event> ended(static_cast<std::size_t>(pupil_model_reported_class_count(speck())));
    end_samples_ += static_cast<std::int64_t>(input_.next()) * 160;
    std::int32_t count = 0;
    const pupil_status status = number % 16 == 0
                                    ? pupil_events_finish(events_, ended.data(), ended.size(), &count)
                                    : pupil_events_push(events_, scores.data(), scores.size(), end_samples_,
                                                        ended.data(), ended.size(), &count);
    if (status != PUPIL_OK) return;
    if (count < 0 || static_cast<std::size_t>(count) > ended.size()) std::abort();
    for (const pupil_event& event : std::span(ended).first(static_cast<std::size_t>(count))) {
      if (event.start_samples > event.end_samples) std::abort();
    }
  }

  void resample(std::uint8_t number) {
    constexpr std::int32_t kRates[] = {0, 8000, 11025, 16000, 24000, 32000, 48000, -1};
    const std::int32_t from = kRates[number % 8], to = kRates[number / 8 % 8];
    std::vector<std::byte> memory(pupil_resampler_bytes(from, to));
    pupil_resampler* resampler = nullptr;
    const bool made = pupil_resampler_init(from, to, memory.data(), memory.size(), &resampler) == PUPIL_OK;
    if (made != !memory.empty()) std::abort();
    if (!made) return;
    const std::vector<float> piece = samples(input_.next());
    std::vector<float> out(pupil_resampler_push_count(resampler, piece.size()));
    std::size_t written = 0;
    if (pupil_resampler_push(resampler, piece.data(), piece.size(), out.data(), out.size(), &written) !=
            PUPIL_OK ||
        written != out.size())
      std::abort();
    out.resize(pupil_resampler_finish_count(resampler));
    if (pupil_resampler_finish(resampler, out.data(), out.size(), &written) != PUPIL_OK ||
        written != out.size())
      std::abort();
  }

  Input input_;
  std::vector<std::byte> events_memory_;
  std::vector<float> pushed_;
  std::int64_t end_samples_ = 0;
  pupil_stream* stream_ = nullptr;
  pupil_features* features_ = nullptr;
  pupil_network* network_ = nullptr;
  pupil_events* events_ = nullptr;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Calls(Input{{data, size}}).run();
  return 0;
}
