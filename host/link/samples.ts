import { crc32 } from './crc.ts';
import { MAX_AXES, fixedSize, messages } from './protocol.ts';

/** Samples of one packet as the node formed them. Values are fixed point; see `fractionBits` of the configuration. */
export interface Samples {
  readonly axes: number;
  /** Times in slots, ascending. */
  readonly slots: Uint32Array;
  /** `slots.length * axes` values, sample by sample. */
  readonly values: Int32Array;
}

const HEADER = fixedSize(messages.SAMPLES);
const SLOT_AT = 13;
const AXES_AT = 17;
const COUNT_AT = 18;
/** Five 7-bit groups hold 32 bits. */
const VARINT_MAX = 5;

/**
 * Encodes a whole SAMPLES body. After the fixed fields come, sample by sample, the slots skipped since the sample
 * before (not for the first) and each axis as the difference to the sample before (to zero for the first), zigzag;
 * all as LEB128 varints. The CRC-32 of everything after the type byte closes the body.
 */
export function encodeSamples(node: number, boot: number, seq: number, samples: Samples): Uint8Array {
  const { axes, slots, values } = samples;
  const body = new Uint8Array(HEADER + slots.length * (1 + axes) * VARINT_MAX + 4);
  const view = new DataView(body.buffer);
  body[0] = messages.SAMPLES.type;
  view.setUint32(1, node, true);
  view.setUint32(5, boot, true);
  view.setUint32(9, seq, true);
  view.setUint32(SLOT_AT, slots[0] ?? 0, true);
  body[AXES_AT] = axes;
  body[COUNT_AT] = slots.length;
  let at = HEADER;
  const varint = (value: number): void => {
    for (; value > 0x7f; value >>>= 7) body[at++] = (value & 0x7f) | 0x80;
    body[at++] = value;
  };
  for (let i = 0; i < slots.length; i++) {
    if (i > 0) varint((slots[i]! - slots[i - 1]! - 1) >>> 0);
    for (let axis = 0; axis < axes; axis++) {
      const k = i * axes + axis;
      const delta = (values[k]! - (i > 0 ? values[k - axes]! : 0)) | 0;
      varint(((delta << 1) ^ (delta >> 31)) >>> 0);
    }
  }
  view.setUint32(at, crc32(body, 1, at), true);
  return body.slice(0, at + 4);
}

/** Why a SAMPLES body was refused: its own CRC, or a content that no node forms. */
export type SamplesFault = 'crc' | 'malformed';

/** Decodes the variable part of a SAMPLES body. Nothing is returned unless every byte is accounted for. */
export function decodeSamples(body: Uint8Array): Samples | SamplesFault {
  const end = body.length - 4;
  if (end < HEADER) return 'malformed';
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  if (view.getUint32(end, true) !== crc32(body, 1, end)) return 'crc';
  const axes = body[AXES_AT]!;
  const count = body[COUNT_AT]!;
  if (axes < 1 || axes > MAX_AXES || count < 1) return 'malformed';
  const slots = new Uint32Array(count);
  const values = new Int32Array(count * axes);
  let at = HEADER;
  let slot = view.getUint32(SLOT_AT, true);
  let k = 0;
  for (let i = 0; i < count; i++) {
    for (let field = i === 0 ? 0 : -1; field < axes; field++) {
      let value = 0;
      let shift = 0;
      let byte: number;
      do {
        if (at >= end || shift > 28) return 'malformed';
        byte = body[at++]!;
        if (shift === 28 && byte > 0x0f) return 'malformed';
        value |= (byte & 0x7f) << shift;
        shift += 7;
      } while (byte & 0x80);
      if (field < 0) {
        slot += (value >>> 0) + 1;
        if (slot > 0xffffffff) return 'malformed';
      } else {
        const delta = (value >>> 1) ^ -(value & 1);
        values[k] = (i > 0 ? values[k - axes]! : 0) + delta;
        k++;
      }
    }
    slots[i] = slot;
  }
  return at === end ? { axes, slots, values } : 'malformed';
}
