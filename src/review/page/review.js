// SPDX-License-Identifier: Apache-2.0
// The review page. Texts from outside (names of classes, files and people) only ever go in by textContent and value.
// Picture and player are made from the same WAV, which the server cut by sample: they cannot drift.
"use strict";

const byId = id => document.getElementById(id);
const make = (tag, text, name) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (name) e.className = name; return e; };
const fftSize = 1024, gridCount = 12;
const spanWords = {window: "Window", context: "\u00b1 2 s", clip: "Clip"};
const kindWords = {original: "Original", separated: "Separated", removed: "Removed"};
const verdictWords = {accept: "yes", reject: "no", none: "none of these", unsure: "unsure", class: "is"};

let about = {classes: []}, items = [], at = 0, inGrid = false, busy = false;
let kind = "original", view = 0, span = "context", decibels = null, columns = 0, rate = 0, loads = 0;
const audio = {};  // by kind: an element each, so that switching keeps the playhead
let neighbourSound = null;

function say(text) {
  byId("said").textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { byId("said").textContent = ""; }, 4000);
}

async function ask(path, form) {
  const answer = await fetch(path, form ? {method: "POST", body: new URLSearchParams(form)} : {});
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

const reviewer = () => byId("reviewer").value.trim();
const current = () => items[at];
const soundPath = (item, which) => "sound/" + item.id + "/" + which + "/" + view + "/" + span;

// Sound: all kinds of the window are loaded, one is heard.

function stopAll() { for (const each of Object.values(audio)) each.pause(); if (neighbourSound) neighbourSound.pause(); }

function loadSounds(item) {
  stopAll();
  for (const each of Object.keys(kindWords)) {
    if (each !== "original" && !item.separated.length) { delete audio[each]; continue; }
    const element = new Audio(soundPath(item, each));
    element.preload = "auto";
    element.preservesPitch = false;  // slower and lower, as with a tape: what is short becomes clear
    element.playbackRate = Number(byId("speed").value);
    element.addEventListener("ended", () => { byId("play").textContent = "Play"; });
    audio[each] = element;
  }
  if (!audio[kind]) kind = "original";
}

async function play(from) {
  const element = audio[kind];
  if (!element) return;
  if (from !== undefined) element.currentTime = from;
  else if (element.ended) element.currentTime = 0;
  element.playbackRate = Number(byId("speed").value);
  try { await element.play(); byId("play").textContent = "Stop"; } catch (error) { if (error.name !== "AbortError") say("No sound: " + error.message); }
}

function playOrStop() {
  const element = audio[kind];
  if (element && !element.paused) { element.pause(); byId("play").textContent = "Play"; } else play();
}

async function setKind(next) {
  if (!audio[next] || next === kind) return;
  const before = audio[kind], playing = !before.paused, place = before.currentTime;
  before.pause();
  kind = next;
  audio[kind].currentTime = place;
  showChoices();
  if (playing) play(place);
  await drawSound();
}

// Next of original, separated, removed; with several separated views, their own in turn.
async function switchView() {
  const item = current();
  if (!item || !item.separated.length) return say("This clip was not separated");
  if (kind === "removed" && item.separated.length > 1) {
    view = (view + 1) % item.separated.length;
    kind = "original";
    loadSounds(item);
    showChoices();
    return drawSound();
  }
  const kinds = Object.keys(kindWords);
  return setKind(kinds[(kinds.indexOf(kind) + 1) % kinds.length]);
}

// Spectrogram.

function readWav(buffer) {
  const data = new DataView(buffer);
  let at = 12;
  while (data.getUint32(at) !== 0x64617461) at += 8 + data.getUint32(at + 4, true);  // "data"
  const samples = new Float32Array(Math.floor(data.getUint32(at + 4, true) / 2));
  for (let i = 0; i < samples.length; ++i) samples[i] = data.getInt16(at + 8 + 2 * i, true) / 32768;
  return {samples, rate: data.getUint32(24, true)};
}

// In place, of a power of two.
function fft(re, im) {
  const n = re.length;
  for (let i = 1, j = 0; i < n; ++i) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) { [re[i], re[j]] = [re[j], re[i]]; [im[i], im[j]] = [im[j], im[i]]; }
  }
  for (let length = 2; length <= n; length *= 2) {
    const half = length / 2;
    for (let k = 0; k < half; ++k) {
      const angle = -2 * Math.PI * k / length, c = Math.cos(angle), s = Math.sin(angle);
      for (let i = k; i < n; i += length) {
        const x = re[i + half] * c - im[i + half] * s, y = re[i + half] * s + im[i + half] * c;
        re[i + half] = re[i] - x; im[i + half] = im[i] - y; re[i] += x; im[i] += y;
      }
    }
  }
}

