// SPDX-License-Identifier: Apache-2.0
// The module pupil-ffmpeg.so: the only file that includes FFmpeg. Opens a source, decodes its best audio
// stream, mixes it down to one channel. Treats errors midway as the ffmpeg program does: leaves the packet
// out and goes on.

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <vector>

#include "audio/ffmpeg_plugin.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/samplefmt.h>
}

namespace pupil::audio {
namespace {

constexpr int kBufferBytes = 1 << 16;

// What FFmpeg may ask for in one piece: its index of a recording of two days. More is what a broken file asks for, and is refused
// without asking the system.
constexpr std::size_t kLargestBlockBytes = 256 << 20;

// Packets of the chosen stream that may pass without one sample; then the source counts as ended. The longest
// honest silence of a decoder is its priming: a handful.
constexpr int kMaxBarrenPackets = 20000;

// Formats that are not sound but name other files or run as programs; ended by a null.
constexpr const char* kRefusedFormats[] = {"concat", "dash", "hls",         "imf",
                                           "rtsp",   "sdp",  "vapoursynth", "webm_dash_manifest"};

// Frames one behind the other, without a container: the first ones say what it is. FFmpeg would keep 5 MB of them in memory while it
// looks for what they lack, and frames of seven bytes take sixty times their size there.
constexpr const char* kBareStreams[] = {"aac", "ac3",  "amr",  "amrnb", "amrwb",
                                        "dts", "eac3", "loas", "mp3",   "truehd"};
constexpr std::int64_t kBareProbeBytes = 1 << 18;

// What open() and next() throw; stays inside the module.
struct Failure {
  std::string reason;
};

std::string reason_of(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

[[noreturn]] void refuse(const std::string& what, int code) {
  throw Failure{what + " (" + reason_of(code) + ")"};
}

template <auto Free>
struct FreeByPointer {
  template <typename T>
  void operator()(T* thing) const {
    Free(&thing);
  }
};

void free_io(AVIOContext** io) {
  // FFmpeg may have replaced the buffer it was given.
  if (*io != nullptr) av_freep(&(*io)->buffer);
  avio_context_free(io);
}

// Both leave errno as it was, for guard().
int read_bytes(void* opaque, std::uint8_t* buffer, int capacity) {
  const auto* bytes = static_cast<const FfmpegBytes*>(opaque);
  const int before = errno;
  const std::int32_t count = bytes->read(bytes->owner, buffer, capacity);
  errno = before;
  if (count < 0) return AVERROR(EIO);
  return count == 0 ? AVERROR_EOF : count;
}

std::int64_t seek_bytes(void* opaque, std::int64_t offset, int whence) {
  const auto* bytes = static_cast<const FfmpegBytes*>(opaque);
  if ((whence & AVSEEK_SIZE) != 0) return bytes->size_bytes >= 0 ? bytes->size_bytes : AVERROR(ENOSYS);
  // avio_seek() has already turned the others into absolute positions.
  if ((whence & ~AVSEEK_FORCE) != SEEK_SET) return AVERROR(EINVAL);
  const int before = errno;
  const std::int64_t position = bytes->seek(bytes->owner, offset);
  errno = before;
  return position < 0 ? AVERROR(EIO) : position;
}

// A source is one file. What wants to open another (playlists, references) is refused.
int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

// One sample as float, full scale 1.
template <typename T>
float to_float(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<float>(value);
  } else if constexpr (std::is_same_v<T, std::uint8_t>) {
    return static_cast<float>(static_cast<int>(value) - 128) * (1.0F / 128.0F);
  } else {
    constexpr float scale = -1.0F / static_cast<float>(std::numeric_limits<T>::min());
    return static_cast<float>(value) * scale;
  }
}

template <typename T>
void mix(const AVFrame& frame, int channel, std::vector<float>& mono) {
  const int channel_count = frame.ch_layout.nb_channels;
  const bool planar = av_sample_fmt_is_planar(static_cast<AVSampleFormat>(frame.format)) != 0;
  const auto first = channel < 0 ? 0 : channel;
  const auto last = channel < 0 ? channel_count - 1 : channel;
  const float scale = 1.0F / static_cast<float>(last - first + 1);
  const auto count = static_cast<std::size_t>(frame.nb_samples);
  mono.assign(count, 0.0F);
  for (int c = first; c <= last; ++c) {
    const T* samples = reinterpret_cast<const T*>(frame.extended_data[planar ? c : 0]) + (planar ? 0 : c);
    const auto stride = static_cast<std::size_t>(planar ? 1 : channel_count);
    for (std::size_t i = 0; i < count; ++i) mono[i] += to_float(samples[i * stride]) * scale;
  }
}

void mix_down(const AVFrame& frame, int channel, std::vector<float>& mono) {
  switch (av_get_packed_sample_fmt(static_cast<AVSampleFormat>(frame.format))) {
    case AV_SAMPLE_FMT_U8: return mix<std::uint8_t>(frame, channel, mono);
    case AV_SAMPLE_FMT_S16: return mix<std::int16_t>(frame, channel, mono);
    case AV_SAMPLE_FMT_S32: return mix<std::int32_t>(frame, channel, mono);
    case AV_SAMPLE_FMT_S64: return mix<std::int64_t>(frame, channel, mono);
    case AV_SAMPLE_FMT_FLT: return mix<float>(frame, channel, mono);
    case AV_SAMPLE_FMT_DBL: return mix<double>(frame, channel, mono);
    default: throw Failure{"samples of an unknown kind"};
  }
}

void check_limits(int sample_rate_hz, int channel_count, int channel) {
  if (sample_rate_hz < kMinSampleRateHz || sample_rate_hz > kMaxSampleRateHz) {
    throw Failure{"sample rate is " + std::to_string(sample_rate_hz) + " Hz, not within " +
                  std::to_string(kMinSampleRateHz) + " to " + std::to_string(kMaxSampleRateHz)};
  }
  if (channel_count < 1 || channel_count > kMaxChannelCount) {
    throw Failure{"has " + std::to_string(channel_count) + " channels, at most " +
                  std::to_string(kMaxChannelCount) + " are read"};
  }
  if (channel >= channel_count) {
    throw Failure{"no channel " + std::to_string(channel) + " (the source has " +
                  std::to_string(channel_count) + ", counted from 0)"};
  }
}

}  // namespace

struct FfmpegStream {
  FfmpegStream(const FfmpegBytes& source, std::int32_t wanted_channel);

