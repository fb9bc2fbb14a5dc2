// SPDX-License-Identifier: Apache-2.0
// The audio thread's part of listen(): blocks of 128 samples at the context's rate become scores, events and frames, told
// to the page once per window. A window costs less than a block lasts.
import {Model} from "./pupil.js";

class PupilProcessor extends AudioWorkletProcessor {
  constructor({processorOptions: {bytes, module, options}}) {
    super();
    this.model = new Model(bytes, module);
    this.stream = this.model.stream(options);
    this.features = this.model.featureStream();
    this.resampler = sampleRate === this.model.sampleRate ? undefined : this.model.resampler(sampleRate);
    this.running = true;
    this.frames = [];
    this.level = 0;
    this.port.onmessage = ({data}) => {
      if (data.threshold) this.stream.setThreshold(...data.threshold);
      if (data.stop) {
        this.port.postMessage({windows: [], events: this.stream.finish(), frames: new Float32Array(0), level: 0, stopped: true});
        this.running = false;
      }
    };
  }

  process([channels]) {
    if (!this.running) return false;
    if (channels.length === 0) return true;
    const block = new Float32Array(channels[0].length);
    for (const channel of channels) channel.forEach((sample, i) => (block[i] += sample / channels.length));
    for (const sample of block) this.level = Math.max(this.level, Math.abs(sample));
    const samples = this.resampler ? this.resampler.push(block) : block;
    this.frames.push(...this.features.push(samples));
    const {windows, events} = this.stream.push(samples);
    if (windows.length > 0) {
      this.port.postMessage({windows, events, frames: Float32Array.from(this.frames), level: this.level});
      this.frames = [];
      this.level = 0;
    }
    return true;
  }
}

registerProcessor("pupil", PupilProcessor);
