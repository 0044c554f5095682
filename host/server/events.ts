/** What the live page is told, one JSON object per WebSocket message (an array of them on connection: the history). */
export type LiveEvent =
  | RunEvent
  | { type: 'truth'; slots: number[]; values: number[][] }
  | { type: 'samples'; node: number; slots: number[]; values: number[][]; late: number }
  | {
      type: 'power';
      slot: number;
      volts: number;
      on: boolean;
      /** Joules since the start, by ledger entry and by part of the load. */
      ledger: Record<string, number>;
      parts: Record<string, number>;
    }
  | { type: 'queue'; slot: number; node: number; length: number; oldestAge: number }
  | { type: 'counters'; counters: Record<string, number> }
  | { type: 'end'; summary: Record<string, unknown> };

/** Describes the run; the first event of a stream. Values of `truth` and `samples` are indexed [sample][axis], in signal units. */
export interface RunEvent {
  type: 'run';
  title: string;
  /** Where the figures come from. */
  origin: 'simulated' | 'emulated' | 'hardware' | 'replayed';
  node: string;
  policy: string;
  signal: string;
  harvest: string;
  axes: string[];
  unit: string;
  slotSeconds: number;
  latencySlots: number;
  /** Capacitor thresholds in volts; absent when the node does not tell. */
  thresholds?: { on: number; off: number; max: number };
  speed: number;
}
