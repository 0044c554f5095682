/** A jump of the system's clock, or a drift of the monotonic one, beyond this many milliseconds is followed. */
const TOLERANCE = 2;

let origin = Date.now() - performance.now();

/** Unix time in milliseconds with microsecond steps: the system's clock, read through the monotonic one. */
export function unixMillis(): number {
  const fine = performance.now();
  const wall = Date.now();
  if (Math.abs(origin + fine - wall) > TOLERANCE) origin = wall - fine;
  return origin + fine;
}
