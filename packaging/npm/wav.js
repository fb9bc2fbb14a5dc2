// SPDX-License-Identifier: Apache-2.0
// WAV, with the very samples that `pupil classify` reads (src/device/wav_reader.cpp): 8, 16, 24 or 32-bit integers or
// 32-bit floats, at most 64 channels, whose mean is taken in single precision.

const kPcm = 1;
const kFloat = 3;
const kExtensible = 0xfffe;
const kLeastUnknownSize = 0x7fff0000; // what recorders write where they do not know the size yet

function reader(view, format) {
  const bytes = format.bits / 8;
  if (format.kind === kFloat) {
    return at => {
      const value = view.getFloat32(at, true);
      return Number.isFinite(value) ? value : 0;
    };
  }
  if (bytes === 1) return at => (view.getUint8(at) - 128) / 128;
  return at => {
    let bits = 0;
    for (let i = 0; i < bytes; ++i) bits |= view.getUint8(at + i) << (8 * i);
    return Math.fround(bits << (32 - format.bits)) / 2147483648;
  };
}

function readFormat(view, at, bytes) {
  if (bytes < 16 || bytes > 4096) throw new Error("a WAV with a strange format chunk");
  if (at + bytes > view.byteLength) throw new Error("a WAV that is cut off");
  let kind = view.getUint16(at, true);
  if (kind === kExtensible && bytes >= 26) kind = view.getUint16(at + 24, true);
  const format = {kind, channels: view.getUint16(at + 2, true), rate: view.getUint32(at + 4, true), bits: view.getUint16(at + 14, true)};
  const known = (kind === kPcm && format.bits % 8 === 0 && format.bits >= 8 && format.bits <= 32) || (kind === kFloat && format.bits === 32);
  if (!known || format.channels === 0 || format.channels > 64)
    throw new Error(`a WAV of format ${kind} with ${format.bits} bits and ${format.channels} channels is not read`);
  if (format.rate === 0 || format.rate > 768000) throw new Error(`a WAV with a sample rate of ${format.rate} Hz`);
  return format;
}

/** Whether `bytes` begin as a WAV does. */
export function isWav(bytes) {
  const mark = String.fromCharCode(...new Uint8Array(bytes).subarray(0, 12));
  return /^(RIFF|RF64)/.test(mark) && mark.endsWith("WAVE");
}

/** {samples: mono Float32Array, rate} of a WAV's bytes (ArrayBuffer or Uint8Array). Error that says what is wrong. */
export function readWav(bytes) {
  const array = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  if (!isWav(array)) throw new Error("not a WAV");
  const view = new DataView(array.buffer, array.byteOffset, array.byteLength);
  let format;
  for (let at = 12; at + 8 <= view.byteLength;) {
    const name = String.fromCharCode(...array.subarray(at, at + 4));
    const size = view.getUint32(at + 4, true);
    at += 8;
    if (name === "fmt ") format = readFormat(view, at, size);
    if (name === "data") {
      if (!format) throw new Error("no format before the samples");
      return {samples: samplesOf(view, at, size, format), rate: format.rate};
    }
    at += size + (size & 1);
  }
  throw new Error("a WAV without samples");
}

function samplesOf(view, at, size, format) {
  const sampleBytes = format.bits / 8;
  const frameBytes = sampleBytes * format.channels;
  const there = view.byteLength - at;
  const bytes = size === 0 || size >= kLeastUnknownSize ? there : Math.min(size, there);
  const sample = reader(view, format);
  const samples = new Float32Array(Math.floor(bytes / frameBytes));
  for (let i = 0; i < samples.length; ++i) {
    let sum = 0;
    for (let c = 0; c < format.channels; ++c) sum = Math.fround(sum + sample(at + i * frameBytes + c * sampleBytes));
    samples[i] = Number.isFinite(sum) ? sum / format.channels : 0; // channels of the largest numbers have a sum that is none
  }
  return samples;
}
