// SPDX-License-Identifier: Apache-2.0
// The page where a recording is made, listened to and sent. The browser applies the checks of submit/recording.cpp to what it
// decodes, with the limits that the server gives, so that a sender knows before anything is sent; the server decides.
//
// `take` is what would be sent: its bytes, and the decoded samples that are drawn, measured and played. There is one at a time.
"use strict";

const byId = id => document.getElementById(id);
const make = (tag, text, name) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (name) e.className = name; return e; };

let about = null, context = null, take = null, player = null, recording = null, sending = false, canRecord = false;

// Sound.

async function audioContext() {
  context = context || new AudioContext();
  if (context.state === "suspended") await context.resume();
  return context;
}

function meanOfChannels(buffer) {
  const mono = new Float32Array(buffer.length);
  for (let c = 0; c < buffer.numberOfChannels; ++c) {
    const channel = buffer.getChannelData(c);
    for (let i = 0; i < mono.length; ++i) mono[i] += channel[i] / buffer.numberOfChannels;
  }
  return mono;
}

// As audio/dc_blocker.h: a high-pass of first order at 20 Hz, so that a constant offset is no level.
function measure(samples, rate) {
  const kept = 1 / (1 + 2 * Math.PI * 20 / rate);
  let out = 0, last = samples.length ? samples[0] : 0, peak = 0, clipped = 0;
  for (const sample of samples) {
    out = kept * (out + sample - last);
    last = sample;
    peak = Math.max(peak, Math.abs(out));
    if (Math.abs(sample) >= about.limits.full_scale) ++clipped;
  }
  return {seconds: samples.length / rate, peakDb: peak > 0 ? 20 * Math.log10(peak) : -120, clipped: samples.length ? clipped / samples.length : 0};
}

function wavBytes(pieces, rate) {
  const count = pieces.reduce((sum, piece) => sum + piece.length, 0), view = new DataView(new ArrayBuffer(44 + 2 * count));
  const text = (at, letters) => { for (let i = 0; i < letters.length; ++i) view.setUint8(at + i, letters.charCodeAt(i)); };
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * count, true); text(8, "WAVEfmt "); view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); view.setUint16(22, 1, true); view.setUint32(24, rate, true); view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true); view.setUint16(34, 16, true); text(36, "data"); view.setUint32(40, 2 * count, true);
  let at = 44;
  for (const piece of pieces)
    for (const sample of piece) { view.setInt16(at, Math.max(-32768, Math.min(32767, Math.round(32768 * sample))), true); at += 2; }
  return view.buffer;
}

// Checks: what is measured, and whether it will be taken.

function checksOf(figures, bytes) {
  const limits = about.limits, percent = value => (100 * value).toFixed(1) + " %", decibels = (Math.round(figures.peakDb) || 0) + " dB";
  const level = figures.peakDb < limits.silence_db ? "There is no sound in it. Is the microphone muted, or another one chosen?"
      : figures.peakDb < limits.quiet_db ? "Too quiet: its loudest moment is at " + decibels + ", and " + limits.quiet_db + " dB are the least. Come nearer, or turn the microphone up."
      : "";
  return [
    {good: figures.seconds >= limits.min_s && figures.seconds <= limits.max_s, text: figures.seconds.toFixed(1) + " s long (" + limits.min_s + " to " + limits.max_s + " s)"},
    {good: !level, text: level || "Loud enough: its loudest moment is at " + decibels + " of full scale"},
    {good: figures.clipped <= limits.clipped_share, text: figures.clipped > limits.clipped_share ? "Clipped: " + percent(figures.clipped) + " of it is at full scale. Go further away, or turn the microphone down." : "Not clipped"},
    {good: bytes <= limits.max_bytes, text: (bytes / 1e6).toFixed(1) + " MB large (at most " + limits.max_bytes / 1e6 + " MB)"},
  ];
}

function whatIsMissing() {
  if (recording) return "Stop the recording first.";
  if (!take) return "Record something, or choose a file.";
  if (take.checks.some(check => !check.good)) return "It cannot be sent as it is: see what is marked under 2.";
  if (!take.played) return "Listen to it first.";
  if (!chosenLicence()) return "Choose a licence.";
  if (!byId("agreed").checked) return "Agree to the text, or do not send it.";
  return "";
}