  void describe(FfmpegInfo& info) const;
  bool next(FfmpegBlock& block, std::int64_t& lost_packet_count);

 private:
  void open_container();
  void open_decoder();
  bool read_packet(std::int64_t& lost_packet_count);

  FfmpegBytes bytes_;
  int channel_;
  std::unique_ptr<AVIOContext, FreeByPointer<free_io>> io_;
  std::unique_ptr<AVFormatContext, FreeByPointer<avformat_close_input>> container_;
  std::unique_ptr<AVCodecContext, FreeByPointer<avcodec_free_context>> decoder_;
  std::unique_ptr<AVPacket, FreeByPointer<av_packet_free>> packet_{av_packet_alloc()};
  std::unique_ptr<AVFrame, FreeByPointer<av_frame_free>> frame_{av_frame_alloc()};
  const AVStream* stream_ = nullptr;
  int barren_packet_count_ = 0;
  bool draining_ = false;
  std::vector<float> mono_;
};

FfmpegStream::FfmpegStream(const FfmpegBytes& source, std::int32_t wanted_channel)
    : bytes_(source), channel_(wanted_channel) {
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(kBufferBytes));
  if (buffer == nullptr) throw std::bad_alloc();
  io_.reset(avio_alloc_context(buffer, kBufferBytes, 0, &bytes_, read_bytes, nullptr,
                               bytes_.seek != nullptr ? seek_bytes : nullptr));
  if (!io_ || !packet_ || !frame_) {
    if (!io_) av_free(buffer);
    throw std::bad_alloc();
  }
  open_container();
  open_decoder();
}

