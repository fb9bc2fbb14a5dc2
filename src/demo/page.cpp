// SPDX-License-Identifier: Apache-2.0
// page/index.html with its places filled. The model, the modules and the npm package are data blocks (script elements of a
// type that no browser runs); page/demo.js makes them live. So the package is in the page once, though page and audio
// thread both load it.
//
// The policy names the one script and the one style by their hashes. Scripts by data: are the package, which demo.js gives to
// the page and to the audio thread so; media by blob: is the recording in the player.

#include "demo/page.h"

#include <algorithm>

#include "base/base64.h"
#include "base/error.h"
#include "base/source_hash.h"
#include "base/text.h"
#include "web/page.h"

namespace pupil::demo {

std::span<const web::PageFile> page_files();  // of this module

namespace {

std::string_view text_of(std::span<const web::PageFile> files, std::string_view name) {
  const auto file = std::ranges::find(files, name, &web::PageFile::name);
  if (file == files.end()) throw Error(concat("no ", name, " in this program"));
  return file->text;
}

std::string policy(std::string_view script, std::string_view style) {
  return concat("default-src 'none'; script-src ", source_hash(script),
                " 'wasm-unsafe-eval' data:; style-src ", source_hash(style),
                "; img-src data:; media-src blob:; base-uri 'none'; form-action 'none'");
}

std::string data_block(std::string_view id, std::string_view type, std::string_view text) {
  return concat("<script type=\"", type, "\" id=\"", id, "\">", text, "</script>\n");
}

// The audio thread gets package and worklet as one text.
std::string without_import(std::string_view worklet) {
  constexpr std::string_view kImport = "import {Model} from \"./pupil.js\";\n";
  std::string text(worklet);
  text.erase(text.find(kImport), kImport.size());
  return text;
}

// Every {{name}} of the template, once; what is put in is not looked into.
struct Place {
  std::string_view name;
  std::string text;
};

std::string filled(std::string_view text, std::span<const Place> places) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = std::min(text.find("{{", at), text.size());
    out += text.substr(at, open - at);
    if (open == text.size()) break;
    const std::size_t close = text.find("}}", open);
    const std::string_view name = text.substr(open + 2, close - open - 2);
    out += std::ranges::find(places, name, &Place::name)->text;
    at = close + 2;
  }
  return out;
}

}  // namespace

std::string package_script() {
  return concat(text_of(page_files(), "pupil.js"), text_of(page_files(), "wav.js"));
}

std::string page(std::span<const std::byte> model_file, const Modules& modules) {
  const auto own = page_files();
  const auto shared = web::shared_page_files();
  const std::string script = concat(text_of(shared, "spectrogram.js"), text_of(own, "demo.js"));
  const std::string style = concat(text_of(shared, "base.css"), text_of(own, "demo.css"));
  constexpr std::string_view kBytes = "application/octet-stream";
  const std::string data =
      concat(data_block("model", kBytes, base64(model_file)),
             data_block("module-simd", kBytes, base64(modules.simd)),
             data_block("module-plain", kBytes, base64(modules.plain)),
             data_block("package", "text/plain", package_script()),
             data_block("worklet", "text/plain", without_import(text_of(own, "pupil-worklet.js"))));
  const Place places[] = {
      {"policy", policy(script, style)}, {"style", style}, {"data", data}, {"script", script}};
  return filled(text_of(own, "index.html"), places);
}

}  // namespace pupil::demo
