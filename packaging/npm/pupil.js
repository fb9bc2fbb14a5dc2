// SPDX-License-Identifier: Apache-2.0
// Models of pupil in the browser, in node and in an AudioWorklet: the device library compiled to WebAssembly, with the
// bits that it has on every other machine. pupil.d.ts is the manual.
//
// 1. Each model has a WebAssembly instance of its own; what is made from it is in that instance's memory.
// 2. That memory may move whenever something is allocated: views of it are made anew for each use (Memory).
// 3. Numbers come out as copies; nothing given to the caller is overwritten later.

const kPieceSamples = 4096; // of what is pushed, copied into the instance at once
const kEventBytes = 32; // pupil_event: i32 class, i64 start, i64 end, f32 peak

// (module (func (result v128) i32.const 0 i8x16.splat i8x16.popcnt))
const kSimdProbe = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

/** A refusal of the device library; `status` is its number in pupil/edge/status.h. */
export class PupilError extends Error {
  constructor(message, status) {
    super(message);
    this.name = "PupilError";
    this.status = status;
  }
}

/** Whether WebAssembly has 128-bit vectors here. */
export function hasSimd() {
  return WebAssembly.validate(new Uint8Array(kSimdProbe));
}

/** Compiles what fits this machine: the module with vectors or without. `files`: where they are, or their bytes. */
export async function compile(files = {}) {
  const simd = files.simd ?? new URL("./pupil-simd.wasm", import.meta.url);
  const plain = files.plain ?? new URL("./pupil.wasm", import.meta.url);
  return WebAssembly.compile(await bytesOf(hasSimd() ? simd : plain));
}

