#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pupil listen with the real programs that bring it audio: ffmpeg, ALSA, PulseAudio, an RTSP server, an HTTP stream; and
# what becomes of its children. A part whose program is not installed is skipped aloud.
# listen_test.sh PUPIL TONE_MODEL
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/expect.sh"
pupil=$1
folder=$(mktemp -d)
cd "$folder"
"$2" . || exit 1
started=()
trap 'for child in "${started[@]}"; do kill -9 "$child" 2>/dev/null; done; rm -rf "$folder"' EXIT
skip() { echo "SKIP: $1 is not installed: $2 was not tested"; }
has() { command -v "$1" >/dev/null; }
free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# until SECONDS COMMAND...: waits until it succeeds.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}
listen() {  # LOG ARGUMENTS...: in the background; its number is in $listener
  local log=$1
  shift
  "$pupil" listen "$@" >"$log" 2>&1 &
  listener=$!
  started+=("$listener")
}
finds() { until_true "$2" grep -q "  tone  .*begins" "$1" || { fail "$3: no event"; cat "$1"; }; }
stop() {
  kill -TERM "$listener"
  wait "$listener"
  local code=$?
  [[ $code == 0 ]] || fail "$1: ended with $code"
}

# What is wrong is one line that says what to do.
expect 2 "MODEL is missing" "$pupil" listen
expect 1 "no.pupil" "$pupil" listen no.pupil
expect 1 "pupil listen MODEL --init" "$pupil" listen no.toml
expect 0 "wrote listen.toml" "$pupil" listen tone.pupil --init
expect 1 "is there already" "$pupil" listen tone.pupil --init
expect 0 "good: 1 models, 1 sources" "$pupil" listen listen.toml --check
echo 'colour = 1' >bad.toml
expect 1 "bad.toml:1: colour: unknown key" "$pupil" listen bad.toml --check
expect 0 "" "$pupil" listen --devices
expect 0 "ended: no.wav: no such file" "$pupil" listen tone.pupil --source no.wav

