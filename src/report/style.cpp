// SPDX-License-Identifier: Apache-2.0
#include "report/style.h"

namespace pupil::report {

const std::string_view kStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #f6f5f2; --sheet: #ffffff; --ink: #1e2126; --soft: #62676f; --line: #e3e1dc; --accent: #2456c7;
  --s0: #2f6fde; --s1: #dd7a2e; --s2: #2f9a72; --hit: #2f6fde; --miss: #d6492f; --warn: #8a5a00; --warn-paper: #fff5dc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --sheet: #1d2025; --ink: #e8e6e1; --soft: #a0a5ad; --line: #33373e; --accent: #8db1ff;
    --s0: #6ea0ff; --s1: #f0a05f; --s2: #58c39a; --hit: #5b8df0; --miss: #e2694f; --warn: #f2cd80; --warn-paper: #332a14;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
a { color: var(--accent); }
a.skip { position: absolute; left: -99rem; }
a.skip:focus { left: 1rem; top: 1rem; background: var(--sheet); padding: .5rem 1rem; z-index: 2; }
.shell { display: grid; grid-template-columns: 15rem minmax(0, 1fr); max-width: 78rem; margin: 0 auto; gap: 2.5rem; padding: 0 1.5rem; }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; padding: 2.2rem 0; font-size: .92rem; }
nav strong { display: block; margin-bottom: .6rem; color: var(--soft); font-size: .78rem; letter-spacing: .06em; text-transform: uppercase; }
nav ol { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .22rem .7rem; border-left: 2px solid var(--line); color: var(--soft); text-decoration: none; }
nav a:hover, nav a:focus-visible, nav a[aria-current] { color: var(--ink); border-color: var(--accent); }
main { padding: 2.2rem 0 5rem; min-width: 0; }
header h1 { margin: 0 0 .2rem; font-size: clamp(1.7rem, 4vw, 2.5rem); line-height: 1.15; letter-spacing: -.02em; overflow-wrap: anywhere; }
header p { margin: 0 0 1.4rem; color: var(--soft); }
section { background: var(--sheet); border: 1px solid var(--line); border-radius: 14px; padding: 1.4rem 1.6rem 1.5rem; margin: 0 0 1.3rem; }
section.bare { background: none; border: 0; padding: 0; }
h2 { margin: 0 0 .7rem; font-size: 1.3rem; letter-spacing: -.01em; }
h3 { margin: 1.2rem 0 .5rem; font-size: 1rem; overflow-wrap: anywhere; }
p { margin: 0 0 .9rem; max-width: 68ch; }
.absent { color: var(--soft); font-style: italic; margin: 0; }
.note { background: var(--warn-paper); color: var(--warn); border-radius: 8px; padding: .5rem .8rem; margin: 0 0 .6rem; max-width: none; font-size: .94rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(13.5rem, 100%), 1fr)); gap: .9rem; margin: 0 0 1.1rem; }
.card { background: var(--sheet); border: 1px solid var(--line); border-radius: 14px; padding: .9rem 1.1rem; }
.card dt { color: var(--soft); font-size: .84rem; }
.card dd { margin: .1rem 0 0; font-size: 1.75rem; font-weight: 650; letter-spacing: -.02em; line-height: 1.25; font-variant-numeric: tabular-nums; }
.card small { display: block; font-size: .82rem; font-weight: 400; letter-spacing: 0; color: var(--soft); overflow-wrap: anywhere; line-height: 1.4; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(21rem, 100%), 1fr)); gap: 1.4rem 2rem; align-items: start; }
figure { margin: 0; min-width: 0; }
figure.chart { margin: 0 0 .6rem; }
figure.chart > figcaption { font-weight: 600; font-size: .93rem; margin: 0 0 .5rem; }
svg { display: block; max-width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--soft); }
svg text.label { fill: var(--soft); font-style: italic; }
svg text.small { font-size: 10px; }
svg text.on { fill: #fff; font-weight: 600; }
svg .grid { stroke: var(--line); }
svg .axis { stroke: var(--soft); }
svg .dotted { stroke: var(--soft); stroke-dasharray: 2 4; }
svg .curve { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
svg .whisker { stroke-width: 1.4; opacity: .75; }
svg .ink { stroke: var(--ink); }
svg .curve.s0, svg .whisker.s0 { stroke: var(--s0); } svg .fill.s0 { fill: var(--s0); }
svg .curve.s1, svg .whisker.s1 { stroke: var(--s1); } svg .fill.s1 { fill: var(--s1); }
svg .curve.s2, svg .whisker.s2 { stroke: var(--s2); } svg .fill.s2 { fill: var(--s2); }
svg .cell { fill: var(--line); fill-opacity: .45; } svg .hit:not(.cell) { fill: var(--hit); } svg .miss:not(.cell) { fill: var(--miss); }
.scroll { overflow-x: auto; margin: 0 0 .8rem; }
.scroll:focus-visible { outline: 2px solid var(--accent); }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; min-width: min(100%, 24rem); }
caption { text-align: left; font-weight: 600; padding: 0 0 .4rem; }
th, td { padding: .32rem .9rem .32rem 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 500; font-size: .82rem; vertical-align: bottom; }
thead th, tbody th { white-space: normal; }
th:first-child { text-align: left; font-weight: 500; }
tbody th small { color: var(--soft); font-weight: 400; }
code { font-size: .84rem; overflow-wrap: anywhere; }
details { margin: .3rem 0 .6rem; }
summary { cursor: pointer; color: var(--accent); font-size: .88rem; padding: .15rem 0; }
.sounds { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(11.5rem, 100%), 1fr)); gap: .9rem; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr)); gap: 1rem; }
.pair { border-top: 1px solid var(--line); padding: .9rem 0 .4rem; }
.pair h3 { margin-top: 0; }
.sound img { display: block; width: 100%; height: 5.2rem; object-fit: fill; border-radius: 8px 8px 0 0; cursor: pointer; background: #04051e; }
.sound.wide img { height: 7.5rem; }
.sound audio { display: block; width: 100%; height: 2.1rem; border-radius: 0 0 8px 8px; }
.sound.playing img { outline: 2px solid var(--accent); }
.sound figcaption { font-size: .82rem; color: var(--soft); padding-top: .3rem; line-height: 1.4; }
.sound figcaption b { color: var(--ink); font-weight: 600; }
.scores { padding-top: .35rem; font-size: .8rem; line-height: 1.35; }
.score { display: grid; grid-template-columns: minmax(0, 1fr) 3rem 2.2rem; gap: .4rem; align-items: center; }
.score span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.score .number { text-align: right; font-variant-numeric: tabular-nums; }
.score .bar { height: .4rem; border-radius: 99px; background: var(--line); overflow: hidden; }
.score .bar i { display: block; height: 100%; background: var(--soft); }
.score.over .bar i { background: var(--s0); } .score.over span { font-weight: 600; }
.file { overflow-wrap: anywhere; }
footer { color: var(--soft); font-size: .86rem; }
@media (max-width: 62rem) {
  .shell { display: block; padding: 0 1rem; }
  nav { position: static; max-height: none; padding: 1.2rem 0 0; }
  nav ol { display: flex; flex-wrap: wrap; gap: .35rem; }
  nav a { border: 1px solid var(--line); border-radius: 99px; padding: .15rem .7rem; background: var(--sheet); }
  main { padding-top: 1.4rem; }
  section { padding: 1.1rem 1rem; }
  .cards { grid-template-columns: repeat(auto-fill, minmax(min(9.5rem, 100%), 1fr)); }
}
@media (max-width: 40rem) { svg { font-size: 13.5px; } .card dd { font-size: 1.5rem; } .card { padding: .7rem .85rem; } }
@media print { nav, audio { display: none; } .shell { display: block; } section { break-inside: avoid; } }
)css";

