// SPDX-License-Identifier: Apache-2.0
/** Whether `bytes` begin as a WAV does. */
export function isWav(bytes: ArrayBuffer | Uint8Array): boolean;
/**
 * A WAV of 8, 16, 24 or 32-bit integers or 32-bit floats: mono samples (the mean of the channels), full scale [-1, 1], the
 * very numbers that `pupil classify` reads. Throws an Error that says what is wrong with the file.
 */
export function readWav(bytes: ArrayBuffer | Uint8Array): {samples: Float32Array; rate: number};