const chosenLicence = () => (document.querySelector("input[name=licence]:checked") || {}).value;

function show() {
  const missing = whatIsMissing();
  byId("missing").textContent = sending ? "sending" : missing;
  byId("record").disabled = !canRecord || sending;
  byId("file").disabled = Boolean(recording) || sending;
  byId("send").disabled = sending || Boolean(missing);
  byId("play").disabled = byId("discard").disabled = !take || Boolean(recording) || sending;
  byId("play").textContent = player ? "Stop" : "Play";
  byId("checks").replaceChildren(...(take ? take.checks : []).map(check => make("li", check.text, check.good ? "" : "bad")));
}

function draw() {
  const canvas = byId("wave"), width = canvas.width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
  const height = canvas.height = Math.max(1, Math.round(canvas.clientHeight * devicePixelRatio)), paint = canvas.getContext("2d");
  const colours = getComputedStyle(document.documentElement);
  paint.clearRect(0, 0, width, height);
  if (!take) return;
  paint.fillStyle = colours.getPropertyValue("--accent");
  const samples = take.samples;
  for (let x = 0; x < width; ++x) {
    let low = 0, high = 0;
    for (let i = Math.floor(x * samples.length / width); i < (x + 1) * samples.length / width; ++i) { low = Math.min(low, samples[i]); high = Math.max(high, samples[i]); }
    paint.fillRect(x, (1 - Math.min(1, high)) * height / 2, 1, Math.max(1, (Math.min(1, high) - Math.max(-1, low)) * height / 2));
  }
  if (!player) return;
  paint.fillStyle = colours.getPropertyValue("--hit");
  paint.fillRect(width * (player.from + context.currentTime - player.begin) / take.buffer.duration, 0, 2 * devicePixelRatio, height);
  requestAnimationFrame(draw);
}

function say(text, good) {
  byId("answer").textContent = text;
  byId("answer").className = good ? "good" : "bad";
}

// A new take, from whichever side. The browser must be able to play it: nobody sends what they cannot listen to.
async function setTake(bytes) {
  stop();
  take = null;
  say("");
  try {
    const buffer = await (await audioContext()).decodeAudioData(bytes.slice(0)), samples = meanOfChannels(buffer);
    take = {bytes, buffer, samples, checks: checksOf(measure(samples, buffer.sampleRate), bytes.byteLength), played: false};
  } catch (error) {
    say("Your browser cannot play this file, so you could not listen to it. WAV, FLAC, MP3 and M4A go everywhere.");
  }
  show();
  draw();
}

function stop() {
  if (!player) return;
  player.source.onended = null;
  player.source.stop();
  player = null;
}

async function play(from) {
  stop();
  const source = (await audioContext()).createBufferSource();
  source.buffer = take.buffer;
  source.connect(context.destination);
  source.onended = () => { player = null; show(); draw(); };
  source.start(0, from);
  player = {source, from, begin: context.currentTime};
  take.played = true;
  show();
  draw();
}

// Recording.

function clockText(seconds) { return seconds.toFixed(1) + " s of at most " + about.limits.max_s + " s"; }

async function startRecording() {
  stop();
  take = null;
  say("");
  draw();
  // What a telephone call wants done to a voice would spoil every other sound.
  const wanted = {audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}};
  let stream = null;
  try {
    stream = await navigator.mediaDevices.getUserMedia(wanted);
    const place = await audioContext();
    if (!place.hasRecorder) await place.audioWorklet.addModule("recorder.js");
    place.hasRecorder = true;
    const source = place.createMediaStreamSource(stream), node = new AudioWorkletNode(place, "recorder", {numberOfOutputs: 0});
    recording = {stream, source, node, pieces: [], count: 0, rate: place.sampleRate};
    node.port.onmessage = event => takePiece(event.data);
    source.connect(node);
    byId("record").textContent = "Stop";
    byId("record").classList.add("on");
  } catch (error) {
    if (stream) stream.getTracks().forEach(track => track.stop());
    say(error.name === "NotAllowedError" ? "The microphone was not allowed. Allow it in your browser, or choose a file." : "No microphone: " + error.message + ". You can choose a file.");
  }
  show();
}