// [count, fftSize / 2] in dB; column t is centred on its share of the sound.
function spectra(samples, count) {
  const rows = new Float32Array(count * fftSize / 2), re = new Float32Array(fftSize), im = new Float32Array(fftSize);
  for (let t = 0; t < count; ++t) {
    const begin = Math.round((t + .5) / count * samples.length) - fftSize / 2;
    for (let i = 0; i < fftSize; ++i) {
      const sample = samples[begin + i] || 0;
      re[i] = sample * (.5 - .5 * Math.cos(2 * Math.PI * i / fftSize));
      im[i] = 0;
    }
    fft(re, im);
    for (let f = 0; f < fftSize / 2; ++f) rows[t * fftSize / 2 + f] = 10 * Math.log10(re[f] * re[f] + im[f] * im[f] + 1e-9);
  }
  return rows;
}

function heat(t) {
  return [255 * Math.min(1, 1.8 * t * t), 255 * Math.max(0, 1.5 * t - .5), 255 * Math.min(1, .1 + 1.2 * t * (1.25 - t))];
}

function paint(canvas, rows, count) {
  const bins = fftSize / 2, image = new ImageData(count, bins), range = Number(byId("contrast").value), top = 30 - Number(byId("brightness").value);
  for (let t = 0; t < count; ++t) {
    for (let f = 0; f < bins; ++f) {
      const [red, green, blue] = heat(Math.max(0, Math.min(1, (rows[t * bins + f] - top + range) / range))), to = 4 * ((bins - 1 - f) * count + t);
      image.data[to] = red; image.data[to + 1] = green; image.data[to + 2] = blue; image.data[to + 3] = 255;
    }
  }
  const scratch = document.createElement("canvas");
  scratch.width = count; scratch.height = bins;
  scratch.getContext("2d").putImageData(image, 0, 0);
  canvas.getContext("2d").drawImage(scratch, 0, 0, canvas.width, canvas.height);
}

function markWindow(item, canvas) {
  const [begin, end] = item.spans[span], context = canvas.getContext("2d"), x = s => (s - begin) / (end - begin) * canvas.width;
  context.fillStyle = "rgba(0, 0, 0, .45)";
  context.fillRect(0, 0, x(item.start_s), canvas.height);
  context.fillRect(x(item.start_s + item.length_s), 0, canvas.width, canvas.height);
}

function ink(canvas) {
  const context = canvas.getContext("2d"), ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  canvas.height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  context.scale(ratio, ratio);
  context.fillStyle = context.strokeStyle = getComputedStyle(document.body).color;
  context.font = "12px system-ui, sans-serif";
  return context;
}

function drawAxes(item) {
  const kilo = rate / 2000, vertical = ink(byId("frequency")), high = byId("frequency").clientHeight, wide = byId("frequency").clientWidth;
  vertical.textAlign = "right";
  const apart = kilo > 12 ? 4 : 2;
  for (let f = 0; f <= kilo; f += apart) {
    const y = high * (1 - f / kilo);
    vertical.fillRect(wide - 5, Math.min(high - 1, y), 5, 1);
    vertical.fillText(f + (f + apart > kilo ? " kHz" : ""), wide - 8, Math.max(11, Math.min(high - 2, y + 4)));
  }
  const [begin, end] = item.spans[span], horizontal = ink(byId("time")), length = byId("time").clientWidth;
  const step = [.1, .2, .5, 1, 2, 5, 10, 20].find(each => (end - begin) / each <= length / 60) || 20;
  horizontal.textAlign = "center";
  for (let s = Math.ceil(begin / step) * step; s <= end + 1e-9; s += step) {
    const x = (s - begin) / (end - begin) * length;
    horizontal.fillRect(Math.min(length - 1, x), 0, 1, 5);
    horizontal.fillText(s.toFixed(step < 1 ? 1 : 0) + " s", Math.max(16, Math.min(length - 18, x)), 19);
  }
}

function repaint() {
  const item = current(), canvas = byId("spectrogram");
  if (!item || !decibels) return;
  paint(canvas, decibels, columns);
  markWindow(item, canvas);
  drawAxes(item);
}

