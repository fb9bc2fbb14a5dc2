// SPDX-License-Identifier: Apache-2.0
// The page of `pupil demo`: spectrogram.js stands before it, and the model, both WebAssembly modules and the npm package lie
// beside it in the page as data. Texts of the model only ever go in by textContent.
//
// A sound is live (the audio thread scores it and tells us) or a recording (scored here, again whenever a threshold has
// been moved). Either way showScores() and showEvents() show it.

const byId = id => document.getElementById(id);
const embedded = id => Uint8Array.from(atob(byId(id).textContent), c => c.charCodeAt(0));
// Not blob: Chromium gives no audio thread of a page from the disk a script by such an address.
const scriptUrl = (...texts) => "data:text/javascript;charset=utf-8," + encodeURIComponent(texts.join(""));
const keptEvents = 200;
const pieceSeconds = 10; // of a recording, scored between two looks of the browser at its own work
const spectrogramColumns = 600;
const decodeRate = 48000; // what other formats than WAV are decoded to; from there our own resampler takes over

const library = byId("package").textContent;
const {Model, atModelRate, compile, isWav, kMicrophone, listen, readWav} = await import(scriptUrl(library));

const bytes = embedded("model");
const wasm = await compile({simd: embedded("module-simd"), plain: embedded("module-plain")});
const model = new Model(bytes, wasm);
const thresholds = [...model.thresholds];
const rows = [];
let live, recording;

function say(text) {
  byId("said").textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { byId("said").textContent = ""; }, 6000);
}

function showState(text) {
  byId("state").textContent = text;
}

// Scores.

function makeRow(label, k) {
  const row = byId("class-template").content.cloneNode(true).querySelector(".class");
  const slider = row.querySelector("input"), name = row.querySelector(".class-name");
  name.textContent = name.title = label;
  row.classList.toggle("unreported", k >= model.reportedClassCount);
  if (k >= model.reportedClassCount) name.title += ": told apart, not reported";
  slider.setAttribute("aria-label", "Threshold of " + label);
  slider.addEventListener("input", () => moveThreshold(k, Number(slider.value)));
  slider.addEventListener("change", () => { if (recording) score(); });
  byId("scores").append(row);
  return {row, slider, fill: row.querySelector("i"), number: row.querySelector(".number"), threshold: row.querySelector(".threshold")};
}

function moveThreshold(k, value) {
  thresholds[k] = value;
  if (live) live.node.port.postMessage({threshold: [k, value]});
  showThreshold(k);
}

function showThreshold(k) {
  rows[k].slider.value = thresholds[k];
  rows[k].threshold.textContent = thresholds[k].toFixed(2);
  rows[k].row.classList.toggle("over", rows[k].score >= thresholds[k]);
}

function showScores(scores) {
  scores.forEach((value, k) => {
    const row = rows[k];
    row.score = value;
    row.row.dataset.score = value;
    row.fill.style.width = 100 * Math.max(0, Math.min(1, value)) + "%";
    row.number.textContent = value.toFixed(2);
    row.row.classList.toggle("over", value >= thresholds[k]);
  });
}

// Events.

const clock = seconds => Math.floor(seconds / 60) + ":" + (seconds % 60).toFixed(1).padStart(4, "0");

function clearEvents() {
  byId("events").textContent = "";
  byId("no-events").hidden = false;
}

function showEvents(events) {
  const list = byId("events");
  for (const event of events) {
    const item = byId("event-template").content.cloneNode(true).querySelector(".event");
    item.querySelector(".event-class").textContent = event.label;
    item.querySelector(".when").textContent = clock(event.startS) + " to " + clock(event.endS);
    item.querySelector(".peak").textContent = "up to " + event.peakScore.toFixed(2);
    if (recording) list.append(item);
    else list.prepend(item);
  }
  while (list.children.length > keptEvents) list.lastChild.remove();
  byId("no-events").hidden = list.children.length > 0;
}

// The microphone.

function showLevel(level) {
  const db = 20 * Math.log10(Math.max(level, 1e-4));
  byId("level").value = db;
  byId("level-text").textContent = db.toFixed(0) + " dBFS";
}

function hear({windows, events, frames, level}) {
  if (windows.length > 0) {
    showScores(windows[windows.length - 1].scores);
    showLevel(level);
  }
  if (frames.length > 0) drawFrames(byId("spectrogram"), frameBytes(frames), model.melCount);
  showEvents(events);
}

async function startMicrophone() {
  if (!navigator.mediaDevices) throw new Error("the browser gives no microphone to this address: open the page as a file or by https");
  const media = await navigator.mediaDevices.getUserMedia(kMicrophone);
  const context = new AudioContext();
  try {
    await context.resume();
    const worklet = scriptUrl(library, byId("worklet").textContent);
    const node = await listen(bytes, wasm, context.createMediaStreamSource(media), hear, {worklet, thresholds: chosenThresholds()});
    live = {media, context, node};
  } catch (error) {
    media.getTracks().forEach(track => track.stop());
    await context.close();
    throw error;
  }
  endRecording();
  clearEvents();
  byId("spectrogram").width = spectrogramColumns; // which also clears it
  byId("microphone").textContent = "Stop the microphone";
  showState("listening at " + live.context.sampleRate + " Hz");
}

async function stopMicrophone() {
  const {media, context, node} = live;
  live = undefined;
  await new Promise(done => {
    node.port.onmessage = ({data}) => { hear(data); if (data.stopped) done(); };
    node.port.postMessage({stop: true});
    setTimeout(done, 1000);
  });
  media.getTracks().forEach(track => track.stop());
  await context.close();
  byId("microphone").textContent = "Use the microphone";
  showState("ready");
}

