/* SPDX-License-Identifier: Apache-2.0 */
/* The model and its sizes under one name: a firmware may have a config.h and a model.h of its own. */
#include "../../config.h"
#include "../../model.h"