void FfmpegStream::open_container() {
  AVFormatContext* container = avformat_alloc_context();
  if (container == nullptr) throw std::bad_alloc();
  container->pb = io_.get();
  container->flags |= AVFMT_FLAG_CUSTOM_IO;
  container->io_open = refuse_to_open;
  container->protocol_whitelist = av_strdup("none");
  container_.reset(container);

  // Found before it is opened: opening a script would run it.
  const AVInputFormat* format = nullptr;
  int code = av_probe_input_buffer2(io_.get(), &format, bytes_.name, container, 0, 0);
  if (code < 0) refuse("not a kind of audio file that FFmpeg knows", code);
  for (const char* refused : kRefusedFormats) {
    if (std::strcmp(format->name, refused) == 0) {
      throw Failure{std::string("no audio but a list of other files (") + refused + ")"};
    }
  }
  for (const char* bare : kBareStreams) {
    if (std::strcmp(format->name, bare) == 0) container->probesize = kBareProbeBytes;
  }
  // avformat_open_input() frees the context where it fails.
  container = container_.release();
  code = avformat_open_input(&container, bytes_.name, format, nullptr);
  if (code < 0) refuse(std::string("broken ") + format->name + " file", code);
  container_.reset(container);
  code = avformat_find_stream_info(container, nullptr);
  if (code < 0) refuse(std::string("broken ") + format->name + " file", code);
}

void FfmpegStream::open_decoder() {
  const int best = av_find_best_stream(container_.get(), AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0);
  if (best < 0) {
    throw Failure{std::string("no audio stream (") + container_->iformat->name +
                  " file, streams: " + std::to_string(container_->nb_streams) + ")"};
  }
  for (unsigned i = 0; i < container_->nb_streams; ++i) {
    if (static_cast<int>(i) != best) container_->streams[i]->discard = AVDISCARD_ALL;
  }
  stream_ = container_->streams[best];
  const AVCodecParameters& parameters = *stream_->codecpar;
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  if (parameters.codec_id == AV_CODEC_ID_NONE) {
    throw Failure{std::string("a codec that FFmpeg does not know, in a ") + container_->iformat->name +
                  " file"};
  }
  if (codec == nullptr) {
    throw Failure{std::string("FFmpeg has no decoder for ") + avcodec_get_name(parameters.codec_id)};
  }
  // 0: only the decoder will know.
  if (parameters.sample_rate != 0 && parameters.ch_layout.nb_channels != 0) {
    check_limits(parameters.sample_rate, parameters.ch_layout.nb_channels, channel_);
  }
  decoder_.reset(avcodec_alloc_context3(codec));
  if (!decoder_ || avcodec_parameters_to_context(decoder_.get(), &parameters) < 0) throw std::bad_alloc();
  // Callers decode many files side by side. FFmpeg itself cuts priming and padding (gapless).
  decoder_->thread_count = 1;
  decoder_->pkt_timebase = stream_->time_base;
  const int code = avcodec_open2(decoder_.get(), codec, nullptr);
  if (code < 0)
    refuse(std::string("the ") + avcodec_get_name(parameters.codec_id) + " decoder refuses", code);
}

void FfmpegStream::describe(FfmpegInfo& info) const {
  std::snprintf(info.container, sizeof info.container, "%s", container_->iformat->name);
  std::snprintf(info.codec, sizeof info.codec, "%s", avcodec_get_name(stream_->codecpar->codec_id));
  const AVCodecParameters& parameters = *stream_->codecpar;
  // Of FLAC and its like the header says it, of plain samples the codec itself.
  info.bits_per_sample = parameters.bits_per_raw_sample > 0 ? parameters.bits_per_raw_sample
                                                            : av_get_bits_per_sample(parameters.codec_id);
  info.duration_s = 0;
  if (stream_->duration != AV_NOPTS_VALUE) {
    info.duration_s = static_cast<double>(stream_->duration) * av_q2d(stream_->time_base);
  } else if (container_->duration != AV_NOPTS_VALUE) {
    info.duration_s = static_cast<double>(container_->duration) / AV_TIME_BASE;
  }
  if (!(info.duration_s > 0)) info.duration_s = 0;
}

