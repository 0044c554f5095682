/** Fills `bytes` with garbage, another for each seed (xorshift32): what RAM holds after a power failure. */
export function poison(bytes: Uint8Array, seed: number): void {
  let x = (seed * 0x9e3779b9) | 1;
  for (let i = 0; i < bytes.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes[i] = x;
  }
}
