/** Worst-case length of `length` bytes after COBS encoding, delimiters excluded. */
export function cobsMaxLength(length: number): number {
  return length + Math.floor(length / 254) + 1;
}

/** Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999) of `data` into `out` at `at`; returns the end offset. */
export function cobsEncode(data: Uint8Array, out: Uint8Array, at = 0): number {
  let codeAt = at++;
  let code = 1;
  for (const byte of data) {
    // A full run of 254 is closed only when more follows, which keeps the encoding minimal.
    if (code === 0xff) {
      out[codeAt] = code;
      codeAt = at++;
      code = 1;
    }
    if (byte === 0) {
      out[codeAt] = code;
      codeAt = at++;
      code = 1;
    } else {
      out[at++] = byte;
      code++;
    }
  }
  out[codeAt] = code;
  return at;
}

/**
 * Decodes `data[start, end)`, which holds no zero byte, into `out`; returns the decoded length, or -1 when the
 * encoding points past its end.
 */
export function cobsDecode(data: Uint8Array, start: number, end: number, out: Uint8Array): number {
  let at = 0;
  let i = start;
  while (i < end) {
    const code = data[i]!;
    const next = i + code;
    if (next > end) return -1;
    for (let k = i + 1; k < next; k++) out[at++] = data[k]!;
    i = next;
    if (code !== 0xff && i < end) out[at++] = 0;
  }
  return at;
}
