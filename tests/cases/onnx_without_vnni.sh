#!/usr/bin/env bash
# The exported ONNX in onnxruntime gives the same logits on x86 with VNNI and without (Haswell, emulated).
. "$(dirname "$0")/lib.sh"
peers=${PUPIL_PEERS_DIR:-$(dirname "$PUPIL")/../peers}
onnxruntime=$peers/node_modules/onnxruntime-node
[[ "$(uname -m)" == x86_64 ]] || skip "not an x86-64 machine"
command -v node >/dev/null || skip "no node"
command -v qemu-x86_64 >/dev/null || skip "no qemu-x86_64 (scripts/setup.sh installs qemu-user)"
[[ -d "$onnxruntime" ]] || skip "no onnxruntime in $peers (bench/peers/setup.sh installs it)"

recordings=$(dirname "$MODEL")/../../recordings
for file in $(find "$recordings" -name '*.flac' | sort | awk 'NR % 4 == 0'); do
  "$PUPIL" features "$file" --out frames.safetensors >/dev/null || fail "features of $file"
  python3 - <<'PY'
import json, struct
data = open("frames.safetensors", "rb").read()
begin = 8 + struct.unpack("<Q", data[:8])[0]
features = json.loads(data[8:begin])["features"]
first = begin + features["data_offsets"][0]
open("windows.raw", "ab").write(data[first:first + 98 * 64 * 4 * (features["shape"][0] // 98)])
PY
done
cat > run.js <<'JS'
const ort = require(process.argv[2]), fs = require('fs');
(async () => {
  const session = await ort.InferenceSession.create(process.argv[3], {intraOpNumThreads: 1, interOpNumThreads: 1});
  const bytes = fs.readFileSync('windows.raw'), count = 98 * 64;
  const frames = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  for (let at = 0; at + count <= frames.length; at += count) {
    const input = new ort.Tensor('float32', frames.slice(at, at + count), [1, 1, 98, 64]);
    console.log(Array.from((await session.run({frames: input})).logits.data).map(x => x.toFixed(3)).join(' '));
  }
})();
JS
onnx=${MODEL%.pupil}.onnx
node run.js "$(realpath "$onnxruntime")" "$onnx" > here.txt || fail "onnxruntime on this processor"
qemu-x86_64 -cpu Haswell-v1 "$(command -v node)" --jitless run.js "$(realpath "$onnxruntime")" "$onnx" \
  > avx2.txt 2>errors.txt || fail "onnxruntime on Haswell: $(tail -1 errors.txt)"
python3 - <<'PY' || fail "other logits without VNNI"
read = lambda path: [[float(x) for x in line.split()] for line in open(path)]
here, avx2 = read("here.txt"), read("avx2.txt")
worst = max(max(abs(x - y) for x, y in zip(a, b)) / (max(a) - min(a)) for a, b in zip(here, avx2))
print(len(here), "windows; largest difference", round(worst, 4), "of the spread of a window's logits")
raise SystemExit(len(here) < 30 or len(here) != len(avx2) or worst > 0.03)
PY
exit $failures