async function bytesOf(source) {
  if (!(source instanceof URL || typeof source === "string")) return source;
  const url = new URL(source, import.meta.url);
  if (url.protocol === "file:" && globalThis.process?.versions?.node)
    return (await import("node:fs/promises")).readFile(url);
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${answer.statusText}`);
  return answer.arrayBuffer();
}

/** Loads a model; `bytes`: the whole .pupil file. `module`: from compile(), else it is called. */
export async function loadModel(bytes, module) {
  return new Model(bytes, module ?? (await compile()));
}

/** The instance's memory and functions. */
class Memory {
  constructor(module) {
    this.call = new WebAssembly.Instance(module).exports;
    this.call._initialize();
  }

  bytes(address, count) {
    return new Uint8Array(this.call.memory.buffer, address, count);
  }
  floats(address, count) {
    return new Float32Array(this.call.memory.buffer, address, count);
  }
  number(address) {
    return new DataView(this.call.memory.buffer).getUint32(address, true);
  }

  allocate(count) {
    const address = this.call.malloc(count) >>> 0;
    if (address === 0) throw new PupilError(`no memory for ${count} bytes`);
    return address;
  }

  text(address) {
    if (address === 0) return undefined;
    const rest = new Uint8Array(this.call.memory.buffer, address);
    return decodeUtf8(rest.subarray(0, rest.indexOf(0)));
  }

  check(status, what) {
    if (status !== 0) throw new PupilError(`${what}: ${this.text(this.call.pupil_status_text(status))}`, status);
  }
}

// AudioWorklets have no TextDecoder.
function decodeUtf8(bytes) {
  if (globalThis.TextDecoder) return new TextDecoder().decode(bytes);
  return decodeURIComponent(Array.from(bytes, byte => "%" + byte.toString(16).padStart(2, "0")).join(""));
}

/** An object of the library with its memory, and room for one number that its functions write. */
class Placed {
  constructor(memory, kind, what, sizeArguments, initArguments = sizeArguments) {
    this.memory = memory;
    this.call = memory.call;
    const bytes = this.call[`pupil_${kind}_bytes`](...sizeArguments) >>> 0;
    if (bytes === 0) throw new PupilError(`${what}: out of range`, 1);
    this.block = memory.allocate(bytes);
    this.out = memory.allocate(8);
    const status = this.call[`pupil_${kind}_init`](...initArguments, this.block, bytes, this.out);
    this.handle = memory.number(this.out);
    if (status !== 0) this.close();
    memory.check(status, what);
  }

  close() {
    if (this.block === 0) return;
    this.call.free(this.block);
    this.call.free(this.out);
    this.block = 0;
  }

  alive() {
    if (this.block === 0) throw new PupilError("used after close()");
  }
}

function asFloats(samples) {
  if (samples instanceof Float32Array) return samples;
  if (samples instanceof Int16Array) return Float32Array.from(samples, sample => sample / 32768);
  throw new TypeError("samples: a Float32Array of full scale [-1, 1], or an Int16Array");
}

export class Model {
  #memory;
  #handle;
  #input;

  constructor(bytes, module) {
    const file = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
    const memory = (this.#memory = new Memory(module));
    const call = memory.call;
    const at = memory.allocate(file.length); // malloc gives 16 bytes of alignment, which the file needs
    memory.bytes(at, file.length).set(file);
    const object = memory.allocate(call.pupil_model_bytes());
    const out = memory.allocate(4);
    memory.check(call.pupil_model_load(at, file.length, object, call.pupil_model_bytes(), out), "model");
    this.#handle = memory.number(out);
    this.#input = memory.allocate(kPieceSamples * 4);

    this.kernels = memory.text(call.pupil_kernels());
    this.sampleRate = call.pupil_model_sample_rate_hz(this.#handle);
    this.windowSamples = Number(call.pupil_model_window_samples(this.#handle));
    this.windowFrames = call.pupil_model_window_frames(this.#handle);
    this.melCount = call.pupil_model_mel_count(this.#handle);
    this.frameHopSamples = call.pupil_model_frame_hop_samples(this.#handle);
    this.reportedClassCount = call.pupil_model_reported_class_count(this.#handle);
    const classes = Array.from({length: call.pupil_model_class_count(this.#handle)}, (_, k) => k);
    this.labels = classes.map(k => memory.text(call.pupil_model_label(this.#handle, k)));
    this.thresholds = classes.map(k => call.pupil_model_threshold(this.#handle, k));
    Object.freeze(this.labels);
    Object.freeze(this.thresholds);
  }

  metadata(key) {
    const text = new TextEncoder().encode(key + "\0");
    const at = this.#memory.allocate(text.length);
    this.#memory.bytes(at, text.length).set(text);
    const value = this.#memory.text(this.#memory.call.pupil_model_metadata(this.#handle, at));
    this.#memory.call.free(at);
    return value;
  }

  score(samples) {
    if (samples.length !== this.windowSamples)
      throw new PupilError(`score: ${samples.length} samples, a window has ${this.windowSamples}`, 1);
    const network = this.network();
    const scores = network.run(this.features(samples));
    network.close();
    return scores;
  }

  features(samples) {
    const features = this.featureStream();
    const frames = features.push(samples);
    features.close();
    return frames;
  }

  network() {
    return new Network(this.#parts());
  }
  featureStream() {
    return new Features(this.#parts());
  }
  stream(options) {
    return new Stream(this.#parts(), options);
  }
  resampler(fromRate) {
    return new Resampler(this.#parts(), fromRate);
  }

  classify(samples, options) {
    const stream = this.stream(options);
    const sums = new Float64Array(this.labels.length);
    let windowCount = 0;
    const take = ({windows}) => {
      for (const {scores} of windows) scores.forEach((score, k) => (sums[k] += score));
      windowCount += windows.length;
    };
    const events = [];
    const push = piece => {
      const found = stream.push(piece);
      take(found);
      events.push(...found.events);
    };
    push(samples);
    if (windowCount === 0) push(new Float32Array(this.windowSamples - samples.length));
    events.push(...stream.finish());
    stream.close();
    return {scores: Float32Array.from(sums, sum => sum / windowCount), windowCount, events};
  }

  #parts() {
    return {model: this, memory: this.#memory, handle: this.#handle, input: this.#input};
  }
}

export class Network {
  #it;
  #model;
  #frames;
  #scores;

  constructor({model, memory, handle}) {
    this.#model = model;
    this.#it = new Placed(memory, "network", "network", [handle]);
    this.#frames = memory.allocate(model.windowFrames * model.melCount * 4);
    this.#scores = memory.allocate(model.labels.length * 4);
  }

  run(frames) {
    this.#it.alive();
    const {memory, call, handle} = this.#it;
    const wanted = this.#model.windowFrames * this.#model.melCount;
    if (frames.length !== wanted) throw new PupilError(`network: ${frames.length} numbers, a window has ${wanted}`, 1);
    memory.floats(this.#frames, wanted).set(frames);
    const classes = this.#model.labels.length;
    memory.check(call.pupil_network_run(handle, this.#frames, wanted, this.#scores, classes), "network");
    return memory.floats(this.#scores, classes).slice();
  }

  logits() {
    this.#it.alive();
    return this.#it.memory.floats(this.#it.call.pupil_network_logits(this.#it.handle), this.#model.labels.length).slice();
  }

  close() {
    if (this.#it.block === 0) return;
    this.#it.call.free(this.#frames);
    this.#it.call.free(this.#scores);
    this.#it.close();
  }
}

export class Features {
  #it;
  #model;
  #input;

  constructor({model, memory, handle, input}) {
    this.#model = model;
    this.#input = input;
    this.#it = new Placed(memory, "features", "features", [handle]);
  }

  push(samples) {
    this.#it.alive();
    const {memory, call, handle} = this.#it;
    const floats = asFloats(samples);
    const mels = this.#model.melCount;
    const frames = new Float32Array(call.pupil_features_frame_count(handle, floats.length) * mels);
    let done = 0;
    for (let from = 0; from < floats.length; from += kPieceSamples) {
      const piece = floats.subarray(from, from + kPieceSamples);
      memory.floats(this.#input, piece.length).set(piece);
      const capacity = call.pupil_features_frame_count(handle, piece.length) * mels;
      const output = memory.allocate(capacity * 4 + 4);
      memory.check(call.pupil_features_push_f32(handle, this.#input, piece.length, output, capacity, this.#it.out), "features");
      frames.set(memory.floats(output, capacity), done);
      done += capacity;
      call.free(output);
    }
    return frames;
  }

  reset() {
    this.#it.alive();
    this.#it.call.pupil_features_reset(this.#it.handle);
  }

  close() {
    this.#it.close();
  }
}

export class Stream {
  #it;
  #events;
  #ended;
  #model;
  #input;

  constructor({model, memory, handle, input}, options = {}) {
    const {hopMs = 100, votes, of, releaseShare, bridgeMs, thresholds = {}} = options;
    this.#model = model;
    this.#input = input;
    this.#it = new Placed(memory, "stream", `stream with a hop of ${hopMs} ms`, [handle, hopMs]);
    const rule = memory.allocate(16);
    memory.call.pupil_event_options_for(hopMs, rule);
    const view = new DataView(memory.call.memory.buffer, rule, 16);
    if (votes !== undefined) view.setInt32(0, votes, true);
    if (of !== undefined) view.setInt32(4, of, true);
    if (releaseShare !== undefined) view.setFloat32(8, releaseShare, true);
    if (bridgeMs !== undefined) view.setInt32(12, bridgeMs, true);
    try {
      this.#events = new Placed(memory, "events", "events", [handle], [handle, rule]);
    } finally {
      memory.call.free(rule);
    }
    this.#ended = memory.allocate(model.reportedClassCount * kEventBytes);
    for (const [label, threshold] of Object.entries(thresholds)) this.setThreshold(label, threshold);
    this.hopSamples = memory.call.pupil_stream_hop_samples(this.#it.handle);
  }

  #classIndex(label) {
    const index = typeof label === "number" ? label : this.#model.labels.indexOf(label);
    if (!(index >= 0 && index < this.#model.labels.length)) throw new PupilError(`${label}: no class of the model`, 1);
    return index;
  }

  setThreshold(label, threshold) {
    this.#it.alive();
    const status = this.#it.call.pupil_events_set_threshold(this.#events.handle, this.#classIndex(label), threshold);
    this.#it.memory.check(status, `threshold of ${label}`);
  }

  push(samples) {
    this.#it.alive();
    const floats = asFloats(samples);
    const found = {windows: [], events: []};
    for (let from = 0; from < floats.length; from += kPieceSamples) this.#pushPiece(floats.subarray(from, from + kPieceSamples), found);
    return found;
  }

  #pushPiece(piece, found) {
    const {memory, call, handle, out} = this.#it;
    memory.floats(this.#input, piece.length).set(piece);
    for (let used = 0; used < piece.length; used += memory.number(out)) {
      const status = call.pupil_stream_push_f32(handle, this.#input + used * 4, piece.length - used, out, out + 4);
      memory.check(status, "stream");
      if (memory.number(out + 4) === 0) continue;
      const scores = call.pupil_stream_scores(handle);
      const classes = this.#model.labels.length;
      const end = call.pupil_stream_window_end_samples(handle);
      const endSamples = Number(end);
      found.windows.push({scores: memory.floats(scores, classes).slice(), endSamples, endS: endSamples / this.#model.sampleRate});
      const {handle: events, out: count} = this.#events;
      memory.check(call.pupil_events_push(events, scores, classes, end, this.#ended, this.#model.reportedClassCount, count), "events");
      this.#takeEnded(found.events);
    }
  }

  #takeEnded(events) {
    const {memory} = this.#it;
    const view = new DataView(this.#it.call.memory.buffer);
    for (let i = 0; i < memory.number(this.#events.out); ++i) {
      const at = this.#ended + i * kEventBytes;
      const classIndex = view.getInt32(at, true);
      const startSamples = Number(view.getBigInt64(at + 8, true));
      const endSamples = Number(view.getBigInt64(at + 16, true));
      events.push({
        label: this.#model.labels[classIndex], classIndex, startSamples, endSamples,
        startS: startSamples / this.#model.sampleRate, endS: endSamples / this.#model.sampleRate,
        peakScore: view.getFloat32(at + 24, true),
      });
    }
  }

  finish() {
    this.#it.alive();
    const {memory, call} = this.#it;
    memory.check(call.pupil_events_finish(this.#events.handle, this.#ended, this.#model.reportedClassCount, this.#events.out), "events");
    const events = [];
    this.#takeEnded(events);
    call.pupil_stream_reset(this.#it.handle);
    return events;
  }

  active(label) {
    this.#it.alive();
    return this.#it.call.pupil_events_active(this.#events.handle, this.#classIndex(label)) === 1;
  }

  logits() {
    this.#it.alive();
    const at = this.#it.call.pupil_stream_logits(this.#it.handle);
    return at === 0 ? undefined : this.#it.memory.floats(at, this.#model.labels.length).slice();
  }

  close() {
    if (this.#it.block === 0) return;
    this.#it.call.free(this.#ended);
    this.#events.close();
    this.#it.close();
  }
}

export class Resampler {
  #it;

  constructor({model, memory}, fromRate) {
    this.#it = new Placed(memory, "resampler", `from ${fromRate} to ${model.sampleRate} Hz`, [fromRate, model.sampleRate]);
  }

  push(samples) {
    this.#it.alive();
    const {memory, call, handle, out} = this.#it;
    const floats = asFloats(samples);
    const count = call.pupil_resampler_push_count(handle, floats.length);
    const input = memory.allocate(floats.length * 4 + 4);
    const output = memory.allocate(count * 4 + 4);
    memory.floats(input, floats.length).set(floats);
    memory.check(call.pupil_resampler_push(handle, input, floats.length, output, count, out), "resampler");
    const result = memory.floats(output, count).slice();
    call.free(input);
    call.free(output);
    return result;
  }

  finish() {
    this.#it.alive();
    const {memory, call, handle, out} = this.#it;
    const count = call.pupil_resampler_finish_count(handle);
    const output = memory.allocate(count * 4 + 4);
    memory.check(call.pupil_resampler_finish(handle, output, count, out), "resampler");
    const result = memory.floats(output, count).slice();
    call.free(output);
    return result;
  }

  close() {
    this.#it.close();
  }
}

/** All of `samples`, of `rate` Hz, at the model's rate. */
export function atModelRate(model, samples, rate) {
  if (rate === model.sampleRate) return asFloats(samples);
  const resampler = model.resampler(rate);
  const pieces = [resampler.push(samples), resampler.finish()];
  resampler.close();
  const all = new Float32Array(pieces[0].length + pieces[1].length);
  all.set(pieces[0]);
  all.set(pieces[1], pieces[0].length);
  return all;
}

/** A microphone as the model wants it: nothing that a telephone call would like. */
export const kMicrophone = {audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1}};

/**
 * Scores what `source`, an AudioNode, plays, in the audio thread. `worklet`: URL of pupil-worklet.js. `hear` gets
 * {windows, events, frames, level} about each hop. Returns the node: postMessage({threshold: [label, value]}) to its port, or
 * {stop: true}, after which events that were active are heard once more. Its output is silence.
 */
export async function listen(bytes, module, source, hear, where = {}) {
  const {worklet = new URL("./pupil-worklet.js", import.meta.url), ...options} = where;
  await source.context.audioWorklet.addModule(worklet);
  const node = new AudioWorkletNode(source.context, "pupil", {
    numberOfInputs: 1, numberOfOutputs: 1, processorOptions: {bytes, module, options},
  });
  node.port.onmessage = ({data}) => hear(data);
  source.connect(node);
  return node;
}
