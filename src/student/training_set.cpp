// SPDX-License-Identifier: Apache-2.0
// One safetensors file: a column per field of clips and windows, soft targets, embeddings, and the audio of
// all clips end to end as int16.
//
// 1. Audio is a tensor of the file like any other, but is not read through the mapping: find_audio() learns
//    its place, and read_window() uses pread(), which keeps no position: threads share the descriptor.
// 2. Clips and windows are copied out when a set is opened. Soft targets and embeddings are not: they point
//    into tensors that Content::owner keeps.
// 3. The writer puts the audio into PATH.audio first, because the header comes before it and its length is
//    known last. The destructor removes that file, also when finish() was never reached.

#include "student/training_set.h"

#include <ATen/ATen.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "base/array_file.h"
#include "base/error.h"
#include "base/json.h"
#include "base/pcm.h"
#include "base/system_error.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "nn/finite.h"
#include "nn/mapped_file.h"
#include "nn/safetensors.h"
#include "nn/tensor_file.h"

namespace pupil::student {
namespace {

constexpr std::string_view kFormat = "pupil training set 1";

template <typename Value, typename Items, typename Get>
at::Tensor column(const Items& items, at::ScalarType dtype, const Get& get) {
  at::Tensor tensor = at::empty({static_cast<std::int64_t>(items.size())}, dtype);
  auto* out = tensor.data_ptr<Value>();
  for (const auto& item : items) *out++ = static_cast<Value>(get(item));
  return tensor;
}

std::vector<nn::NamedTensor> tables(const TrainingSetDraft& draft) {
  const auto& clips = draft.clips;
  const auto& windows = draft.windows;
  const auto count = static_cast<std::int64_t>(windows.size());
  const auto classes = static_cast<std::int64_t>(draft.class_names.size());
  const auto as_tensor = [](const std::vector<float>& values, std::int64_t rows) {
    const std::int64_t columns = rows == 0 ? 0 : static_cast<std::int64_t>(values.size()) / rows;
    return at::from_blob(const_cast<float*>(values.data()), {rows, columns});
  };
  if (static_cast<std::int64_t>(draft.soft.size()) != count * classes) {
    throw Error(
        concat("training set: ", draft.soft.size(), " soft targets for ", count, " windows of ", classes));
  }
  using C = TrainingClip;
  using W = TrainingWindow;
  return {
      {"clip.first_sample",
       column<std::int64_t>(clips, at::kLong, [](const C& c) { return c.first_sample; })},
      {"clip.sample_count",
       column<std::int64_t>(clips, at::kLong, [](const C& c) { return c.sample_count; })},
      {"clip.split",
       column<std::int32_t>(clips, at::kInt, [](const C& c) { return static_cast<int>(c.split); })},
      {"clip.recording", column<std::int32_t>(clips, at::kInt, [](const C& c) { return c.recording; })},
      {"clip.separated",
       column<std::int32_t>(clips, at::kInt, [](const C& c) { return c.separated ? 1 : 0; })},
      {"clip.borrowed", column<std::int32_t>(clips, at::kInt, [](const C& c) { return c.borrowed ? 1 : 0; })},
      {"window.clip", column<std::int32_t>(windows, at::kInt, [](const W& w) { return w.clip; })},
      {"window.start_sample",
       column<std::int32_t>(windows, at::kInt, [](const W& w) { return w.start_sample; })},
      {"window.verdict",
       column<std::int32_t>(windows, at::kInt, [](const W& w) { return static_cast<int>(w.verdict); })},
      {"window.label", column<std::int32_t>(windows, at::kInt, [](const W& w) { return w.label; })},
      {"window.truth", column<std::int32_t>(windows, at::kInt, [](const W& w) { return w.truth; })},
      {"window.activity_db", column<float>(windows, at::kFloat, [](const W& w) { return w.activity_db; })},
      {"window.soft", as_tensor(draft.soft, count)},
      {"window.embedding", as_tensor(draft.embedding, draft.embedding.empty() ? 0 : count)},
  };
}

ArrayType array_type(const at::Tensor& column) {
  switch (column.scalar_type()) {
    case at::kLong: return ArrayType::i64;
    case at::kInt: return ArrayType::i32;
    default: return ArrayType::f32;
  }
}

/// A column of the file as a vector, converted by `make`.
template <typename Value>
std::span<const Value> read_column(const nn::TensorFile& file, std::string_view name, at::ScalarType dtype,
                                   std::vector<at::Tensor>* keep) {
  at::Tensor tensor = nn::finite_tensor(file, name).contiguous();
  if (tensor.scalar_type() != dtype)
    throw Error(concat("tensor '", name, "' has another type than a training set's"));
  keep->push_back(tensor);
  return {tensor.data_ptr<Value>(), static_cast<std::size_t>(tensor.numel())};
}

/// Columns of one table; otherwise a row would be read beyond a shorter one's end.
template <typename... Columns>
void require_same_length(std::size_t rows, std::string_view table, const Columns&... columns) {
  if (((columns.size() != rows) || ...)) throw Error(concat("the columns of '", table, "' differ in length"));
}

const std::string& text_value(const nn::TensorFile& file, const std::string& key) {
  const auto found = file.values().find(key);
  if (found == file.values().end() || !std::holds_alternative<std::string>(found->second)) {
    throw Error(concat("not a training set: no '", key, "'"));
  }
  return std::get<std::string>(found->second);
}

// Where the audio begins in the file, and how many samples there are.
std::int64_t find_audio(const std::filesystem::path& path, std::int64_t& begin_bytes) {
  const nn::MappedFile file(path);
  for (const nn::TensorLayout& layout : nn::read_safetensors_header(file.bytes()).tensors) {
    if (layout.entry.name != "audio") continue;
    if (layout.entry.dtype != at::kShort)
      throw Error("tensor 'audio' has another type than a training set's");
    begin_bytes = static_cast<std::int64_t>(layout.offset_bytes);
    return static_cast<std::int64_t>(layout.entry.bytes / sizeof(std::int16_t));
  }
  throw Error("no tensor 'audio'");
}

std::shared_ptr<const int> open_to_read(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw_system_error("cannot be opened", errno);
  return {new int(file), [](const int* opened) {
            ::close(*opened);
            delete opened;
          }};
}

void read_at(int file, std::int64_t position_bytes, std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t count = ::pread(file, out.data(), out.size(), position_bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_system_error("cannot be read", errno);
    if (count == 0) throw Error("was shortened while it was in use");
    out = out.subspan(static_cast<std::size_t>(count));
    position_bytes += count;
  }
}

void check(const TrainingSetDraft& draft, std::int64_t sample_count) {
  for (std::size_t i = 0; i < draft.clips.size(); ++i) {
    const TrainingClip& clip = draft.clips[i];
    if (clip.first_sample < 0 || clip.sample_count < 0 ||
        clip.first_sample + clip.sample_count > sample_count) {
      throw Error(concat("clip ", i, " lies outside the audio"));
    }
  }
  const auto clips = static_cast<std::int32_t>(draft.clips.size());
  const auto classes = static_cast<std::int32_t>(draft.class_names.size());
  for (const TrainingWindow& window : draft.windows) {
    if (window.clip < 0 || window.clip >= clips || window.label >= classes || window.truth >= classes) {
      throw Error("a window names a clip or class that is not there");
    }
  }
}

}  // namespace

TrainingSet TrainingSet::relabelled(std::vector<TrainingWindow> windows, std::vector<float> soft) const {
  const auto place = [](const TrainingWindow& window) { return std::pair(window.clip, window.start_sample); };
  if (!std::ranges::equal(windows, this->windows(), {}, place, place) ||
      soft.size() != windows.size() * class_names().size())
    throw Error(concat(path().string(), ": the windows of other labels do not lie where its own do"));
  auto content = std::make_shared<Content>(*content_);
  content->draft.windows = std::move(windows);
  content->draft.soft = std::move(soft);
  content->soft = content->draft.soft.data();
  TrainingSet set;
  set.content_ = std::move(content);
  return set;
}

TrainingSet TrainingSet::open(const std::filesystem::path& path) {
  const nn::TensorFile file = nn::TensorFile::open(path);
  return with_context(path.string(), [&] {
    if (text_value(file, "format") != kFormat) throw Error("not a training set of this version");
    auto content = std::make_shared<Content>();
    auto keep = std::make_shared<std::vector<at::Tensor>>();
    TrainingSetDraft& draft = content->draft;
    content->path = path;
    draft.configuration = text_value(file, "configuration");
    const Json about = parse_json(text_value(file, "about"));
    for (const Json& name : about.at("classes").as_array()) draft.class_names.push_back(name.as_string());
    draft.reported_class_count = static_cast<std::int32_t>(about.at("reported").as_int());
    draft.window_samples = static_cast<std::int32_t>(about.at("window_samples").as_int());

    const auto longs = [&](const char* name) {
      return read_column<std::int64_t>(file, name, at::kLong, keep.get());
    };
    const auto ints = [&](const char* name) {
      return read_column<std::int32_t>(file, name, at::kInt, keep.get());
    };
    const auto floats = [&](const char* name) {
      return read_column<float>(file, name, at::kFloat, keep.get());
    };
    const auto first = longs("clip.first_sample"), samples = longs("clip.sample_count");
    const auto split = ints("clip.split"), recording = ints("clip.recording"),
               separated = ints("clip.separated");
    // Sets of earlier versions have nothing that is borrowed.
    const std::vector<std::int32_t> none(first.size(), 0);
    const auto borrowed = file.has("clip.borrowed") ? ints("clip.borrowed") : std::span(none);
    require_same_length(first.size(), "clip", samples, split, recording, separated, borrowed);
    for (std::size_t i = 0; i < first.size(); ++i) {
      draft.clips.push_back({first[i], samples[i], static_cast<SetSplit>(split[i]), recording[i],
                             separated[i] != 0, borrowed[i] != 0});
    }
    const auto clip = ints("window.clip"), start = ints("window.start_sample"),
               verdict = ints("window.verdict");
    const auto label = ints("window.label"), truth = ints("window.truth");
    const auto activity = floats("window.activity_db");
    require_same_length(clip.size(), "window", start, verdict, label, truth, activity);
    for (std::size_t i = 0; i < clip.size(); ++i) {
      draft.windows.push_back(
          {clip[i], start[i], static_cast<SetVerdict>(verdict[i]), label[i], truth[i], activity[i]});
    }
    const auto soft = floats("window.soft"), embedding = floats("window.embedding");
    if (soft.size() != draft.windows.size() * draft.class_names.size())
      throw Error("soft targets are missing");
    if (draft.windows.empty() ? !embedding.empty() : embedding.size() % draft.windows.size() != 0)
      throw Error("the embeddings do not fit the windows");
    content->soft = soft.data();
    content->embedding = embedding.empty() ? nullptr : embedding.data();
    content->embedding_size =
        draft.windows.empty() ? 0 : static_cast<std::int32_t>(embedding.size() / draft.windows.size());
    check(draft, find_audio(path, content->audio_begin_bytes));
    content->file = open_to_read(path);
    content->owner = keep;
    TrainingSet set;
    set.content_ = std::move(content);
    return set;
  });
}

std::span<const float> TrainingSet::soft(std::int64_t index) const {
  return {content_->soft + index * class_count(), static_cast<std::size_t>(class_count())};
}

std::span<const float> TrainingSet::embedding(std::int64_t index) const {
  if (content_->embedding == nullptr) return {};
  return {content_->embedding + index * embedding_size(), static_cast<std::size_t>(embedding_size())};
}

void TrainingSet::read_window(const TrainingWindow& window, std::int64_t shift, std::span<float> out) const {
  const TrainingClip& clip = clips()[static_cast<std::size_t>(window.clip)];
  const std::int64_t start = window.start_sample + shift;
  const auto length = static_cast<std::int64_t>(out.size());
  // [begin, end) of `out` is within the clip; the rest becomes 0.
  const std::int64_t begin = std::clamp<std::int64_t>(-start, 0, length);
  const std::int64_t end = std::clamp<std::int64_t>(clip.sample_count - start, begin, length);
  std::vector<std::int16_t> samples(static_cast<std::size_t>(end - begin));
  const std::int64_t first =
      content_->audio_begin_bytes + std::int64_t{2} * (clip.first_sample + start + begin);
  with_context(path().string(),
               [&] { read_at(*content_->file, first, std::as_writable_bytes(std::span(samples))); });
  std::fill(out.begin(), out.begin() + begin, 0.0F);
  std::transform(samples.begin(), samples.end(), out.begin() + begin, pcm_to_float);
  std::fill(out.begin() + end, out.end(), 0.0F);
}

// The audio before its place in the set is known: a file beside the set that has lost its name already, so that another
// writer of the same set has its own and no killed process leaves one.
struct TrainingSetWriter::File {
  explicit File(const std::filesystem::path& folder) {
    std::string name = (folder / concat(kTempPrefix, "set-XXXXXX")).string();
    const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0)
      throw DiskError(concat(folder.string(), ": cannot make a file: ", std::strerror(errno)));
    ::unlink(name.c_str());
    handle = ::fdopen(descriptor, "wb");
  }
  ~File() { std::fclose(handle); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::filesystem::path path() const { return concat("/proc/self/fd/", ::fileno(handle)); }

  std::FILE* handle = nullptr;
};

TrainingSetWriter::TrainingSetWriter(std::filesystem::path path)
    : path_(std::move(path)), file_(new File(path_.has_parent_path() ? path_.parent_path() : ".")) {}

TrainingSetWriter::~TrainingSetWriter() = default;

std::int64_t TrainingSetWriter::append(std::span<const float> samples) {
  std::vector<std::int16_t> pcm(samples.size());
  std::ranges::transform(samples, pcm.begin(), float_to_pcm);
  if (std::fwrite(pcm.data(), sizeof(std::int16_t), pcm.size(), file_->handle) != pcm.size()) {
    throw DiskError(concat(path_.string(), ": its audio cannot be written: ", std::strerror(errno)));
  }
  const std::int64_t first = sample_count_;
  sample_count_ += static_cast<std::int64_t>(pcm.size());
  return first;
}

void TrainingSetWriter::finish(const TrainingSetDraft& draft) {
  if (std::fflush(file_->handle) != 0)
    throw DiskError(concat(path_.string(), ": its audio cannot be written: ", std::strerror(errno)));
  const std::vector<nn::NamedTensor> tensors = tables(draft);
  std::vector<NamedArray> arrays;
  for (const nn::NamedTensor& named : tensors) {
    arrays.push_back({named.name,
                      array_type(named.tensor),
                      named.tensor.sizes().vec(),
                      {static_cast<const std::byte*>(named.tensor.data_ptr()), named.tensor.nbytes()},
                      {}});
  }
  arrays.push_back({"audio", ArrayType::i16, {sample_count_}, {}, file_->path()});
  Json about;
  about.set("classes", Json(draft.class_names));
  about.set("reported", draft.reported_class_count);
  about.set("window_samples", draft.window_samples);
  write_array_file(
      path_, arrays,
      {{"format", std::string(kFormat)}, {"configuration", draft.configuration}, {"about", about.dump()}});
}

}  // namespace pupil::student