async function drawSound() {
  const item = current(), load = ++loads;
  if (!item) return;
  try {
    const answer = await fetch(soundPath(item, kind));
    if (!answer.ok) throw new Error(await answer.text());
    const wav = readWav(await answer.arrayBuffer());
    if (load !== loads) return;
    columns = Math.min(byId("spectrogram").width, Math.max(200, Math.round(wav.samples.length / 128)));
    rate = wav.rate;
    decibels = spectra(wav.samples, columns);
    repaint();
    document.body.dataset.drawn = item.id + " " + kind + " " + span;
  } catch (error) { decibels = null; say("No sound: " + error.message); }
}

function movePlayhead() {
  const element = audio[kind], canvas = byId("spectrogram"), item = current();
  if (element && item) {
    const [begin, end] = item.spans[span];
    byId("playhead").style.left = canvas.offsetLeft + element.currentTime / (end - begin) * canvas.clientWidth + "px";
  }
  requestAnimationFrame(movePlayhead);
}

// What is shown of a window.

function choice(group, words, chosen, act) {
  byId(group).replaceChildren(...Object.entries(words).map(([name, text]) => {
    const button = make("button", text);
    button.type = "button";
    button.setAttribute("aria-pressed", String(name === chosen));
    button.addEventListener("click", () => act(name));
    return button;
  }));
}

function showChoices() {
  const item = current(), kinds = item && item.separated.length ? kindWords : {original: "Original"};
  choice("kinds", kinds, kind, setKind);
  choice("spans", spanWords, span, setSpan);
}

function setSpan(name) {
  span = name;
  loadSounds(current());
  showChoices();
  drawSound();
}

function showScores(item) {
  const rows = item.scores.slice().sort((a, b) => b.soft - a.soft).slice(0, 10);
  byId("scores").replaceChildren(...rows.flatMap(row => {
    const name = make("dt", row.class), bar = make("dd", undefined, "bar"), number = make("dd", undefined, "number");
    name.title = row.class;
    bar.dataset.class = row.class;
    bar.append(make("i"), make("b"));
    bar.firstChild.style.width = 100 * row.soft + "%";
    number.textContent = row.soft.toFixed(2) + (row.logit === null ? "" : " (" + row.logit.toFixed(1) + ")");
    return [name, bar, number];
  }));
}

async function showStudent(item) {
  if (!about.has_student) return;
  try {
    const {scores} = await ask("student/" + item.id);
    if (item !== current()) return;
    for (const {class: name, score} of scores) {
      const bar = [...document.querySelectorAll("#scores .bar")].find(each => each.dataset.class === name);
      if (!bar) continue;
      bar.lastChild.style.width = 100 * score + "%";
      bar.title = "student " + score.toFixed(2);
      bar.nextSibling.append(make("br"), "student " + score.toFixed(2));
    }
  } catch (error) { say("No student's score: " + error.message); }
}

function neighbourRow(near) {
  const row = make("li"), button = make("button", "Play");
  button.type = "button";
  button.addEventListener("click", () => {
    stopAll();
    neighbourSound = new Audio("sound/" + near.id + "/original/0/window");
    neighbourSound.play().catch(error => say("No sound: " + error.message));
  });
  row.append(button, make("strong", near.class), make("span", near.by, "by"), make("span", near.cosine.toFixed(2), "number"));
  return row;
}

async function showNeighbours(item) {
  byId("alike-label").hidden = true;
  byId("alike").checked = false;
  try {
    const known = await ask("neighbours/" + item.id);
    if (item !== current()) return;
    byId("neighbours").replaceChildren(...known.accepted.map(neighbourRow));
    byId("near-note").textContent = !known.ready ? "Being computed; shown from the next window on."
        : known.accepted.length ? "By the teacher's embedding, from other recordings." : "None.";
    item.alike = known.alike;
    byId("alike-label").hidden = !known.alike.length || Boolean(item.repeat_of);
    byId("alike-label").lastElementChild.textContent = "Apply to " + known.alike.length + " more like this";
  } catch (error) { say(error.message); }
}

function othersText(item) {
  return item.others.map(each => each.reviewer + ": " + verdictWords[each.kind] + (each.kind === "class" ? " " + each.class : "")).join("; ");
}

