// SPDX-License-Identifier: Apache-2.0
// Why one thread: a source brings 32 kB a second and its model needs a hundredth of a core; what could hold the loop up, a
// disk, is bridged by the children's pipes (child_process.cpp). So nothing here needs a lock.

#include "listen/listener.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <functional>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "listen/utc.h"

namespace pupil::listen {
namespace {

constexpr int kWaitMs = 200;

sigset_t listened_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  return set;
}

}  // namespace

SignalQueue::SignalQueue() {
  const sigset_t set = listened_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of write()
  handle_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

SignalQueue::~SignalQueue() {
  ::close(handle_);
  const sigset_t set = listened_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

int SignalQueue::take() {
  signalfd_siginfo info{};
  return ::read(handle_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

Models Listener::load_models(const ListenConfig& config) {
  Models models;
  std::string fault;
  for (const ModelSpec& spec : config.models) {
    try {
      models.push_back(std::make_shared<const LoadedModel>(spec, config.path_of(spec.path).string()));
    } catch (const Error& error) {
      fault = error.what();
      if (config.models.size() > 1) log_info(concat("model ", spec.name, " is left out: ", fault));
    }
  }
  if (models.empty()) throw Error(fault);
  return models;
}

std::int32_t Listener::clip_rate_hz(const ListenConfig& config) {
  return load_models(config).front()->rate_hz();
}

Listener::Listener(ListenConfig config, Home* home, std::vector<std::unique_ptr<Sink>> sinks,
                   SignalQueue& signals)
    : config_(std::move(config)),
      home_(home),
      sinks_(std::move(sinks)),
      signals_(signals),
      models_(load_models(config_)),
      watches_(models_.size()),
      now_(Moment::now()) {
  for (const InputSpec& spec : config_.sources) inputs_.push_back(make_input(spec));
  announce();
}

Listener::~Listener() = default;

Channel::Shared Listener::shared() const {
  const bool frames =
      std::any_of(sinks_.begin(), sinks_.end(), [](const auto& sink) { return sink->wants_frames(); });
  return {&config_, home_, sinks_, frames};
}

Listener::Input Listener::make_input(const InputSpec& spec) {
  Input input;
  input.channel = std::make_unique<Channel>(spec, models_, shared());
  const auto seed = static_cast<std::uint64_t>(now_.steady.count()) ^ std::hash<std::string>()(spec.name);
  input.source = std::make_unique<Source>(spec, input.channel->rate_hz(), *this, seed);
  return input;
}

Listener::Input& Listener::input_of(const Source& source) {
  return *std::find_if(inputs_.begin(), inputs_.end(),
                       [&](const Input& input) { return input.source.get() == &source; });
}

void Listener::announce() {
  std::vector<std::string> sources;
  for (const Input& input : inputs_) sources.push_back(input.source->name());
  std::vector<ListenedModel> models;
  for (const auto& model : models_) models.push_back(model->announced());
  for (const auto& sink : sinks_) sink->configured(sources, models);
}

void Listener::source_audio(Source& source, std::span<const std::int16_t> samples, bool gap) {
  Channel& channel = *input_of(source).channel;
  if (gap) channel.interrupt();
  const std::int64_t before = channel.window_count();
  channel.push(samples, source.clock(), now_);
  if (channel.window_count() == before) return;
  scored_ = true;
  manager_.ready();
}

void Listener::source_changed(Source& source) {
  const SourceStatus& status = source.status();
  log_info(concat(utc_text(status.since), " source ", status.source, ": ", name_of(status.state),
                  status.reason.empty() ? "" : ": ", status.reason,
                  status.detecting ? "" : " (switched off)"));
  if (status.state == SourceState::waiting || status.state == SourceState::ended || !status.detecting)
    input_of(source).channel->interrupt();
  for (const auto& sink : sinks_) sink->source_changed(status);
}

void Listener::run() {
  while (!stopping_ && !all_over()) {
    wait_for_audio();
    now_ = Moment::now();
    tick();
  }
  manager_.stopping();
  for (Input& input : inputs_) input.source->stop();
  for (Input& input : inputs_) input.channel->interrupt();
  if (home_ != nullptr) home_->flush();
}

bool Listener::all_over() const {
  return std::all_of(inputs_.begin(), inputs_.end(),
                     [](const Input& input) { return input.source->status().state == SourceState::ended; });
}

void Listener::wait_for_audio() {
  std::vector<pollfd> waits = {{signals_.handle(), POLLIN, 0}};
  for (const Input& input : inputs_) {
    waits.push_back({input.source->output(), POLLIN, 0});  // a negative one is passed over
    waits.push_back({input.source->errors(), POLLIN, 0});
  }
  if (::poll(waits.data(), waits.size(), kWaitMs) <= 0) return;
  now_ = Moment::now();
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (waits[2 * i + 2].revents != 0) inputs_[i].source->errors_readable();
    if (waits[2 * i + 1].revents != 0) inputs_[i].source->readable(now_);
  }
  if (waits[0].revents != 0) take_signals();
}

void Listener::take_signals() {
  for (int number = 0; (number = signals_.take()) != 0;) {
    if (number == SIGHUP) {
      reload();
    } else {
      stopping_ = true;
    }
  }
}

void Listener::tick() {
  if (now_.steady - ticked_ < std::chrono::milliseconds(kWaitMs)) return;
  ticked_ = now_.steady;
  follow_switches();
  for (Input& input : inputs_) input.source->tick(now_);
  if (stop_at_ && now_.steady >= *stop_at_) stopping_ = true;
  if (now_.steady - second_ < std::chrono::seconds(1)) return;
  second_ = now_.steady;
  tick_second();
}

void Listener::follow_switches() {
  if (switches_ == nullptr) return;
  for (Input& input : inputs_) {
    const bool on = switches_->is_on(input.source->name());
    if (input.source->status().detecting != on) input.source->set_detecting(on);
  }
}

void Listener::tick_second() {
  for (const auto& sink : sinks_) sink->tick(now_.utc);
  if (home_ != nullptr) home_->tick(now_.utc);
  watch_models();
  // Audio was scored, or none is to be had and that is being seen to: both are a loop that works.
  std::int64_t listening = 0;
  for (const Input& input : inputs_) {
    const SourceStatus& status = input.source->status();
    listening += status.detecting && status.state == SourceState::listening ? 1 : 0;
  }
  if (scored_ || listening == 0) manager_.alive(now_.steady);
  scored_ = false;
  manager_.status(
      concat(listening, " of ", inputs_.size(), inputs_.size() == 1 ? " source" : " sources", " listening"));
}

void Listener::watch_models() {
  for (std::size_t i = 0; i < models_.size(); ++i) {
    const auto loaded = watches_[i].look(*models_[i]);
    if (!loaded) continue;
    Models models = models_;
    models[i] = loaded;
    try {
      apply(config_, std::move(models));
      log_info(concat("model ", loaded->spec().name, " was replaced: ", loaded->sha256().substr(0, 12)));
    } catch (const Error& error) {
      log_info(concat("model ", loaded->spec().name, " stays as it was: ", error.what()));
    }
    return;
  }
}

void Listener::reload() {
  try {
    ListenConfig config = config_.file.empty() ? config_ : load_listen_config(config_.file);
    Models models = load_models(config);
    // One whose file and settings are the same goes on without a seam.
    for (auto& model : models) {
      for (const auto& now : models_) {
        if (now->sha256() == model->sha256() && now->spec() == model->spec()) model = now;
      }
    }
    apply(std::move(config), std::move(models));
    log_info("the configuration was read again");
  } catch (const Error& error) {
    log_info(concat("the configuration stays as it was: ", error.what()));
  }
}

// Sources whose settings are the same go on with the children that they have.
void Listener::apply(ListenConfig config, Models models) {
  std::swap(config_, config);
  std::swap(models_, models);
  std::vector<Input> added;
  std::size_t configured = 0;
  const auto kept = [&](const InputSpec& spec) {
    return std::find_if(inputs_.begin(), inputs_.end(),
                        [&](const Input& input) { return input.channel->input() == spec; });
  };
  try {
    for (const InputSpec& spec : config_.sources) {
      if (kept(spec) == inputs_.end()) added.push_back(make_input(spec));
    }
    for (; configured < inputs_.size(); ++configured) {
      const InputSpec& spec = inputs_[configured].channel->input();
      if (std::find(config_.sources.begin(), config_.sources.end(), spec) != config_.sources.end())
        inputs_[configured].channel->configure(models_);
    }
  } catch (const Error&) {
    std::swap(config_, config);
    std::swap(models_, models);
    for (std::size_t i = 0; i < configured; ++i) inputs_[i].channel->configure(models_);
    throw;
  }
  for (auto input = inputs_.begin(); input != inputs_.end();) {
    const InputSpec& spec = input->channel->input();
    const bool stays =
        std::find(config_.sources.begin(), config_.sources.end(), spec) != config_.sources.end();
    if (!stays) input->channel->interrupt();
    input = stays ? input + 1 : inputs_.erase(input);
  }
  for (Input& input : added) inputs_.push_back(std::move(input));
  watches_.assign(models_.size(), {});
  announce();
}

}  // namespace pupil::listen