function takePiece(piece) {
  if (!recording) return;
  recording.pieces.push(piece);
  recording.count += piece.length;
  recording.loudest = Math.max(piece.reduce((most, value) => Math.max(most, Math.abs(value)), 0), 0.9 * (recording.loudest || 0));
  byId("level").style.width = Math.max(0, Math.min(100, 100 + 20 * Math.log10(recording.loudest + 1e-9) * 100 / 60)) + "%";
  byId("level").classList.toggle("loud", recording.loudest >= about.limits.full_scale);
  byId("clock").textContent = clockText(recording.count / recording.rate);
  if (recording.count / recording.rate >= about.limits.max_s - 0.1) stopRecording();
}

async function stopRecording() {
  const made = recording;
  recording = null;
  made.source.disconnect();
  made.stream.getTracks().forEach(track => track.stop());
  byId("record").textContent = "Record again";
  byId("record").classList.remove("on");
  byId("level").style.width = "0";
  await setTake(wavBytes(made.pieces, made.rate));
}

async function chooseFile() {
  const file = byId("file").files[0];
  byId("file").value = "";
  if (!file) return;
  if (file.size > about.limits.max_bytes) {
    stop();
    take = null;
    show();
    draw();
    return say("That file is too large: " + (file.size / 1e6).toFixed(1) + " MB, and " + about.limits.max_bytes / 1e6 + " MB are the most.");
  }
  await setTake(await file.arrayBuffer());
}

// Sending.

async function send() {
  sending = true;
  stop();
  show();
  const sent = take, query = new URLSearchParams({licence: chosenLicence(), consent: about.consent_sha256});
  try {
    const answer = await fetch("send?" + query, {method: "POST", headers: {"Content-Type": "application/octet-stream"}, body: sent.bytes});
    if (!answer.ok) throw new Error((await answer.text()).trim());
    const known = await answer.json();
    say("Received. Thank you!", true);
    byId("received").append(make("li", known.duration_s.toFixed(1) + " s, " + known.licence));
    forget();
  } catch (error) {
    say(error instanceof TypeError ? "It was not sent: the page cannot be reached. It is still here; send it again." : error.message);
  }
  sending = false;
  show();
  draw();
}

// The next recording is given anew: nothing is agreed to in advance.
function forget() {
  stop();
  take = null;
  byId("agreed").checked = false;
  byId("clock").textContent = "";
}

function showAbout() {
  byId("title").textContent = about.title;
  byId("wanted").textContent = about.wanted.length ? "Wanted: " + about.wanted.join(", ") + ". Recordings of what can be mistaken for them help as much." : "";
  byId("licences").replaceChildren(...about.licences.map(licence => {
    const label = make("label"), radio = make("input");
    radio.type = "radio";
    radio.name = "licence";
    radio.value = licence.id;
    label.append(radio, " ", make("b", licence.id), " ", make("span", licence.words));
    return label;
  }));
  byId("consent").textContent = about.consent;
  byId("sender").textContent = about.sender;
  canRecord = Boolean(navigator.mediaDevices && window.AudioWorkletNode);
  byId("get-note").textContent = canRecord ? "Nothing leaves your browser before you send it."
      : "To record here this page has to be opened by https, or on the machine itself. You can choose a file.";
}

function wire() {
  byId("record").addEventListener("click", () => recording ? stopRecording() : startRecording());
  byId("file").addEventListener("change", chooseFile);
  byId("play").addEventListener("click", () => { if (player) { stop(); show(); draw(); } else play(0); });
  byId("discard").addEventListener("click", () => { forget(); say(""); show(); draw(); });
  byId("wave").addEventListener("click", event => { if (take && !sending) play(event.offsetX / byId("wave").clientWidth * take.buffer.duration); });
  byId("send").addEventListener("click", send);
  byId("licences").addEventListener("change", show);
  byId("agreed").addEventListener("change", show);
  addEventListener("resize", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

async function begin() {
  const answer = await fetch("about");
  if (!answer.ok) throw new Error((await answer.text()).trim());
  about = await answer.json();
  showAbout();
  wire();
  show();
  document.body.dataset.ready = "1";
}

begin().catch(error => say(error.message));
