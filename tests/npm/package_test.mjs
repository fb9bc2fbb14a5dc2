// SPDX-License-Identifier: Apache-2.0
// The npm package in node, with the module that has vectors and the one that has not: golden vectors, streams, events,
// features, resampler, recordings as `pupil classify` scores them, and what is refused.
//   node --test package_test.mjs      PUPIL, PACKAGE, MODELS and FORGE in the environment: the program, the folder of
//                                     the package with its modules, a folder with tiny.pupil, small.pupil (and .golden), tone.pupil, 1 for a
//                                     program with the forge
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {readFileSync, writeFileSync} from "node:fs";
import test from "node:test";
import {pathToFileURL} from "node:url";

const {PUPIL, PACKAGE, MODELS} = process.env;
const {Model, PupilError, atModelRate, compile, hasSimd, loadModel} = await import(pathToFileURL(`${PACKAGE}/pupil.js`));
const {readWav} = await import(pathToFileURL(`${PACKAGE}/wav.js`));

const modules = {
  simd: await WebAssembly.compile(readFileSync(`${PACKAGE}/pupil-simd.wasm`)),
  plain: await WebAssembly.compile(readFileSync(`${PACKAGE}/pupil.wasm`)),
};
const file = name => readFileSync(`${MODELS}/${name}`);
const bits = floats => Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength).toString("hex");

// docs/format.md, "Golden vectors".
function goldenCases(name) {
  const bytes = file(name);
  const [count, samples, classes] = [20, 24, 28].map(at => bytes.readUInt32LE(at));
  let at = 32;
  const take = (kind, length) => {
    const piece = new kind(bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + length * kind.BYTES_PER_ELEMENT));
    at += length * kind.BYTES_PER_ELEMENT;
    return piece;
  };
  return Array.from({length: count}, () => ({
    samples: take(Int16Array, samples), logits: take(Float32Array, classes), scores: take(Float32Array, classes),
  }));
}

// Noise, swelling; the same each time.
function noise(count) {
  let state = 1;
  return Float32Array.from({length: count}, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround((state / 2 ** 32 - 0.5) * ((i % 8000) / 8000));
  });
}

function tone(count, rate = 16000) {
  return Float32Array.from({length: count}, (_, i) => Math.round(8000 * Math.sin((2 * Math.PI * 1000 * i) / rate)) / 32768);
}