function show() {
  const item = current();
  byId("done").hidden = Boolean(item);
  byId("one").hidden = !item;
  if (!item) { stopAll(); return; }
  byId("called").textContent = (item.called || "none of these") + "?";
  byId("where").textContent = item.path + ", " + item.start_s.toFixed(2) + " s, " + item.split + ", teacher: " + item.verdict;
  byId("others").textContent = othersText(item);
  document.body.dataset.item = item.id;
  view = 0;
  kind = "original";
  loadSounds(item);
  showChoices();
  showScores(item);
  drawSound();
  showStudent(item);
  showNeighbours(item);
  markTile();
  if (navigator.userActivation && navigator.userActivation.hasBeenActive) play(item.start_s - item.spans[span][0]);
}

// Grid: keys act on the current tile.

async function drawTile(canvas, item) {
  const answer = await fetch("sound/" + item.id + "/original/0/window");
  if (!answer.ok) return;
  const wav = readWav(await answer.arrayBuffer());
  paint(canvas, spectra(wav.samples, 120), 120);
}

function tile(item, number) {
  const button = make("button", undefined, "tile"), canvas = make("canvas");
  button.type = "button";
  canvas.width = 240; canvas.height = 96;
  button.append(canvas, item.called || "none of these");
  button.addEventListener("click", () => { at = number; show(); });
  drawTile(canvas, item).catch(() => {});
  return button;
}

function markTile() {
  [...byId("tiles").children].forEach((each, i) => each.setAttribute("aria-current", String(i === at)));
}

function showTiles() {
  byId("tiles-section").hidden = !inGrid;
  byId("grid").setAttribute("aria-pressed", String(inGrid));
  byId("tiles").replaceChildren(...(inGrid ? items.map(tile) : []));
}

// What comes, what is stored.

function showProgress(progress) {
  byId("progress").textContent = progress.decided + " decided of " + about.windows.toLocaleString("en") + " windows";
}

async function loadNext() {
  const known = await ask("next?count=" + (inGrid ? gridCount : 1) + "&reviewer=" + encodeURIComponent(reviewer()));
  items = known.items;
  at = 0;
  showProgress(known.progress);
  showTiles();
  show();
}

async function advance() {
  if (inGrid && byId("tiles").children[at]) byId("tiles").children[at].classList.add("decided");
  items[at].decided = true;
  const next = items.findIndex(each => !each.decided);
  if (inGrid && next >= 0) { at = next; show(); } else await loadNext();
  showSummary();
}

// One at a time: a key pressed while another's verdict is on its way would be about a window that nobody has seen.
async function once(work) {
  if (busy) return;
  busy = true;
  try { await work(); } catch (error) { say("Not saved: " + error.message); }
  busy = false;
  document.body.dataset.ready = String(Number(document.body.dataset.ready || 0) + 1);
}

const decide = (kindOf, name) => once(async () => {
  const item = current();
  if (!item) return;
  const form = {reviewer: reviewer(), id: item.id, kind: kindOf};
  if (name) form.class = name;
  if (item.repeat_of) form.repeat_of = item.repeat_of;
  if (byId("alike").checked && item.alike) form.alike = item.alike.join(",");
  const {stored, disagree} = await ask("verdict", form);
  say("Saved: " + verdictWords[kindOf] + (name ? " " + name : "") + (stored > 1 ? ", " + stored + " windows" : "") +
      (disagree.length ? ". " + othersText({others: disagree}) + ": you disagree" : ""));
  await advance();
});

const skip = () => once(async () => {
  const item = current();
  if (!item) return;
  await ask("skip", {reviewer: reviewer(), id: item.id});
  await advance();
});

const undo = () => once(async () => {
  const known = await ask("undo", {reviewer: reviewer()});
  showProgress(known.progress);
  if (!known.undone) return say("Nothing to take back");
  say("Taken back: " + verdictWords[known.was.kind] + (known.was.kind === "class" ? " " + known.was.class : "") + (known.undone > 1 ? ", " + known.undone + " windows" : ""));
  if (known.item) { items = [known.item, ...(inGrid ? items.filter(each => each.id !== known.item.id) : [])]; at = 0; showTiles(); show(); }
  showSummary();
});

function cells(tag, texts) { const row = make("tr"); row.append(...texts.map(text => make(tag, text))); return row; }

function table(head, rows) { const made = make("table"); made.append(cells("th", head), ...rows.map(row => cells("td", row))); return made; }