// A recording.

const chosenThresholds = () => Object.fromEntries(model.labels.map((label, k) => [label, thresholds[k]]));

async function decode(data) {
  if (isWav(data)) return readWav(data);
  const buffer = await new OfflineAudioContext(1, 1, decodeRate).decodeAudioData(data);
  const samples = new Float32Array(buffer.length);
  for (let c = 0; c < buffer.numberOfChannels; ++c)
    buffer.getChannelData(c).forEach((sample, i) => { samples[i] += sample / buffer.numberOfChannels; });
  return {samples, rate: buffer.sampleRate};
}

function endRecording() {
  if (recording) URL.revokeObjectURL(byId("player").src);
  byId("player").removeAttribute("src");
  byId("player").hidden = true;
  recording = undefined;
}

async function openRecording(file) {
  if (live) await stopMicrophone();
  showState("reading " + file.name);
  const data = await file.arrayBuffer();
  let sound;
  try {
    sound = await decode(data);
  } catch (error) {
    throw new Error(file.name + " cannot be read as sound: " + error.message);
  }
  if (sound.samples.length === 0) throw new Error(file.name + " holds no samples");
  endRecording();
  recording = {name: file.name, samples: atModelRate(model, sound.samples, sound.rate)};
  byId("player").src = URL.createObjectURL(file);
  byId("player").hidden = false;
  drawWhole();
  await score();
}

// As model.classify() does it, but piece by piece. A recording opened meanwhile ends it.
async function score() {
  const mine = recording, stream = model.stream({thresholds: chosenThresholds()}), sums = new Float64Array(model.labels.length), events = [];
  let count = 0, highest = 0;
  const push = samples => {
    const found = stream.push(samples);
    for (const {scores} of found.windows) scores.forEach((value, k) => { sums[k] += value; });
    count += found.windows.length;
    events.push(...found.events);
  };
  for (let from = 0; from < mine.samples.length; from += pieceSeconds * model.sampleRate) {
    const piece = mine.samples.subarray(from, from + pieceSeconds * model.sampleRate);
    push(piece);
    for (const sample of piece) highest = Math.max(highest, Math.abs(sample));
    await new Promise(done => setTimeout(done));
    if (recording !== mine) return stream.close();
  }
  if (count === 0) push(new Float32Array(model.windowSamples - mine.samples.length));
  events.push(...stream.finish());
  stream.close();
  showScores(Float32Array.from(sums, sum => sum / count));
  showLevel(highest);
  clearEvents();
  showEvents(events);
  showState(mine.name + ": " + (mine.samples.length / model.sampleRate).toFixed(1) + " s, mean over " + count + " windows");
}

// The loudest of the frames that share a column.
function drawWhole() {
  const canvas = byId("spectrogram"), bins = model.melCount, frames = model.features(recording.samples), count = frames.length / bins;
  const columns = Math.min(count, spectrogramColumns), bytes = new Uint8Array(columns * bins), all = frameBytes(frames);
  for (let t = 0; t < count; ++t) {
    const column = Math.floor(t * columns / count);
    for (let f = 0; f < bins; ++f) bytes[column * bins + f] = Math.max(bytes[column * bins + f], all[t * bins + f]);
  }
  canvas.width = Math.max(1, columns);
  canvas.height = bins;
  const context = canvas.getContext("2d");
  if (columns > 0) context.putImageData(frameImage(context, bytes, bins), 0, 0);
}

// The page.

function showModel() {
  const name = model.metadata("name") || "a model";
  document.title = name + ": pupil";
  byId("name").textContent = name;
  const facts = {
    "finds": model.labels.slice(0, model.reportedClassCount).join(", "),
    "tells apart": model.labels.slice(model.reportedClassCount).join(", "),
    "window": (model.windowSamples / model.sampleRate).toFixed(2) + " s at " + model.sampleRate + " Hz",
    "size": (bytes.length / 1000).toFixed(0) + " kB",
    "runs with": model.kernels === "wasm_simd" ? "128-bit vectors" : "plain WebAssembly",
    "teacher": model.metadata("teacher"), "licences": model.metadata("licences"), "sources": model.metadata("sources"),
    "accuracy": model.metadata("accuracy"), "made by": model.metadata("created_by"),
  };
  for (const [term, text] of Object.entries(facts)) {
    if (!text) continue;
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = term;
    dd.textContent = text;
    byId("about").append(dt, dd);
  }
}

async function attempt(action) {
  try {
    await action();
  } catch (error) {
    say(error.message);
    showState(live ? "listening" : "ready");
  }
}

function takeFiles(files) {
  if (files.length > 0) attempt(() => openRecording(files[0]));
}

showModel();
model.labels.forEach((label, k) => rows.push(makeRow(label, k)));
rows.forEach((_, k) => showThreshold(k));
byId("microphone").addEventListener("click", () => attempt(live ? stopMicrophone : startMicrophone));
byId("file").addEventListener("change", event => { takeFiles(event.target.files); event.target.value = ""; });
byId("reset").addEventListener("click", () => {
  model.thresholds.forEach((value, k) => moveThreshold(k, value));
  if (recording) attempt(score);
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  addEventListener(kind, event => {
    event.preventDefault();
    byId("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop") takeFiles(event.dataTransfer.files);
  });
}
byId("microphone").disabled = byId("file").disabled = false;
showState("ready");
