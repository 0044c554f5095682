import type { NodeConfig } from '../../host/link/protocol.ts';

/** The configuration that the hosts of these tests give. */
export const config: NodeConfig = {
  policy: 1,
  axes: 2,
  fractionBits: 8,
  batch: 5,
  slotMicros: 10_000,
  latencySlots: 500,
  sendSlots: 20,
  minSkip: 0,
  maxSkip: 40,
  rate: 20_000,
  threshold: 77,
  sampleNanojoules: 1000,
  packetNanojoules: 2000,
  byteNanojoules: 30,
  horizon: 256,
  reserve: 51,
  density: 4,
};
