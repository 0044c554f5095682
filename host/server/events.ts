/**
 * What the live page is told. A WebSocket message is a JSON array of events; on connection, and whenever a client fell
 * behind, the first event of the message is a HistoryEvent: what follows replaces all that the client had.
 */
export type LiveMessage = [HistoryEvent, ...LiveEvent[]] | LiveEvent[];

/** Starts a history. `thinned`: the run was too long to keep every point of its past. */
export interface HistoryEvent {
  type: 'history';
  thinned: boolean;
}

export type LiveEvent =
  RunEvent | TruthEvent | SamplesEvent | PowerEvent | QueueEvent | CountersEvent | EndEvent;

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
  /** Simulated seconds per second; null (as JSON makes of Infinity) for as fast as it goes. */
  speed: number | null;
}

export interface TruthEvent {
  type: 'truth';
  slots: number[];
  values: number[][];
}

export interface SamplesEvent {
  type: 'samples';
  node: number;
  slots: number[];
  values: number[][];
  /** How many of them came later than the latency bound. */
  late: number;
}

export interface PowerEvent {
  type: 'power';
  slot: number;
  volts: number;
  on: boolean;
  /** Joules since the start, by ledger entry and by part of the load. */
  ledger: Record<string, number>;
  parts: Record<string, number>;
}

export interface QueueEvent {
  type: 'queue';
  slot: number;
  node: number;
  length: number;
  /** In slots; 0 when the queue is empty. */
  oldestAge: number;
}

/** samples, packets, lost, duplicates, deadlineMisses, mae (in the unit of the signal), and any others. */
export interface CountersEvent {
  type: 'counters';
  counters: Record<string, number>;
}

export interface EndEvent {
  type: 'end';
  summary: Record<string, unknown>;
}
