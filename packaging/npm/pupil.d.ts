// SPDX-License-Identifier: Apache-2.0
// Sound classifiers of pupil in JavaScript. The numbers have the bits that the device library gives on every other
// machine, whatever the engine.
//
//     import {readFile} from "node:fs/promises";
//     import {atModelRate, loadModel} from "pupil-edge";
//     import {readWav} from "pupil-edge/wav";
//     const model = await loadModel(await readFile("dogs.pupil"));
//     const {samples, rate} = readWav(await readFile("yard.wav"));
//     const {scores, events} = model.classify(atModelRate(model, samples, rate));
//     model.labels.forEach((label, k) => console.log(label, scores[k]));
//
// Samples are mono, full scale [-1, 1] (Float32Array) or the whole range (Int16Array), at the model's rate unless
// something else is said. What a function returns is the caller's; what it takes is copied. Networks, streams, features
// and resamplers hold memory of their model until close(); all of it goes when the model does.

/** What the device library refuses, and arguments out of range. */
export class PupilError extends Error {
  /** Status of pupil/edge/status.h: 1 bad argument, 3 bad model, 4 bad checksum, 5 wrong version. */
  readonly status: number | undefined;
}

export type Samples = Float32Array | Int16Array;

/** Whether WebAssembly has 128-bit vectors here. */
export function hasSimd(): boolean;

/**
 * Compiles the module that fits this machine: pupil-simd.wasm or pupil.wasm, from beside pupil.js or from where `files`
 * says (a URL, or the bytes). Both give the same bits; plain takes some 20 times as long.
 */
export function compile(files?: {simd?: URL | string | BufferSource; plain?: URL | string | BufferSource}): Promise<WebAssembly.Module>;

/** Loads a model. `bytes`: the whole .pupil file; it is checked, whoever wrote it. PupilError when it is not valid. */
export function loadModel(bytes: ArrayBuffer | ArrayBufferView, module?: WebAssembly.Module): Promise<Model>;

export class Model {
  /** As loadModel(), at once. */
  constructor(bytes: ArrayBuffer | ArrayBufferView, module: WebAssembly.Module);
  /** K names. */
  readonly labels: readonly string[];
  /** [K] A score at or above means that the class is present. */
  readonly thresholds: readonly number[];
  /** So many first classes are reported as events; the others are only told apart. */
  readonly reportedClassCount: number;
  /** In Hz. */
  readonly sampleRate: number;
  readonly windowSamples: number;
  /** T, F: a window is T log-mel frames of F bins. */
  readonly windowFrames: number;
  readonly melCount: number;
  /** From one frame to the next. */
  readonly frameHopSamples: number;
  /** "wasm_simd" or "reference". */
  readonly kernels: string;
  /** The value of a key such as "name" or "licences"; undefined when there is none. */
  metadata(key: string): string | undefined;

  /** Scores [K] of one window of windowSamples samples. PupilError for another number. */
  score(samples: Samples): Float32Array;
  /** Log-mel frames [n, F] of the samples, those whose window is inside. */
  features(samples: Samples): Float32Array;
  /**
   * A whole recording, as `pupil classify` does it: the mean of its windows' scores [K], and its events. One shorter than a
   * window is filled up with silence.
   */
  classify(samples: Samples, options?: StreamOptions): {scores: Float32Array; windowCount: number; events: SoundEvent[]};

  network(): Network;
  featureStream(): Features;
  stream(options?: StreamOptions): Stream;
  /** From `fromRate` Hz to the model's rate. PupilError for a rate beyond 1000 to 768000. */
  resampler(fromRate: number): Resampler;
}

export interface StreamOptions {
  /** From one score to the next, 100 ms unless given; taken to the nearest hop that the network has. */
  hopMs?: number;
  /** An event starts when `votes` (6) of the latest `of` (10) windows voted for its class; at another hop what is like it. */
  votes?: number;
  of?: number;
  /** It goes on through windows whose score is at least this share (0.7) of the threshold... */
  releaseShare?: number;
  /** ...and through pauses of up to so many milliseconds (1000). */
  bridgeMs?: number;
  /** By label; the model's for the others. */
  thresholds?: Record<string, number>;
}

export interface SoundEvent {
  label: string;
  classIndex: number;
  /** Since the stream began, at the model's rate and in seconds. */
  startSamples: number;
  endSamples: number;
  startS: number;
  endS: number;
  peakScore: number;
}

export interface ScoredWindow {
  scores: Float32Array;
  /** Where the window ends, since the stream began. */
  endSamples: number;
  endS: number;
}

export interface Found {
  windows: ScoredWindow[];
  /** Those that have ended. */
  events: SoundEvent[];
}

/** Samples as they come, in pieces of any length: scores every hop, and events. */
export class Stream {
  readonly hopSamples: number;
  push(samples: Samples): Found;
  /** Ends the stream and the events that are active; the next sample is the first of a new stream. */
  finish(): SoundEvent[];
  /** By label or number, from the next window on. PupilError for no class of the model, or NaN. */
  setThreshold(label: string | number, threshold: number): void;
  /** Whether an event of this class is active. */
  active(label: string | number): boolean;
  /** [K] of the latest window, before calibration; undefined before the first. */
  logits(): Float32Array | undefined;
  close(): void;
}

/** The frames [T, F] of one window in, scores [K] out. */
export class Network {
  run(frames: Float32Array): Float32Array;
  /** [K] of the latest run, before calibration. */
  logits(): Float32Array;
  close(): void;
}

/** Samples in pieces, log-mel frames [n, F] as they become complete. */
export class Features {
  push(samples: Samples): Float32Array;
  reset(): void;
  close(): void;
}

/** The same samples give the same bits in whatever pieces they come. */
export class Resampler {
  push(samples: Samples): Float32Array;
  /** The rest, as if silence followed; the next sample is the first of a new clip. */
  finish(): Float32Array;
  close(): void;
}

/** The whole of `samples`, of `rate` Hz, at the model's rate. */
export function atModelRate(model: Model, samples: Samples, rate: number): Float32Array;

/** What getUserMedia() should be asked for: no echo cancellation, noise suppression or gain control, which change scores. */
export const kMicrophone: MediaStreamConstraints;

/** What listen() tells, once per hop. */
export interface Heard extends Found {
  /** New log-mel frames [n, F]. */
  frames: Float32Array;
  /** The highest sample since the last time, 0 to 1. */
  level: number;
  /** Set in the last message, after {stop: true}. */
  stopped?: boolean;
}

/**
 * Scores in the audio thread what `source` plays, at whatever rate its context has. `bytes`: a model's file; `module`:
 * from compile(). `worklet`: where pupil-worklet.js is. Send {threshold: [label, value]} or {stop: true} to the port of the
 * node that is returned.
 */
export function listen(
  bytes: ArrayBuffer | ArrayBufferView, module: WebAssembly.Module, source: AudioNode,
  hear: (heard: Heard) => void, options?: StreamOptions & {worklet?: URL | string}): Promise<AudioWorkletNode>;
