#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cuts tests/golden out of the whole set of reference vectors: scripts/golden_subset.py GOLDEN tests/golden

What the parity tests need at least, in under 5 MB: the tokenizer, one CLAP of random weights with one clip, the log-mel
front end at 16 kHz. The whole set (28 clips and models more) is used where it is there; see tests/golden/README.md.
"""
import json
import shutil
import struct
import sys
from pathlib import Path


def read(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8:8 + size]), data[8 + size:]


def cut(source, target, rows_of):
    """Copies the tensors of `rows_of`, of each so many rows of the first axis; None: all."""
    header, data = read(source)
    out, body = {}, b""
    for name, rows in rows_of.items():
        entry = header[name]
        begin, end = entry["data_offsets"]
        shape = list(entry["shape"])
        if rows is not None:
            end = begin + (end - begin) // shape[0] * rows
            shape[0] = rows
        out[name] = {"dtype": entry["dtype"], "shape": shape, "data_offsets": [len(body), len(body) + end - begin]}
        body += data[begin:end]
    text = json.dumps(out).encode()
    text += b" " * (-len(text) % 8)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(struct.pack("<Q", len(text)) + text + body)


def main():
    whole, subset = Path(sys.argv[1]), Path(sys.argv[2])
    for name in ["tokenizer/vocab.json", "tokenizer/merges.txt", "tokenizer/cases.json", "tokenizer/batch_pad_longest.json",
                 "clap_tiny/fused/config.json", "clap_tiny/fused/preprocessor_config.json",
                 "clap_tiny/fused/model.safetensors", "audio/short_1p3s_48k.wav", "audio/clip_3s_16k.wav"]:
        (subset / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(whole / name, subset / name)
    cut(whole / "clap_tiny/fused/expected.safetensors", subset / "clap_tiny/fused/expected.safetensors",
        {"audio_embeds": 1, "input_ids": None, "attention_mask": None, "text_last_hidden_state": None,
         "text_pooler_output": None, "text_projection": None, "text_embeds": None, "input_ids_pad77": None,
         "attention_mask_pad77": None, "text_embeds_pad77": None})
    cut(whole / "mel/filterbanks.safetensors", subset / "mel/filterbanks.safetensors", {"k16:htk_scale_no_norm": None})
    cut(whole / "mel/features_clip_3s_16k.safetensors", subset / "mel/features_clip_3s_16k.safetensors", {"lr_logmel_htk": None})


if __name__ == "__main__":
    main()
