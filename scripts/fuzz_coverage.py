#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much of each parser the fuzzers' corpora reach, and the lines that they do not.

    fuzz_coverage.py [--lines] NAME...     NAME: fuzz_csv...

Builds the fuzzers with clang's source coverage and without sanitizers in build/fuzz-coverage (whose own branches would count as
unreached), replays fuzz/corpus and what scripts/fuzz_campaign.sh has gathered, and prints what llvm-cov says of the parser's own files.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/fuzz-coverage"

# What each fuzzer is for.
FILES = {
    "fuzz_address": ["src/fetch/url.cpp"],
    "fuzz_c_face": ["edge/model/c_face.cpp", "edge/model/stream.cpp", "edge/events/event_detector.cpp", "edge/frontend/resampler.cpp"],
    "fuzz_checkpoint": ["src/nn/checkpoint.cpp", "src/nn/zip_directory.cpp", "src/nn/pickle.cpp", "src/nn/pickle_globals.cpp", "src/nn/tensor_layout.cpp"],
    "fuzz_csv": ["src/corpus/csv.cpp"],
    "fuzz_decoder": ["src/audio/decoder.cpp", "src/audio/byte_source.cpp"],
    "fuzz_device_home": ["src/corpus/device_source.cpp"],
    "fuzz_golden": ["edge/model/golden.cpp"],
    "fuzz_http_request": ["src/web/request_parser.cpp", "src/web/message.cpp", "src/web/access.cpp"],
    "fuzz_index": ["src/corpus/csv_sources.cpp", "src/corpus/index_columns.cpp", "src/corpus/csv.cpp"],
    "fuzz_json": ["src/base/json_parse.cpp", "src/base/json.cpp"],
    "fuzz_library_answer": ["src/harvest/archive.cpp", "src/harvest/commons.cpp", "src/harvest/freesound.cpp", "src/harvest/inaturalist.cpp",
                            "src/harvest/openverse.cpp", "src/harvest/xeno_canto.cpp", "src/harvest/json_fields.cpp"],
    "fuzz_licence": ["src/corpus/licences.cpp"],
    "fuzz_listen_table": ["src/listen/table_line.cpp", "src/listen/pcm_reader.cpp"],
    "fuzz_listen_toml": ["src/listen/listen_config.cpp", "src/base/toml.cpp", "src/base/toml_section.cpp"],
    "fuzz_model": ["edge/model/model.cpp", "edge/model/model_check.cpp", "edge/model/shapes.cpp", "edge/model/plan.cpp"],
    "fuzz_mqtt_discovery": ["src/listen/sinks/home_assistant.cpp"],
    "fuzz_mqtt_verdict": ["src/listen/sinks/mqtt.cpp"],
    "fuzz_pickle": ["src/nn/pickle.cpp"],
    "fuzz_review_labels": ["src/review/exchange.cpp"],
    "fuzz_safetensors": ["src/nn/safetensors.cpp", "src/nn/tensor_layout.cpp"],
    "fuzz_submission": ["src/submit/recording.cpp"],
    "fuzz_submission_record": ["src/corpus/submissions.cpp"],
    "fuzz_tflite": ["src/tflite/model_file.cpp", "src/tflite/network.cpp", "src/tflite/plans.cpp"],
    "fuzz_tokenizer": ["src/nn/bpe_tokenizer.cpp", "src/nn/pre_tokenizer.cpp", "src/nn/unicode.cpp"],
    "fuzz_tokenizer_files": ["src/nn/bpe_files.cpp", "src/nn/bpe_tokenizer.cpp"],
    "fuzz_toml": ["src/project/project_file.cpp", "src/base/toml.cpp", "src/base/toml_section.cpp"],
    "fuzz_wav": ["src/device/wav_reader.cpp"],
    "fuzz_web_list": ["src/harvest/lists.cpp"],
}


def corpora(name):
    seeds = "decoder" if name == "fuzz_submission" else name.removeprefix("fuzz_")
    return [str(folder) for folder in (ROOT / "fuzz/corpus" / seeds, ROOT / "build/fuzz-campaign" / name) if folder.is_dir()]


def build(names):
    flags = "-fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping"
    subprocess.run(["cmake", "--preset", "fuzz", "-B", BUILD, "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1", f"-DCMAKE_CXX_FLAGS={flags}",
                    "-DCMAKE_C_FLAGS="], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", BUILD, "--target", *names], check=True, stdout=subprocess.DEVNULL)


def replay(name):
    """Of each file of the parser: lines with code and how often each was reached, functions that never were."""
    program, raw, profile = BUILD / "fuzz" / name, BUILD / f"{name}.profraw", BUILD / f"{name}.profdata"
    subprocess.run([program, "-runs=0", *corpora(name)], check=True, stderr=subprocess.DEVNULL, env={**os.environ, "LLVM_PROFILE_FILE": str(raw)})
    subprocess.run(["llvm-profdata", "merge", "-sparse", raw, "-o", profile], check=True)
    said = subprocess.run(["llvm-cov", "export", "--format=lcov", f"-instr-profile={profile}", program], capture_output=True, text=True, check=True).stdout
    files = {}
    for line in said.splitlines():
        key, _, value = line.partition(":")
        if key == "SF":
            lines, never = files.setdefault(str(pathlib.Path(value).resolve().relative_to(ROOT)), ({}, []))
        elif key == "DA":
            number, count = value.split(",")[:2]
            lines[int(number)] = int(count)
        elif key == "FNDA" and value.startswith("0,"):
            never.append(value[2:])
    return {file: files[file] for file in FILES[name]}


def plain(functions):
    """The names of mangled functions without their arguments."""
    names = subprocess.run(["c++filt", *(re.sub(r".*:", "", function) for function in functions)], capture_output=True, text=True).stdout if functions else ""
    return sorted({re.sub(r"\(.*", "", re.sub(r"\(anonymous namespace\)::|pupil::|\[abi:cxx11\]", "", name)) for name in names.splitlines()})


def main():
    names = [word for word in sys.argv[1:] if word != "--lines"]
    if not names or any(name not in FILES for name in names):
        print(__doc__, end="")
        return 2
    build(names)
    print(f"{'fuzzer':24} {'file':34} {'lines':>6} {'reached':>8}   functions never reached")
    for name in names:
        for file, (lines, never) in replay(name).items():
            missed = sorted(line for line, count in lines.items() if count == 0)
            print(f"{name:24} {file:34} {len(lines):6} {100 * (1 - len(missed) / len(lines)):6.1f} %   {', '.join(plain(never))}")
            if "--lines" in sys.argv and missed:
                print(f"{'':24} not reached: {', '.join(map(str, missed))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