// One sound at a time; a click on its picture plays it; the table of contents follows the reader.
const std::string_view kScript = R"js(
"use strict";
const sounds = Array.from(document.querySelectorAll(".sound"));
for (const sound of sounds) {
  const audio = sound.querySelector("audio"), picture = sound.querySelector("img");
  if (!audio || !picture) continue;
  picture.addEventListener("click", () => { if (audio.paused) audio.play(); else audio.pause(); });
  audio.addEventListener("play", () => {
    sound.classList.add("playing");
    for (const other of sounds) {
      const playing = other.querySelector("audio");
      if (playing && playing !== audio) playing.pause();
    }
  });
  for (const end of ["pause", "ended"]) audio.addEventListener(end, () => sound.classList.remove("playing"));
}
const links = new Map(Array.from(document.querySelectorAll("nav a"), a => [a.hash.slice(1), a]));
if ("IntersectionObserver" in window) {
  const seen = new IntersectionObserver(entries => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const a of links.values()) a.removeAttribute("aria-current");
      const link = links.get(entry.target.id);
      if (link) link.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const section of document.querySelectorAll("section[id]")) seen.observe(section);
}
)js";

// A sound is scored when it is first played. The page holds what was amplified to be heard; the scores are those of the
// recording, so the gain is taken back, in single precision. The policy lets no script fetch, so the player's own data URI is read.
const std::string_view kScoringScript = R"js(
const shownClasses = 5;
const embedded = id => Uint8Array.from(atob(document.getElementById(id).textContent), c => c.charCodeAt(0));
let starting;

