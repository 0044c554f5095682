/** LEB128: seven bits a byte, low bits first. Returns the address behind the last byte. */
export function putVarint(at: usize, value: u32): usize {
  while (value > 0x7f) {
    store<u8>(at++, (value & 0x7f) | 0x80);
    value >>= 7;
  }
  store<u8>(at, value);
  return at + 1;
}

/** Signed values of small magnitude become small unsigned ones: 0, -1, 1, -2 ... as 0, 1, 2, 3 ... */
@inline
export function zigzag(value: i32): u32 {
  return (value << 1) ^ (value >> 31);
}
