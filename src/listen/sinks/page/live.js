// SPDX-License-Identifier: Apache-2.0
// The live page. Texts from outside (names of sources and classes, reasons) only ever go in by textContent and value.
"use strict";

const byId = id => document.getElementById(id);
const lists = {event: byId("events"), near_miss: byId("misses")};
const keptFindings = 100;
let models = [], sourceNames = [], canJudge = false;
const findings = new Map(), cards = new Map();

function say(text) {
  byId("said").textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { byId("said").textContent = ""; }, 4000);
}

const classes = () => [...new Set(models.flatMap(model => model.classes))];

// Sources.

function card(name) {
  if (cards.has(name)) return cards.get(name);
  const root = byId("source-template").content.cloneNode(true).querySelector(".source");
  root.querySelector(".name").textContent = name;
  byId("sources").append(root);
  const made = {root, canvas: root.querySelector("canvas"), scores: root.querySelector(".scores"), bars: new Map()};
  cards.set(name, made);
  return made;
}

function showSources() {
  for (const [name, made] of cards) {
    if (!sourceNames.includes(name)) { made.root.remove(); cards.delete(name); }
  }
  for (const made of cards.values()) { made.scores.textContent = ""; made.bars.clear(); }
  sourceNames.forEach(card);
}

function showState(status) {
  const root = card(status.source).root, badge = root.querySelector(".state");
  badge.textContent = status.state;
  badge.dataset.state = status.state;
  const parts = [status.detecting === false ? "switched off" : "", status.reason, status.restarts ? status.restarts + " restarts" : "", status.lost_samples ? status.lost_samples + " samples lost" : ""];
  root.querySelector(".reason").textContent = parts.filter(Boolean).join(", ");
}

function bar(made, name) {
  if (made.bars.has(name)) return made.bars.get(name);
  const term = document.createElement("dt"), value = document.createElement("dd"), number = document.createElement("dd");
  term.textContent = term.title = name;
  value.className = "bar";
  value.append(document.createElement("i"), document.createElement("b"));
  number.className = "number";
  made.scores.append(term, value, number);
  const parts = {value, fill: value.firstChild, mark: value.lastChild, number};
  made.bars.set(name, parts);
  return parts;
}

function showScores(made, message) {
  const model = models.find(each => each.name === message.model);
  if (!model) return;
  model.classes.forEach((name, k) => {
    const parts = bar(made, models.length > 1 ? model.name + ": " + name : name);
    const score = message.scores[k] || 0, threshold = message.thresholds[k];
    parts.fill.style.width = 100 * score + "%";
    parts.mark.style.left = 100 * threshold + "%";
    parts.value.classList.toggle("over", score >= threshold);
    parts.number.textContent = score.toFixed(2);
    parts.value.title = "threshold " + threshold;
  });
}

function showWindow(message) {
  const made = card(message.source);
  made.root.querySelector("meter").value = message.level;
  made.root.querySelector(".level .value").textContent = message.level.toFixed(0) + " dBFS";
  showScores(made, message);
  if (message.frames && message.bins) drawFrames(made.canvas, Uint8Array.from(atob(message.frames), c => c.charCodeAt(0)), message.bins);
}

// Events and near misses.

function fillChoices(select, chosen) {
  select.textContent = "";
  for (const name of classes()) select.add(new Option(name, name, false, name === chosen));
}

function player(finding) {
  if (!finding.clip || finding.active) return document.createTextNode(finding.active ? "going on" : finding.no_clip_reason ? "no clip: " + finding.no_clip_reason : "");
  const audio = document.createElement("audio");
  audio.controls = true;
  audio.preload = "none";
  audio.src = "clips/" + encodeURIComponent(finding.id);
  audio.setAttribute("aria-label", "Clip of " + finding.class);
  return audio;
}

function showVerdict(item, verdict) {
  item.querySelector(".given").textContent = verdict ? "\u2713 " + verdict : "";
}

async function judge(item, finding, form, words) {
  const buttons = item.querySelectorAll("button");
  buttons.forEach(button => { button.disabled = true; });
  try {
    const answer = await fetch("verdict", {method: "POST", body: new URLSearchParams({id: finding.id, ...form})});
    if (!answer.ok) throw new Error(await answer.text());
    showVerdict(item, words);
    say("Saved: " + words);
  } catch (error) {
    say("Not saved: " + error.message);
  }
  buttons.forEach(button => { button.disabled = !canJudge; });
}

function makeItem(finding) {
  const item = byId("finding-template").content.cloneNode(true).querySelector(".finding");
  const select = item.querySelector("select");
  fillChoices(select, finding.class);
  item.querySelector(".reject").addEventListener("click", () => judge(item, finding, {rejected: "1"}, "not this"));
  item.querySelector(".confirm").addEventListener("click", () => judge(item, finding, {class: select.value}, select.value));
  item.querySelectorAll("button, select").forEach(element => { element.disabled = !canJudge; });
  return item;
}

function showFinding(finding) {
  const list = lists[finding.type], when = new Date(finding.onset || finding.time);
  let item = findings.get(finding.id);
  if (!item) {
    item = makeItem(finding);
    findings.set(finding.id, item);
    item.dataset.id = finding.id;
    list.prepend(item);
  }
  item.classList.toggle("active", Boolean(finding.active));
  item.querySelector(".class").textContent = finding.class;
  item.querySelector(".source-name").textContent = finding.source;
  const time = item.querySelector("time");
  time.dateTime = when.toISOString();
  time.textContent = when.toLocaleString();
  item.querySelector(".score").textContent = (finding.peak_score ?? finding.score).toFixed(2) + " of " + finding.threshold.toFixed(2) +
      (finding.duration_s ? ", " + finding.duration_s.toFixed(1) + " s" : "");
  item.querySelector(".play").replaceChildren(player(finding));
  if (finding.verdict) showVerdict(item, finding.verdict);
  while (list.children.length > keptFindings) { findings.delete(list.lastChild.dataset.id); list.lastChild.remove(); }
  document.querySelector('[data-for="' + list.id + '"]').hidden = true;
}

function showModels(message) {
  ({models, sources: sourceNames, can_judge: canJudge} = message);
  showSources();
  for (const item of findings.values()) { const select = item.querySelector("select"); fillChoices(select, select.value); }
}

// The stream. Everything in "hello" may have been shown before a break.

function showAll(message) {
  showModels(message);
  message.states.forEach(showState);
  for (const finding of [...message.events].reverse()) showFinding(finding);
  for (const finding of [...message.near_misses].reverse()) showFinding(finding);
  byId("connection").textContent = "connected";
}

const stream = new EventSource("events");
const on = (name, show) => stream.addEventListener(name, message => show(JSON.parse(message.data)));
on("hello", showAll);
on("models", showModels);
on("source", showState);
on("window", showWindow);
on("started", showFinding);
on("ended", showFinding);
on("near_miss", showFinding);
on("verdict", message => { const item = findings.get(message.id); if (item) showVerdict(item, message.verdict); });
stream.onerror = () => { byId("connection").textContent = "connection lost, trying again"; };
