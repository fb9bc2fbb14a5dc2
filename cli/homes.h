// SPDX-License-Identifier: Apache-2.0
// Where a command lives, for the tables in commands.cpp and bench.cpp, which are compiled into both executables.
// `pupil` holds the device commands and the tools that need no libtorch; `pupil-forge` (PUPIL_FORGE_PROGRAM) holds
// the commands that need it, and `pupil` hands those over, so that nobody waits for libtorch's libraries to load to
// see a help text. BOTH: a command that is in both, and hands over to the other when it finds that it must.

#pragma once

#include "commands.h"

#define PUPIL_COMMAND(function) int function(const Command&, Arguments);
#if defined(PUPIL_FORGE_PROGRAM)
#define FORGE(function, Options) function
#define BOTH(function) function
#define TOOL(function) nullptr
#define DEVICE(function) nullptr
#elif defined(PUPIL_HAS_FORGE)
#define FORGE(function, Options) hand_over<Options>
#define BOTH(function) function
#define TOOL(function) function
#define DEVICE(function) function
#else
#define FORGE(function, Options) run_forge
#define BOTH(function) run_forge
#define TOOL(function) run_forge
#define DEVICE(function) function
#endif
