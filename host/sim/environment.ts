/**
 * The world of one simulated node: harvester, converter, capacitor, clock and sensor. The same environment serves the
 * virtual node in process and the emulated boards (over their environment UART), so that all of them meet the same
 * energy and the same signal. Time is simulated and advances only inside these calls.
 */
export interface Environment {
  /** Waits until the capacitor reaches the on-threshold, then pays for the boot. Ends with `EndOfRun` at the horizon. */
  powerOn(): Promise<Moment>;
  /** Sleeps to the start of `slot` (at least to the next slot boundary when `slot` has passed). */
  sleepUntil(slot: number): Promise<Moment>;
  /** Takes one sample of the signal at the current slot and pays for it. */
  sense(): Promise<Moment & { values: Int32Array }>;
  /** Pays for a transmission of `length` bytes. */
  transmit(length: number): Promise<Moment>;
}

/** What a node can measure when it is awake. */
export interface Moment {
  /** Number of the current slot, counted by a clock that runs through power failures. */
  slot: number;
  /** Microseconds into the slot. */
  micros: number;
  /** Energy that can be spent before the off-threshold, in nanojoules (saturates at 2^32-1). */
  energy: number;
  /** Capacitor voltage. */
  millivolts: number;
}

/** The capacitor fell to the off-threshold: everything volatile is lost. */
export class PowerFailure extends Error {
  override readonly name = 'PowerFailure';
}

/** The simulated time that was asked for is over. */
export class EndOfRun extends Error {
  override readonly name = 'EndOfRun';
}
