import type { MessageLayout } from '../link/protocol.ts';

/**
 * What firmware says to its environment over a UART of its own, or through a mailbox: on a real node a power management
 * unit and a sensor, here the simulation. Bodies are framed like those of the link. The node sends one REQUEST at a time;
 * `id` names it, and an ANSWER with another id is late and ignored. A request that the capacitor cannot pay for gets no
 * answer: the power fails. `npm run build` puts these tables into protocol.gen.h.
 */
export const environmentMessages = {
  REQUEST: { type: 1, fields: { operation: 'u8', id: 'u8', argument: 'u32' } },
  /** SENSE's values follow, one i32 per axis; `node` is the node's id, given to it at POWER_ON. */
  ANSWER: {
    type: 2,
    fields: { id: 'u8', node: 'u32', slot: 'u32', micros: 'u32', energy: 'u32', millivolts: 'u16' },
  },
} as const satisfies Record<string, MessageLayout>;

export const operations = {
  /** Waits for the on-threshold. */
  POWER_ON: 1,
  /** Sleeps to the slot in `argument`. */
  SLEEP_UNTIL: 2,
  SENSE: 3,
  /** Pays for a transmission of `argument` bytes. */
  TRANSMIT: 4,
  /** Opens a receive window (`argument` 0) or goes on with the interrupted one (1); answered when it ends. */
  LISTEN: 5,
  /** Firmware cannot go on: `argument` is a trap of wasm-rt.h, or 256 + the number of a processor exception. */
  FAULT: 6,
} as const;

/** Bytes of the file through which a board with one UART gets its answers: room for the longest answer's frame. */
export const MAILBOX_SIZE = 64;
