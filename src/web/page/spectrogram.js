// SPDX-License-Identifier: Apache-2.0
// Log-mel frames on a canvas, for every page that shows some.

// What a frame's bytes are of: 0 is -12 and 255 is +6 in natural logarithms of power.
const lowestLog = -12, logPerByte = 18 / 255;

function frameBytes(frames) {
  return Uint8Array.from(frames, value => Math.max(0, Math.min(255, Math.round((value - lowestLog) / logPerByte))));
}

function heat(value) {
  const t = value / 255;
  return [255 * Math.min(1, 1.8 * t * t), 255 * Math.max(0, 1.5 * t - .5), 255 * Math.min(1, .1 + 1.2 * t * (1.25 - t))];
}

// Bytes [n, bins]; row 0 of a frame is the lowest band: at the bottom.
function frameImage(context, bytes, bins) {
  const count = bytes.length / bins, image = context.createImageData(count, bins);
  for (let t = 0; t < count; ++t) {
    for (let f = 0; f < bins; ++f) {
      const [red, green, blue] = heat(bytes[t * bins + f]), at = 4 * ((bins - 1 - f) * count + t);
      image.data[at] = red; image.data[at + 1] = green; image.data[at + 2] = blue; image.data[at + 3] = 255;
    }
  }
  return image;
}

// New frames at the right, the picture moves left.
function drawFrames(canvas, bytes, bins) {
  const count = Math.min(Math.floor(bytes.length / bins), canvas.width);
  if (!count) return;
  if (canvas.height !== bins) canvas.height = bins;
  const context = canvas.getContext("2d");
  context.drawImage(canvas, -count, 0);
  context.putImageData(frameImage(context, bytes.subarray(0, count * bins), bins), canvas.width - count, 0);
}