async function start() {
  const module = await compile({simd: embedded("model-module")});
  return new Model(embedded("model-file"), module);
}

function recordingOf(audio) {
  const {samples, rate} = readWav(Uint8Array.from(atob(audio.src.slice(audio.src.indexOf(",") + 1)), c => c.charCodeAt(0)));
  const gain = Math.fround(audio.dataset.gain);
  return {samples: samples.map(sample => sample / gain), rate};
}

function element(kind, className, text = "") {
  const made = document.createElement(kind);
  made.className = className;
  made.textContent = text;
  return made;
}

function scoreRow(model, scores, k) {
  const row = element("div", "score"), bar = element("div", "bar"), fill = element("i", "");
  const name = element("span", "score-name", model.labels[k]);
  name.title = k < model.reportedClassCount ? model.labels[k] : model.labels[k] + ": told apart, not reported";
  row.dataset.score = scores[k];
  row.classList.toggle("over", k < model.reportedClassCount && scores[k] >= model.thresholds[k]);
  fill.style.width = 100 * scores[k] + "%";
  bar.append(fill);
  row.append(name, bar, element("span", "number", scores[k].toFixed(2)));
  return row;
}

async function score(audio, place) {
  try {
    const model = await (starting ??= start());
    const {samples, rate} = recordingOf(audio);
    const {scores} = model.classify(atModelRate(model, samples, rate));
    const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
    place.replaceChildren(...order.slice(0, shownClasses).map(k => scoreRow(model, scores, k)));
  } catch (error) {
    place.textContent = "Not scored: " + error.message;
  }
}

const players = document.querySelectorAll(".sound audio[data-gain]");
if (players.length > 0 && globalThis.WebAssembly && hasSimd()) {
  for (const audio of players) {
    audio.addEventListener("play", () => {
      const place = element("div", "scores");
      place.setAttribute("role", "status");
      audio.after(place);
      score(audio, place);
    }, {once: true});
  }
  for (const section of new Set(Array.from(players, audio => audio.closest("section")))) {
    section.querySelector("p")?.after(element("p", "",
        "Press play, and this page computes what the small model makes of that sound: the highest scores, in bold those over their threshold."));
  }
}
)js";

}  // namespace pupil::report
