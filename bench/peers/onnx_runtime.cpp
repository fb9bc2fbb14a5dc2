// SPDX-License-Identifier: Apache-2.0
// dlopen() and not a linked library: the program starts and its other engines run where onnxruntime is not
// installed.
//
// 1. Every call goes through Api::call(), which throws the message of a status that is not null and releases
//    it.
// 2. A Handle belongs to State and is released in the reverse order of creation; a session outlives its
//    tensors' use.
// 3. The input tensor points into State::frames, which never moves after the session is open; the output is
//    made by the first run and written again by later ones.

#include "bench/peers/onnx_runtime.h"

#include <dlfcn.h>

#include <cstdint>
#include <stdexcept>
#include <utility>

namespace pupil::bench {
namespace {

// onnxruntime's C interface is a table of functions whose places never change; the npm package has no header,
// so the places of those that are called are listed here. Every handle is opaque.
using Handle = void*;
enum Place : std::size_t {
  kGetErrorMessage = 2,
  kCreateEnv = 3,
  kDisableTelemetryEvents = 6,
  kCreateSessionFromArray = 8,
  kRun = 9,
  kCreateSessionOptions = 10,
  kSetOptimizedModelFilePath = 11,
  kSetGraphOptimizationLevel = 23,
  kSetIntraOpThreads = 24,
  kSetInterOpThreads = 25,
  kCreateTensorWithData = 49,
  kGetTensorData = 51,
  kGetShapeElementCount = 64,
  kGetTensorTypeAndShape = 65,
  kCreateCpuMemoryInfo = 69,
  kReleaseEnv = 92,
  kReleaseStatus = 93,
  kReleaseMemoryInfo = 94,
  kReleaseSession = 95,
  kReleaseValue = 96,
  kReleaseShape = 99,
  kReleaseSessionOptions = 100,
};
constexpr std::uint32_t kApiVersion = 1;
constexpr int kWarnings = 2, kAllOptimisations = 99, kFloat = 1, kDeviceAllocator = 0, kDefaultMemory = 0;

struct Base {
  const void* const* (*api)(std::uint32_t version);
  const char* (*version)();
};

const Base& base_of(const std::string& library) {
  // Never closed: its threads may still run and its statics be in use when the handle goes.
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw std::runtime_error(dlerror());
  using GetBase = const Base* (*)();
  const auto get_base = reinterpret_cast<GetBase>(dlsym(handle, "OrtGetApiBase"));
  if (get_base == nullptr) throw std::runtime_error(library + ": has no OrtGetApiBase");
  return *get_base();
}

class Api {
 public:
  explicit Api(const std::string& library) : base_(base_of(library)), table_(base_.api(kApiVersion)) {}

  const char* version() const { return base_.version(); }

  /// Calls a function that returns a status; throws its message.
  template <typename... Arguments>
  void call(Place place, Arguments... arguments) const {
    using Function = Handle (*)(Arguments...);
    const Handle status = reinterpret_cast<Function>(table_[place])(arguments...);
    if (status == nullptr) return;
    using Message = const char* (*)(Handle);
    const std::string message = reinterpret_cast<Message>(table_[kGetErrorMessage])(status);
    release(kReleaseStatus, status);
    throw std::runtime_error("onnxruntime: " + message);
  }

  void release(Place place, Handle handle) const {
    if (handle != nullptr) reinterpret_cast<void (*)(Handle)>(table_[place])(handle);
  }

 private:
  const Base& base_;
  const void* const* table_;
};

}  // namespace

struct OnnxRuntime::State {
  explicit State(const std::string& library) : api(library) {
    api.call(kCreateEnv, kWarnings, "pupil", &env);
    api.call(kDisableTelemetryEvents, env);
    api.call(kCreateSessionOptions, &options);
    api.call(kSetIntraOpThreads, options, 1);
    api.call(kSetInterOpThreads, options, 1);
    api.call(kSetGraphOptimizationLevel, options, kAllOptimisations);
  }
  ~State() {
    api.release(kReleaseValue, output);
    api.release(kReleaseValue, input);
    api.release(kReleaseMemoryInfo, memory);
    api.release(kReleaseSession, session);
    api.release(kReleaseSessionOptions, options);
    api.release(kReleaseEnv, env);
  }

  void open(std::span<const char> model) {
    api.call(kCreateSessionFromArray, env, static_cast<const void*>(model.data()), model.size(), options,
             &session);
  }

  Api api;
  Handle env = nullptr, options = nullptr, session = nullptr, memory = nullptr, input = nullptr,
         output = nullptr;
  OnnxPorts ports;
  std::vector<float> frames;
};

OnnxPorts exported_ports(std::int64_t frames, std::int64_t bins) {
  return {"frames", {1, 1, frames, bins}, "logits"};
}

OnnxRuntime::OnnxRuntime(const std::string& library, std::span<const char> model, OnnxPorts ports)
    : state_(std::make_unique<State>(library)) {
  State& s = *state_;
  s.open(model);
  s.ports = std::move(ports);
  const std::vector<std::int64_t>& shape = s.ports.input_shape;
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  s.frames.resize(static_cast<std::size_t>(count));
  s.api.call(kCreateCpuMemoryInfo, kDeviceAllocator, kDefaultMemory, &s.memory);
  s.api.call(kCreateTensorWithData, s.memory, static_cast<void*>(s.frames.data()),
             s.frames.size() * sizeof(float), shape.data(), shape.size(), kFloat, &s.input);
}

OnnxRuntime::~OnnxRuntime() = default;

std::string OnnxRuntime::version() const {
  return state_->api.version();
}

std::span<float> OnnxRuntime::input() {
  return state_->frames;
}

std::span<const float> OnnxRuntime::run() {
  State& s = *state_;
  const char* const input_name = s.ports.input.c_str();
  const char* const output_name = s.ports.output.c_str();
  // The first run makes the output tensor; later ones write into it.
  s.api.call(kRun, s.session, Handle(nullptr), &input_name, &s.input, std::size_t{1}, &output_name,
             std::size_t{1}, &s.output);
  float* logits = nullptr;
  s.api.call(kGetTensorData, s.output, &logits);
  Handle shape = nullptr;
  std::size_t count = 0;
  s.api.call(kGetTensorTypeAndShape, s.output, &shape);
  s.api.call(kGetShapeElementCount, shape, &count);
  s.api.release(kReleaseShape, shape);
  return {logits, count};
}

void OnnxRuntime::write_optimised(const std::string& library, std::span<const char> model,
                                  const std::string& path) {
  State state(library);
  state.api.call(kSetOptimizedModelFilePath, state.options, path.c_str());
  state.open(model);
}

}  // namespace pupil::bench
