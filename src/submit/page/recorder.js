// SPDX-License-Identifier: Apache-2.0
// In the audio thread: passes on what the microphone gives, the mean of its channels, block by block.
"use strict";

registerProcessor("recorder", class extends AudioWorkletProcessor {
  process(inputs) {
    const channels = inputs[0];
    if (!channels.length) return true;
    const mono = new Float32Array(channels[0].length);
    for (const channel of channels)
      for (let i = 0; i < mono.length; ++i) mono[i] += channel[i] / channels.length;
    this.port.postMessage(mono, [mono.buffer]);
    return true;
  }
});
