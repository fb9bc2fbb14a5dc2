// SPDX-License-Identifier: Apache-2.0
// What a launcher (mpirun, srun, or pupil itself) told this process: which of how many it is.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "corpus/catalogue.h"

namespace pupil::cli {

/// By PUPIL_RANK and PUPIL_SIZE, those of Open MPI, of MPICH and its kin, or of srun; none: no launcher. UsageError: an
/// index that is not below the count.
std::optional<corpus::Shard> launched_place();

/// A name that all processes of this start have, and those of no other: PUPIL_MEETING, or of Slurm's job and step or PMIx's
/// name space. UsageError: there is none.
std::string launched_name();

/// A non-negative number of the environment; none where it is not set. UsageError: it is something else.
std::optional<std::int64_t> number_of_environment(const char* name);

}  // namespace pupil::cli
