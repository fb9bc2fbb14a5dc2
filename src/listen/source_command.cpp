// SPDX-License-Identifier: Apache-2.0
// Which program brings a source's samples, decided anew at every start: a card's number, and whether a sound server is there,
// may have changed. Secrets of addresses stay in the words for the child alone; redacted() is for everything that is said.

#include "listen/source_command.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>

#include "base/error.h"
#include "base/file_system.h"
#include "base/read_file.h"
#include "base/text.h"

namespace pupil::listen {
namespace {

namespace fs = std::filesystem;

// The first line of a small file of the system; empty where there is none.
std::string line_of(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return "";
  try {
    const std::string text = read_text(file);
    return text.substr(0, text.find('\n'));
  } catch (const Error&) {
    return "";
  }
}

// Of the USB device that a card belongs to: the folder above it that has a vendor.
std::string usb_of(const fs::path& card) {
  std::error_code failed;
  fs::path folder = fs::canonical(card / "device", failed);
  for (int up = 0; !failed && up < 3; ++up, folder = folder.parent_path()) {
    const std::string vendor = line_of(folder / "idVendor");
    if (vendor.empty()) continue;
    const std::string serial = line_of(folder / "serial");
    return concat(vendor, ":", line_of(folder / "idProduct"), serial.empty() ? "" : ":", serial);
  }
  return "";
}

// " 1 [USB            ]: USB-Audio - USB PnP Sound Device" gives the last part.
std::string description_of(const fs::path& system, const std::string& id) {
  std::error_code ignored;
  const fs::path file = system / "proc/asound/cards";
  if (!fs::exists(file, ignored)) return "";
  const std::string contents = read_text(file);
  const std::string_view text = contents;
  const std::size_t at = text.find("[" + id);
  if (at == std::string_view::npos) return "";
  const std::string_view line = text.substr(at, text.find('\n', at) - at);
  const std::size_t dash = line.find(" - ");
  return dash == std::string_view::npos ? "" : std::string(line.substr(dash + 3));
}

// "pcmC1D0c" is device 0 of card 1, for capture.
std::optional<std::pair<int, int>> capture_device(std::string_view name) {
  if (!name.starts_with("pcmC") || !name.ends_with("c")) return std::nullopt;
  const std::size_t middle = name.find('D');
  if (middle == std::string_view::npos) return std::nullopt;
  return std::pair(std::atoi(std::string(name.substr(4, middle - 4)).c_str()),
                   std::atoi(std::string(name.substr(middle + 1)).c_str()));
}

std::string card_list(const std::vector<SoundCard>& cards) {
  std::string list;
  for (const SoundCard& card : cards) list += concat(list.empty() ? "" : ", ", card.id);
  return list.empty() ? "there is none that records" : concat("there is ", list);
}

// `wanted`: a card's id, or usb:VENDOR:PRODUCT[:SERIAL]; empty: the first.
const SoundCard& find_card(const std::vector<SoundCard>& cards, std::string_view wanted) {
  const bool by_usb = wanted.starts_with("usb:");
  const std::string_view usb = by_usb ? wanted.substr(4) : "";
  for (const SoundCard& card : cards) {
    if (wanted.empty() || (!by_usb && card.id == wanted)) return card;
    if (by_usb && (card.usb == usb || card.usb.starts_with(concat(usb, ":")))) return card;
  }
  throw Error(concat(wanted.empty() ? "no microphone" : concat("no sound card '", wanted, "'"), ": ",
                     card_list(cards), " (pupil listen --devices)"));
}

// Where a login session has a sound server, it holds the cards.
bool has_pulse() {
  if (std::getenv("PULSE_SERVER") != nullptr) return true;
  const char* folder = std::getenv("XDG_RUNTIME_DIR");
  return folder != nullptr && ::access(concat(folder, "/pulse/native").c_str(), F_OK) == 0;
}

SourceCommand pulse(std::string_view name, std::int32_t rate_hz) {
  SourceCommand command;
  command.words = {"parec",
                   "--raw",
                   "--format=s16le",
                   concat("--rate=", rate_hz),
                   "--channels=1",
                   "--latency-msec=100",
                   "--client-name=pupil"};
  if (!name.empty()) command.words.push_back(concat("--device=", name));
  command.note = concat("PulseAudio converts what the source gives to ", rate_hz, " Hz, mono");
  return command;
}

SourceCommand pipewire(std::string_view name, std::int32_t rate_hz) {
  SourceCommand command;
  command.words = {"pw-record", "--rate", concat(rate_hz), "--channels", "1", "--format", "s16"};
  if (!name.empty()) command.words.insert(command.words.end(), {"--target", std::string(name)});
  command.words.push_back("-");
  command.note = concat("PipeWire converts what the source gives to ", rate_hz, " Hz, mono");
  return command;
}

SourceCommand alsa(std::string_view pcm, std::int32_t rate_hz) {
  SourceCommand command;
  command.words = {"arecord",
                   "-v",
                   "-D",
                   std::string(pcm),
                   "-t",
                   "raw",
                   "-f",
                   "S16_LE",
                   "-c",
                   "1",
                   "-r",
                   concat(rate_hz),
                   "--buffer-time=1000000",
                   "-"};
  return command;
}

SourceCommand microphone(std::string_view name, std::int32_t rate_hz, const fs::path& system) {
  if (name.starts_with("pcm:")) return alsa(name.substr(4), rate_hz);
  if (name.empty() && has_pulse()) return pulse("", rate_hz);
  const std::vector<SoundCard> cards = list_sound_cards(system);
  const SoundCard& card = find_card(cards, name);
  return alsa(concat("plughw:CARD=", card.id, ",DEV=", card.device), rate_hz);
}

SourceCommand ffmpeg(std::vector<std::string> options, std::string_view input, std::int32_t rate_hz) {
  SourceCommand command;
  command.words = {"ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "warning"};
  command.words.insert(command.words.end(), options.begin(), options.end());
  for (const char* word : {"-i", "", "-vn", "-sn", "-dn", "-ac", "1", "-ar", "", "-f", "s16le", "-"})
    command.words.push_back(word);
  command.words[command.words.size() - 11] = std::string(input);
  command.words[command.words.size() - 4] = concat(rate_hz);
  command.note = concat("ffmpeg converts its audio to ", rate_hz, " Hz, mono");
  return command;
}

SourceCommand network(std::string_view url, std::int32_t rate_hz, int attempt) {
  if (!url.starts_with("rtsp")) return ffmpeg({"-rw_timeout", "10000000"}, url, rate_hz);
  // Without a timeout a connection that a rebooted camera forgot is waited for forever.
  std::vector<std::string> options = {"-rtsp_transport", "tcp", "-timeout", "10000000"};
  if (attempt == 0) options.insert(options.end(), {"-allowed_media_types", "audio"});
  SourceCommand command = ffmpeg(std::move(options), url, rate_hz);
  if (attempt > 0) command.note += "; the camera refuses to send audio alone, so its video comes too";
  return command;
}

SourceCommand recording(std::string_view path, std::int32_t rate_hz) {
  std::error_code ignored;
  if (!fs::exists(fs::path(path), ignored))
    throw Error(concat(path, ": no such file, and no kind of input (pupil listen --help)"));
  SourceCommand command = ffmpeg({}, concat("file:", path), rate_hz);
  command.live = false;
  command.once = true;
  return command;
}

std::string_view behind(std::string_view input, std::string_view word) {
  return input.size() > word.size() ? input.substr(word.size() + 1) : "";
}

bool is_kind(std::string_view input, std::string_view word) {
  return input == word || input.starts_with(concat(word, ":"));
}

// A URL ends at a blank or a quote.
std::size_t url_end(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_of(" \t\n\"'<>", at);
  return end == std::string_view::npos ? text.size() : end;
}

// Values of a query may be tokens: their names stay.
std::string redacted_url(std::string_view rest) {
  std::string out;
  const std::size_t host_end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::size_t user_end = rest.substr(0, host_end).rfind('@');
  if (user_end != std::string_view::npos) {
    out += "***";
    rest.remove_prefix(user_end);
  }
  bool value = false, query = false;
  for (const char c : rest) {
    query = query || c == '?';
    if (query && c == '&') value = false;
    if (!value) out += c;
    if (query && c == '=' && !value) {
      value = true;
      out += "***";
    }
  }
  return out;
}

}  // namespace

std::vector<SoundCard> list_sound_cards(const fs::path& system) {
  std::vector<SoundCard> cards;
  const fs::path folder = system / "sys/class/sound";
  std::error_code ignored;
  for (const fs::path& entry : folder_entries(folder, &ignored)) {
    const auto device = capture_device(entry.filename().string());
    if (!device) continue;
    const fs::path card = folder / concat("card", device->first);
    SoundCard& found =
        cards.emplace_back(SoundCard{device->first, device->second, line_of(card / "id"), "", usb_of(card)});
    found.description = description_of(system, found.id);
  }
  std::sort(cards.begin(), cards.end(), [](const SoundCard& a, const SoundCard& b) {
    return std::pair(a.number, a.device) < std::pair(b.number, b.device);
  });
  return cards;
}

InputKind input_kind(std::string_view input) {
  if (input == "-") return InputKind::standard_input;
  if (is_kind(input, "mic")) return InputKind::microphone;
  if (is_kind(input, "pulse")) return InputKind::pulse;
  if (is_kind(input, "pipewire")) return InputKind::pipewire;
  if (is_kind(input, "cmd")) return InputKind::command;
  for (const char* scheme : {"rtsp://", "rtsps://", "http://", "https://"}) {
    if (input.starts_with(scheme)) return InputKind::network;
  }
  return InputKind::file;
}

SourceCommand source_command(std::string_view input, std::int32_t rate_hz, int attempt,
                             const fs::path& system) {
  switch (input_kind(input)) {
    case InputKind::microphone: return microphone(behind(input, "mic"), rate_hz, system);
    case InputKind::pulse: return pulse(behind(input, "pulse"), rate_hz);
    case InputKind::pipewire: return pipewire(behind(input, "pipewire"), rate_hz);
    case InputKind::network: return network(input, rate_hz, attempt);
    case InputKind::standard_input: {
      SourceCommand command;
      command.once = true;
      return command;
    }
    case InputKind::command: {
      if (behind(input, "cmd").empty()) throw Error("cmd: names no program");
      SourceCommand command;
      command.words = {std::string(behind(input, "cmd"))};
      command.shell = true;
      return command;
    }
    case InputKind::file: break;
  }
  return recording(input.starts_with("file:") ? input.substr(5) : input, rate_hz);
}

bool has_fallback(std::string_view input) {
  return input.starts_with("rtsp");
}

std::string redacted(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t mark = text.find("://", at);
    if (mark == std::string_view::npos) return out += text.substr(at);
    const std::size_t end = url_end(text, mark + 3);
    out += text.substr(at, mark + 3 - at);
    out += redacted_url(text.substr(mark + 3, end - mark - 3));
    at = end;
  }
  return out;
}

}  // namespace pupil::listen