function shareText(share) {
  const percent = value => (100 * value).toFixed(0);
  return share.count ? share.agreed + " of " + share.count + " (" + percent(share.low) + " to " + percent(share.high) + " %)" : "\u2013";
}

async function showSummary() {
  const known = await ask("summary").catch(error => say(error.message));
  if (!known) return;
  byId("summary").replaceChildren(
      table(["Reviewer", "verdicts", "unsure", "same again when repeated"], known.reviewers.map(each => [each.reviewer, each.verdicts, each.unsure, shareText(each.repeated)])),
      table(["Class", "yes", "no", "named"], known.classes.map(each => [each.class, each.accepted, each.rejected, each.given])),
      ...(known.outlook.length ? [table(["Class", "verdicts", "as the last pupil label expects"], known.outlook.map(each => [each.class, each.verdicts, each.text]))] : []),
      make("p", "None of these: " + known.none + ". Windows that several people decided and agree on: " + shareText(known.agreement) + ".", "note"));
}

// Keys.

function openName() {
  byId("name-form").hidden = false;
  byId("name").value = "";
  byId("name").focus();
}

function closeName() { byId("name-form").hidden = true; byId("called").focus(); }

const keys = {
  ArrowUp: () => decide("accept"), ArrowDown: () => decide("reject"), ArrowLeft: undo, ArrowRight: skip, z: undo,
  n: () => decide("none"), u: () => decide("unsure"), " ": playOrStop, r: () => play(0), a: switchView, c: openName, "/": openName,
  "?": () => byId("help").showModal(),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || byId("help").open) return;
  if (event.target.matches("input, select, textarea")) {
    if (event.key === "Escape" && event.target.id === "name") closeName();
    return;
  }
  // A focused button keeps its own keys.
  if (event.target.matches("button") && (event.key === " " || event.key === "Enter")) return;
  const number = event.key >= "1" && event.key <= "9" ? Number(event.key) : 0;
  const act = number && about.classes[number - 1] ? () => decide("class", about.classes[number - 1]) : keys[event.key];
  if (!act) return;
  event.preventDefault();
  if (!event.repeat) act();
}

function makeClasses() {
  byId("classes").replaceChildren(...about.classes.map((name, i) => {
    const button = make("button");
    button.type = "button";
    if (i < 9) button.append(make("kbd", i + 1), " ");
    button.append(name);
    button.addEventListener("click", () => decide("class", name));
    return button;
  }));
  byId("names").replaceChildren(...about.classes.map(name => { const option = make("option"); option.value = name; return option; }));
}

function saveName(event) {
  event.preventDefault();
  const typed = byId("name").value.trim().toLowerCase(), exact = about.classes.filter(name => name.toLowerCase() === typed);
  const found = exact.length ? exact : about.classes.filter(name => typed && name.toLowerCase().startsWith(typed));
  if (found.length !== 1) return say(found.length ? "Several classes begin so" : "No class is called so");
  closeName();
  decide("class", found[0]);
}

function wire() {
  document.addEventListener("keydown", onKey);
  byId("play").addEventListener("click", playOrStop);
  byId("grid").addEventListener("click", () => once(() => { inGrid = !inGrid; return loadNext(); }));
  byId("speed").addEventListener("change", () => { for (const each of Object.values(audio)) each.playbackRate = Number(byId("speed").value); byId("speed").blur(); });
  for (const id of ["contrast", "brightness"]) {
    byId(id).addEventListener("input", repaint);
    byId(id).addEventListener("change", () => byId(id).blur());
  }
  byId("verdicts").addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    button.blur();
    if (button.dataset.kind) decide(button.dataset.kind);
    else if (button.dataset.act === "skip") skip();
    else undo();
  });
  byId("name-form").addEventListener("submit", saveName);
  byId("reviewer").addEventListener("change", () => { byId("reviewer").blur(); once(loadNext); });
  byId("spectrogram").addEventListener("click", event => {
    const [begin, end] = current().spans[span];
    play(event.offsetX / byId("spectrogram").clientWidth * (end - begin));
  });
  addEventListener("resize", repaint);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
}

async function begin() {
  wire();
  about = await ask("project");
  byId("project").textContent = about.project + (about.only ? ": " + about.only : "");
  byId("reviewer").value = about.reviewer;
  makeClasses();
  await loadNext();
  showSummary();
  movePlayhead();
}

begin().catch(error => { byId("progress").textContent = error.message; });