# A program's samples; SIGTERM ends it, SIGHUP does not.
listen program.log tone.pupil --home home --source 'cmd:while :; do cat noise.raw tone.raw noise.raw; sleep 1; done'
finds program.log 10 "a program"
kill -HUP "$listener"
until_true 10 grep -q "configuration was read again" program.log || fail "SIGHUP was not taken"
until_true 10 grep -q "clips/" program.log || fail "no clip"
stop "a program"
clip=$(ls home/clips/*/*tone* | head -1)
peak=$(awk -F'\t' '$1 == "event" {print $6; exit}' home/index/*.tsv)
expect 0 "tone: best $peak, threshold 0.5000: event" "$pupil" listen tone.pupil --replay "$clip"

# Killed, it leaves no child behind, not even one's own child that is stopped.
listen killed.log tone.pupil --source 'cmd:cat /dev/urandom & sleep 986532 & wait'
until_true 10 pgrep -f 'sleep 986532' >/dev/null || fail "the child did not start"
kill -STOP "$(pgrep -x -f 'sleep 986532')" 2>/dev/null
kill -9 "$listener"
until_true 5 bash -c '! pgrep -x -f "sleep 986532" >/dev/null' || fail "a child outlived the program"

# Thresholds from what a place sounds like.
expect 0 "proposed" "$pupil" listen tone.pupil --calibrate 0.001 --source 'cmd:cat noise.raw tone.raw noise.raw; sleep 9'
sed -i 's|^name = "mic"|&\ninput = "cmd:cat noise.raw tone.raw noise.raw; sleep 9"|' listen.toml
expect 0 "wrote the thresholds" "$pupil" listen listen.toml --calibrate 0.001 --set
expect 0 "good" "$pupil" listen listen.toml --check
grep -q "calibrated thresholds: end" listen.toml || fail "listen.toml has no calibrated thresholds"

if has ffmpeg; then
  cat noise.raw tone.raw noise.raw | ffmpeg -v error -f s16le -ar 16000 -ac 1 -i - -ar 44100 -ac 2 scene.mp3
  expect 0 "begins" "$pupil" listen tone.pupil --source scene.mp3
  cat noise.raw tone.raw noise.raw | ffmpeg -v error -f s16le -ar 16000 -ac 1 -i - scene.wav
  expect 0 "begins" "$pupil" listen tone.pupil --source - <scene.wav

  # A radio that goes away and comes back.
  port=$(free_port)
  radio() {
    ffmpeg -v error -re -f lavfi -i sine=1000 -f mp3 -listen 1 "http://127.0.0.1:$port/live.mp3" 2>/dev/null &
    server=$!
    started+=("$server")
  }
  radio
  listen http.log tone.pupil --source "http://anna:secret@127.0.0.1:$port/live.mp3"
  finds http.log 20 "HTTP"
  kill -9 "$server"
  until_true 20 grep -q "source: waiting" http.log || fail "HTTP: the end of the radio was not seen"
  radio
  until_true 25 bash -c '(($(grep -c "source: listening" http.log) >= 2))' || fail "HTTP: it did not come back"
  stop "HTTP"
  grep -q secret http.log && fail "HTTP: a password is in the log"
else
  skip ffmpeg "recordings and HTTP"
fi

if has arecord; then
  # A microphone of another rate, with two channels.
  cat >asoundrc <<CONF
pcm.yard { type plug slave { pcm "yard_hw" format S16_LE channels 2 rate 48000 } }
pcm.yard_hw { type file slave.pcm { type null } file "/dev/null" infile "$folder/scene48.raw" format "raw" }
CONF
  cat noise.raw tone.raw noise.raw | ffmpeg -v error -f s16le -ar 16000 -ac 1 -i - -f s16le -ac 2 -ar 48000 scene48.raw
  ALSA_CONFIG_PATH="/usr/share/alsa/alsa.conf:$folder/asoundrc" listen alsa.log tone.pupil --source mic:pcm:yard
  finds alsa.log 10 "ALSA"
  grep -q "the device gives S16_LE, 48000 Hz, 2 channels; ALSA converts it to 16000 Hz, mono" alsa.log ||
    { fail "ALSA: what is converted was not said"; cat alsa.log; }
  stop "ALSA"
  listen absent.log tone.pupil --source mic:NoSuchCard
  until_true 10 grep -q "waiting: no sound card 'NoSuchCard'" absent.log || fail "ALSA: an absent card was not said"
  stop "ALSA, absent"
else
  skip arecord "ALSA"
fi

if has pulseaudio && has parec; then
  export XDG_RUNTIME_DIR=$folder/run PULSE_SERVER=unix:$folder/run/pulse.socket
  mkdir -m 700 "$XDG_RUNTIME_DIR"
  sound_server() {
    pulseaudio -n --daemonize=no --exit-idle-time=-1 -L "module-null-sink sink_name=yard" \
      -L "module-native-protocol-unix auth-anonymous=1 socket=$folder/run/pulse.socket" >pulse.log 2>&1 &
    server=$!
    started+=("$server")
    until_true 10 pactl info >/dev/null 2>&1 || fail "PulseAudio does not start"
    ffmpeg -v error -f lavfi -i sine=1000:duration=60 -f s16le -ar 44100 -ac 2 - 2>/dev/null | pacat --raw -d yard &
    started+=($!)
  }
  sound_server
  listen pulse.log2 tone.pupil --source pulse:yard.monitor
  finds pulse.log2 15 "PulseAudio"
  kill -9 "$server"
  until_true 20 grep -q "source: waiting" pulse.log2 || fail "PulseAudio: its end was not seen"
  sound_server
  until_true 25 bash -c '(($(grep -c "source: listening" pulse.log2) >= 2))' || fail "PulseAudio: it did not come back"
  stop "PulseAudio"
else
  skip pulseaudio "PulseAudio"
fi

if has pw-record && has wireplumber && has dbus-run-session; then
  export XDG_RUNTIME_DIR=$folder/pipewire
  mkdir -m 700 "$XDG_RUNTIME_DIR"
  cat >pipewire.conf <<'CONF'
context.properties = { core.daemon = true core.name = pipewire-0 support.dbus = false }
context.spa-libs = { audio.convert.* = audioconvert/libspa-audioconvert support.* = support/libspa-support }
context.modules = [
  { name = libpipewire-module-protocol-native } { name = libpipewire-module-metadata }
  { name = libpipewire-module-spa-node-factory } { name = libpipewire-module-client-node }
  { name = libpipewire-module-access args = { } } { name = libpipewire-module-adapter }
  { name = libpipewire-module-link-factory } ]
context.objects = [
  { factory = spa-node-factory args = { factory.name = support.node.driver node.name = driver priority.driver = 20000 } }
  { factory = adapter args = { factory.name = support.null-audio-sink node.name = yard media.class = Audio/Sink
                               audio.position = [ MONO ] } } ]
CONF
  ffmpeg -v error -f lavfi -i sine=1000:duration=60 long.wav
  dbus-run-session -- bash -c "pipewire -c '$folder/pipewire.conf' & wireplumber & sleep 2
    pw-cat -p --target yard long.wav & sleep 30 & wait -n; kill %1 %2 %3 %4" >pipewire.log 2>&1 &
  server=$!
  started+=("$server")
  sleep 2
  listen pw.log tone.pupil --source pipewire:yard
  finds pw.log 20 "PipeWire"
  stop "PipeWire"
  kill -TERM "$server" 2>/dev/null
else
  skip "pw-record with wireplumber" "PipeWire"
fi

if has ffmpeg && /usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null; then
  port=$(free_port)
  camera() {
    "$here/rtsp_server.py" "$port" >camera.log 2>&1 &
    server=$!
    started+=("$server")
    until_true 10 grep -q ready camera.log || fail "RTSP: the camera does not start"
  }
  camera
  listen rtsp.log tone.pupil --source "rtsp://anna:secret@127.0.0.1:$port/live"
  finds rtsp.log 20 "RTSP"
  kill -STOP "$server"  # a half-open connection: it is there and gives nothing
  until_true 20 grep -q "source: stalled: no audio for 10.0 s\|source: waiting" rtsp.log ||
    fail "RTSP: the stall was not seen"
  kill -9 "$server"
  camera
  until_true 40 bash -c '(($(grep -c "source: listening" rtsp.log) >= 2))' || fail "RTSP: it did not come back"
  stop "RTSP"
  grep -q secret rtsp.log && fail "RTSP: a password is in the log"
else
  skip "GStreamer's RTSP server" "RTSP"
fi

((failures == 0)) && echo "all passed"
exit $((failures > 0))
