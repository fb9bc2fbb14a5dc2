// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace pupil::fetch {

/// Where what was fetched is kept beyond a project: $PUPIL_CACHE, else $XDG_CACHE_HOME/pupil, else $HOME/.cache/pupil;
/// without $HOME, of the user's home folder. Need not exist yet. Error: none of these is known.
std::filesystem::path cache_folder();

}  // namespace pupil::fetch