// A WAV; `write(view, at, sample)` writes one sample of `bits` bits.
function wav(samples, {rate = 16000, channels = 1, bits = 16, kind = 1, write = (view, at, x) => view.setInt16(at, x * 32767, true)}) {
  const bytes = new Uint8Array(44 + (samples.length * bits) / 8);
  const view = new DataView(bytes.buffer);
  const text = (at, words) => [...words].forEach((letter, i) => (bytes[at + i] = letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  [kind, channels].forEach((value, i) => view.setUint16(20 + 2 * i, value, true));
  [rate, (rate * channels * bits) / 8].forEach((value, i) => view.setUint32(24 + 4 * i, value, true));
  [(channels * bits) / 8, bits].forEach((value, i) => view.setUint16(32 + 2 * i, value, true));
  text(36, "data");
  view.setUint32(40, bytes.length - 44, true);
  samples.forEach((x, i) => write(view, 44 + (i * bits) / 8, x));
  return bytes;
}

const kKinds = {
  "16 bit": {},
  "8 bit": {bits: 8, write: (view, at, x) => view.setUint8(at, 128 + x * 127)},
  "24 bit, stereo": {bits: 24, channels: 2, write: (view, at, x) => [0, 1, 2].forEach(i => view.setUint8(at + i, ((x * 8388607) >> (8 * i)) & 255))},
  "32 bit": {bits: 32, write: (view, at, x) => view.setInt32(at, x * 2147483647, true)},
  "float, three channels": {bits: 32, kind: 3, channels: 3, write: (view, at, x) => view.setFloat32(at, x, true)},
  "48 kHz": {rate: 48000},
  "44.1 kHz": {rate: 44100},
};

function classified(name, words) {
  const lines = execFileSync(PUPIL, ["classify", `${MODELS}/tone.pupil`, `${MODELS}/${name}`, "--json", ...words]).toString();
  return lines.trim().split("\n").map(line => JSON.parse(line));
}

test("node has vectors, and the package finds its modules", async () => {
  assert.ok(hasSimd());
  assert.equal((await loadModel(file("tiny.pupil"))).kernels, "wasm_simd");
  assert.ok((await compile({simd: readFileSync(`${PACKAGE}/pupil-simd.wasm`)})) instanceof WebAssembly.Module);
});

for (const [variant, module] of Object.entries(modules)) {
  test(`${variant}: golden vectors`, () => {
    for (const name of ["tiny", "small"]) {
      const model = new Model(file(`${name}.pupil`), module);
      assert.equal(model.kernels, variant === "simd" ? "wasm_simd" : "reference");
      const cases = goldenCases(`${name}.golden`);
      assert.equal(cases.length, 6);
      const network = model.network();
      const stream = model.stream({votes: 2, of: 3});
      for (const {samples, logits, scores} of cases) {
        assert.equal(bits(model.score(samples)), bits(scores));
        assert.equal(bits(network.run(model.features(samples))), bits(scores));
        assert.equal(bits(network.logits()), bits(logits));
        const padded = new Int16Array(samples.length + 160);
        padded.set(samples);
        assert.equal(bits(stream.push(padded).windows[0].scores), bits(scores));
        assert.equal(bits(stream.logits()), bits(logits));
        stream.finish();
      }
      network.close();
      stream.close();
    }
  });

  test(`${variant}: recordings as pupil classify scores them`, () => {
    const model = new Model(file("tone.pupil"), module);
    for (const [name, kind] of Object.entries(kKinds)) {
      // The forge decodes and resamples by FFmpeg and soxr, which give other last bits.
      if (process.env.FORGE === "1" && name !== "16 bit") continue;
      const rate = kind.rate ?? 16000;
      const length = rate * 3;
      const mono = tone(length, rate).map((x, i) => (i < length / 3 ? 0.0001 * x : x * 1.5 + 0.01 * Math.sin(i * i)));
      const channels = kind.channels ?? 1;
      const bytes = wav(Float32Array.from({length: length * channels}, (_, i) => mono[Math.floor(i / channels)] * (1 - 0.2 * (i % channels))), kind);
      writeFileSync(`${MODELS}/clip.wav`, bytes);
      const read = readWav(bytes);
      assert.equal(read.rate, rate);
      const found = model.classify(atModelRate(model, read.samples, read.rate));
      const [clip] = classified("clip.wav", []);
      assert.equal(found.windowCount, clip.window_count, name);
      model.labels.forEach((label, k) => assert.equal(found.scores[k], Math.fround(clip.scores[label]), `${name}: ${label}`));
      const events = classified("clip.wav", ["--events"]);
      assert.deepEqual(found.events.map(event => [event.label, event.startS, event.endS, event.peakScore]),
        events.map(event => [event.label, event.start_s, event.end_s, Math.fround(event.peak_score)]), name);
      assert.equal(events.length, 1);
    }
  });

  test(`${variant}: a recording shorter than a window`, () => {
    const samples = tone(4000);
    writeFileSync(`${MODELS}/clip.wav`, wav(samples, {bits: 32, kind: 3, write: (view, at, x) => view.setFloat32(at, x, true)}));
    const model = new Model(file("tone.pupil"), module);
    const [clip] = classified("clip.wav", []);
    const {scores, windowCount} = model.classify(samples);
    assert.equal(windowCount, 1);
    model.labels.forEach((label, k) => assert.equal(scores[k], Math.fround(clip.scores[label])));
  });

  test(`${variant}: pieces give the whole`, () => {
    const model = new Model(file("tiny.pupil"), module);
    const samples = noise(40000);
    const pushed = piece => {
      const [stream, features, resampler] = [model.stream({hopMs: 200}), model.featureStream(), model.resampler(44100)];
      const windows = [], frames = [], resampled = [];
      for (let from = 0; from < samples.length; from += piece) {
        const part = samples.subarray(from, from + piece);
        stream.push(part).windows.forEach(({scores, endSamples}) => windows.push(endSamples, bits(scores)));
        frames.push(bits(features.push(part)));
        resampled.push(bits(resampler.push(part)));
      }
      resampled.push(bits(resampler.finish()));
      [stream, features, resampler].forEach(it => it.close());
      return {windows, frames: frames.join(""), resampled: resampled.join("")};
    };
    const whole = pushed(samples.length);
    assert.ok(whole.windows.length > 8 && whole.frames.length > 1000 && whole.resampled.length > 1000);
    assert.deepEqual(pushed(128), whole);
    assert.deepEqual(pushed(9999), whole);
  });
}

test("both modules give the same resampled samples", () => {
  const [one, other] = Object.values(modules).map(module => new Model(file("tiny.pupil"), module));
  for (const rate of [8000, 22050, 44100, 48000, 96000])
    assert.equal(bits(atModelRate(one, noise(rate), rate)), bits(atModelRate(other, noise(rate), rate)));
  assert.equal(atModelRate(one, noise(48000), 48000).length, 16000);
});

test("events and their thresholds", () => {
  const model = new Model(file("tone.pupil"), modules.simd);
  const samples = noise(64000);
  samples.set(tone(16000), 24000);
  const label = model.labels[0];
  const events = options => model.classify(samples, options).events;
  assert.equal(events().length, 1);
  const [event] = events();
  assert.equal(event.label, label);
  assert.ok(Math.abs(event.startS - 1.5) < 0.6 && Math.abs(event.endS - 2.5) < 0.6, JSON.stringify(event));
  assert.equal(events({thresholds: {[label]: 1.1}}).length, 0);
  const stream = model.stream({votes: 2, of: 3});
  stream.push(samples.subarray(0, 40000));
  assert.ok(stream.active(label));
  assert.equal(stream.finish().length, 1);
  stream.setThreshold(0, 1.1);
  stream.push(samples);
  assert.equal(stream.finish().length, 0);
  assert.throws(() => stream.setThreshold("yodel", 0.5), /yodel: no class of the model/);
  assert.throws(() => stream.setThreshold(label, NaN), PupilError);
});

test("what the model says about itself", () => {
  const model = new Model(file("tiny.pupil"), modules.simd);
  assert.equal(model.labels.length, 10);
  assert.equal(model.labels[3], "class 3");
  assert.equal(model.thresholds[0], 0.5);
  assert.deepEqual([model.sampleRate, model.windowSamples, model.windowFrames, model.melCount, model.frameHopSamples], [16000, 15920, 98, 64, 160]);
  assert.equal(model.metadata("name"), "random weights");
  assert.equal(model.metadata("nothing"), undefined);
});

test("what is refused, with the reason", async () => {
  const good = file("tiny.pupil");
  const bad = Uint8Array.from(good);
  bad[1000] ^= 1;
  await assert.rejects(loadModel(bad, modules.simd), /damaged \(checksum\)/);
  await assert.rejects(loadModel(good.subarray(0, 100), modules.simd), PupilError);
  await assert.rejects(loadModel(new Uint8Array(0), modules.simd), PupilError);
  const model = new Model(good, modules.simd);
  assert.throws(() => model.score(new Float32Array(5)), /5 samples, a window has 15920/);
  assert.throws(() => model.score(Array(15920).fill(0)), TypeError);
  assert.throws(() => model.stream({hopMs: 0}), /hop of 0 ms/);
  assert.throws(() => model.stream({votes: 4, of: 3}), /events/);
  assert.throws(() => model.stream({thresholds: {yodel: 1}}), /yodel/);
  assert.throws(() => model.resampler(1), /from 1 to 16000 Hz/);
  assert.throws(() => model.network().run(new Float32Array(3)), /3 numbers, a window has 6272/);
  const stream = model.stream({votes: 2, of: 3});
  stream.close();
  stream.close();
  assert.throws(() => stream.push(new Float32Array(1)), /after close/);
});

test("WAVs that are none, or cut off", () => {
  const good = wav(tone(100), {});
  assert.throws(() => readWav(new Uint8Array(3)), /not a WAV/);
  assert.throws(() => readWav(good.subarray(0, 30)), /cut off/);
  assert.throws(() => readWav(good.subarray(0, 36)), /without samples/);
  assert.throws(() => readWav(wav(tone(100), {kind: 85})), /format 85/);
  assert.throws(() => readWav(wav(tone(100), {rate: 0})), /0 Hz/);
  assert.equal(readWav(good.subarray(0, 145)).samples.length, 50);
  for (let length = 0; length < good.length; ++length) {
    try {
      readWav(good.subarray(0, length));
    } catch (error) {
      assert.ok(error instanceof Error && !(error instanceof RangeError), `${length}: ${error}`);
    }
  }
});
