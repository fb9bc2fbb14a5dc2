/* SPDX-License-Identifier: Apache-2.0 */
/* Windows of sound, and the exact bits that every machine must make of them. For the self-test; leave it out of the
 * product. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <stddef.h>
#include <stdint.h>

extern const int golden_count;
extern const size_t golden_samples_count; /* of one window */
const int16_t* golden_samples(int window);
/* 1 if logits and scores are the expected bits. */
int golden_equal(int window, const float* logits, const float* scores);

#endif
