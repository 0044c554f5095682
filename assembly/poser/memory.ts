/** Memory is reserved once, while the networks are laid out; nothing is allocated or freed afterwards. */

let top: usize = __heap_base;

/** Address of `bytes` zeroed bytes on a cache line of their own. */
export function reserve(bytes: usize): usize {
  const address = (top + 63) & ~63;
  top = address + bytes;
  const pages = <i32>((top + 0xffff) >> 16);
  if (pages > memory.size()) {
    if (memory.grow(pages - memory.size()) < 0) unreachable();
  }
  return address;
}
