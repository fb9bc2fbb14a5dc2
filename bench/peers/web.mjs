// SPDX-License-Identifier: Apache-2.0
// The network of a model in WebAssembly, one thread, in one run of node: pupil with vectors and without, onnxruntime-web on the
// same int8 network, and tfjs on a float network of the same layers. Frames in, logits out; the engines take turns in each
// round. bench/peers/web.sh calls it.
//   node web.mjs MODEL.pupil MODEL.onnx LAYERS.json MODULES PEERS ROUNDS
//     LAYERS.json: pupil inspect --json; MODULES: the folder with pupil.wasm and pupil-simd.wasm; PEERS: the folder of node_modules
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";

const [modelFile, onnxFile, layersFile, modules, peers, rounds] = process.argv.slice(2);
const {Model} = await import(new URL("../../packaging/npm/pupil.js", import.meta.url));
const require = createRequire(`${peers}/`);

const bytes = readFileSync(modelFile);
const {layers, window_frames: frameCount, front_end: {mel_bins: bins}} = JSON.parse(readFileSync(layersFile));
const frames = Float32Array.from({length: frameCount * bins}, (_, i) => -8 + 4 * Math.sin(i * i));

async function pupil(file) {
  const network = new Model(bytes, await WebAssembly.compile(readFileSync(`${modules}/${file}`))).network();
  return () => network.run(frames);
}

async function onnxruntime() {
  const ort = require("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "fatal";
  const session = await ort.InferenceSession.create(readFileSync(onnxFile), {graphOptimizationLevel: "all", executionProviders: ["wasm"]});
  const input = new ort.Tensor("float32", frames, [1, 1, frameCount, bins]);
  return async () => (await session.run({[session.inputNames[0]]: input}))[session.outputNames[0]].data;
}

// Weights are random: speed does not depend on them. The time axis is not padded, the bins are.
async function tfjs() {
  const tf = require("@tensorflow/tfjs-core");
  const {setWasmPaths} = require("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(`${peers}/node_modules/@tensorflow/tfjs-backend-wasm/dist/`);
  await tf.setBackend("wasm");
  await tf.ready();
  const weights = layers.map(({kind, kernel, input_channels: input, output}) => {
    const channels = output[2];
    if (kind === "conv") return [tf.randomNormal([...kernel, input, channels], 0, 0.1), tf.zeros([channels])];
    if (kind === "depthwise") return [tf.randomNormal([...kernel, channels, 1], 0, 0.3), tf.zeros([channels])];
    if (kind === "head") return [tf.randomNormal([input, channels], 0, 0.1)];
    return [];
  });
  const convolution = (x, layer, filter, bias) => {
    const {kind, kernel: [, wide], stride, zero_point: zero} = layer;
    const left = (wide - 1) >> 1, right = Math.max(0, (layer.output[1] - 1) * stride[1] + wide - x.shape[2] - left);
    const options = {x, filter, bias, strides: stride, pad: [[0, 0], [0, 0], [left, right], [0, 0]], activation: zero === -128 ? "relu" : "linear"};
    return kind === "conv" ? tf.fused.conv2d(options) : tf.fused.depthwiseConv2d(options);
  };
  const input = tf.tensor(frames, [1, frameCount, bins, 1]);
  return () => tf.tidy(() => {
    const tensors = [input];
    layers.forEach((layer, i) => {
      const x = tensors[i];
      if (layer.kind === "add") {
        const skip = tensors.findLast((t, j) => j < i && t.shape[2] === x.shape[2] && t.shape[3] === x.shape[3] && j !== i);
        const crop = (skip.shape[1] - x.shape[1]) >> 1;
        tensors.push(tf.add(x, tf.slice(skip, [0, crop, 0, 0], x.shape)));
      } else if (layer.kind === "mean_tf") tensors.push(tf.mean(x, [1, 2], true));
      else if (layer.kind === "mean_f") tensors.push(tf.mean(x, 2, true));
      else if (layer.kind === "head") tensors.push(tf.matMul(tf.reshape(x, [1, -1]), weights[i][0]));
      else tensors.push(convolution(x, layer, ...weights[i]));
      const shape = tensors[i + 1].shape.slice(1);
      if (layer.kind !== "head" && String(shape) !== String(layer.output)) throw new Error(`layer ${i} of tfjs: ${shape}, wanted ${layer.output}`);
    });
    return tensors[tensors.length - 1].dataSync();
  });
}

const engines = {
  "pupil, 128-bit vectors": await pupil("pupil-simd.wasm"),
  "pupil, plain": await pupil("pupil.wasm"),
  "onnxruntime-web, int8": await onnxruntime(),
  "tfjs, float32": await tfjs(),
};

const times = Object.fromEntries(Object.keys(engines).map(name => [name, []]));
for (let round = -20; round < Number(rounds); ++round) { // the first 20: compilers warm up
  for (const [name, run] of Object.entries(engines)) {
    const start = process.hrtime.bigint();
    await run();
    if (round >= 0) times[name].push(Number(process.hrtime.bigint() - start) / 1000);
  }
}
const median = list => list.sort((a, b) => a - b)[list.length >> 1];
for (const [name, list] of Object.entries(times)) console.log(name.padEnd(24), median(list).toFixed(0).padStart(6), "us, best", list[0].toFixed(0));