// Hands the decoder its next packet, or tells it that there are no more. False: neither did anything.
bool FfmpegStream::read_packet(std::int64_t& lost_packet_count) {
  if (draining_) return false;
  if (barren_packet_count_ < kMaxBarrenPackets) {
    while (av_read_frame(container_.get(), packet_.get()) >= 0) {
      if (packet_->stream_index != stream_->index) {
        av_packet_unref(packet_.get());
        continue;
      }
      ++barren_packet_count_;
      const int code = avcodec_send_packet(decoder_.get(), packet_.get());
      av_packet_unref(packet_.get());
      if (code < 0) ++lost_packet_count;
      return true;
    }
  }
  // The end, or a container broken here: what the decoder still holds is good.
  draining_ = true;
  avcodec_send_packet(decoder_.get(), nullptr);
  return true;
}

bool FfmpegStream::next(FfmpegBlock& block, std::int64_t& lost_packet_count) {
  for (;;) {
    const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (code == AVERROR_EOF) return false;
    if (code < 0) {
      if (code != AVERROR(EAGAIN)) ++lost_packet_count;
      if (!read_packet(lost_packet_count)) return false;
      continue;
    }
    if (frame_->nb_samples <= 0) continue;
    check_limits(frame_->sample_rate, frame_->ch_layout.nb_channels, channel_);
    mix_down(*frame_, channel_, mono_);
    barren_packet_count_ = 0;
    block = {mono_.data(), frame_->nb_samples, frame_->sample_rate, frame_->ch_layout.nb_channels};
    return true;
  }
}

namespace {

// Runs `work`; what it throws becomes a text and `failed`. So does memory that the system refused meanwhile, which only errno tells:
// FFmpeg says ENOMEM of a broken file too (kLargestBlockBytes), takes it for the end of the file, or goes on without what it wanted.
template <typename Result, typename Work>
Result guard(FfmpegMessage* message, Result failed, Work&& work) noexcept {
  const auto say = [message](const char* text) {
    std::snprintf(message->text, sizeof message->text, "%s", text);
  };
  Result result = failed;
  errno = 0;
  try {
    result = work();
    message->out_of_memory = errno == ENOMEM;
  } catch (const Failure& failure) {
    message->out_of_memory = errno == ENOMEM;
    say(failure.reason.c_str());
  } catch (const std::bad_alloc&) {
    message->out_of_memory = true;
  } catch (...) {
    say("unexpected failure");
  }
  if (!message->out_of_memory) return result;
  say("out of memory");
  return failed;
}

FfmpegStream* open_stream(const FfmpegBytes* bytes, std::int32_t channel, FfmpegInfo* info,
                          FfmpegMessage* message) noexcept {
  std::unique_ptr<FfmpegStream> stream;
  const bool opened = guard(message, false, [&] {
    stream = std::make_unique<FfmpegStream>(*bytes, channel);
    stream->describe(*info);
    return true;
  });
  return opened ? stream.release() : nullptr;
}

FfmpegResult next_block(FfmpegStream* stream, FfmpegBlock* block, std::int64_t* lost_packet_count,
                        FfmpegMessage* message) noexcept {
  return guard(message, kFfmpegFailed,
               [&] { return stream->next(*block, *lost_packet_count) ? kFfmpegBlock : kFfmpegEnd; });
}

void close_stream(FfmpegStream* stream) noexcept {
  delete stream;
}

// FFmpeg writes its complaints to stderr; ours are the messages.
void stay_silent(void*, int, const char*, va_list) {}

}  // namespace
}  // namespace pupil::audio

const pupil::audio::FfmpegApi* pupil_ffmpeg_api() noexcept {
  using namespace pupil::audio;
  static const FfmpegApi api = [] {
    av_log_set_callback(stay_silent);
    av_max_alloc(kLargestBlockBytes);
    return FfmpegApi{kFfmpegApiVersion, open_stream, next_block, close_stream};
  }();
  return &api;
}
