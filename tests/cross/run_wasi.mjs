// SPDX-License-Identifier: Apache-2.0
// Runs a WebAssembly program of WASI in node:  node run_wasi.mjs PROGRAM WORDS...
import {readFileSync} from "node:fs";
import {WASI} from "node:wasi";

const [program, ...words] = process.argv.slice(2);
const wasi = new WASI({version: "preview1", args: [program, ...words]});
const module = await WebAssembly.compile(readFileSync(program));
process.exitCode = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
