/* What the replay drives: the node module or the native version, each call as assembly/seasons/api.ts has it.
 */
#ifndef SAMPLER_H
#define SAMPLER_H

#include <stdint.h>

#define SAMPLER_SETTINGS_SIZE 40u
#define SAMPLER_MAX_AXES 9u

enum { SAMPLER_SLEEP, SAMPLER_SAMPLE, SAMPLER_SEND };

/* Starts a node without stored state with CONFIG's settings, as they are on the wire; 0, or 1 for refused. */
uint32_t sampler_begin(const uint8_t settings[SAMPLER_SETTINGS_SIZE]);
uint32_t sampler_next(uint32_t slot, uint32_t energy);
uint32_t sampler_wake_slot(void);
/* Where the values of a sample are put before `sampler_push`. */
int32_t *sampler_input(void);
uint32_t sampler_push(uint32_t slot);
/* Forms the packet and returns its length; its bytes are at `sampler_body`. */
uint32_t sampler_packet(void);
const uint8_t *sampler_body(void);
uint32_t sampler_acked(uint32_t boot, uint32_t seq);
void sampler_unsent(uint32_t slot);

#endif
