import { FrameDecoder, encodeFrame } from '../../host/link/frame.ts';
import { configId, decodeMessage, encodeMessage } from '../../host/link/message.ts';
import type { NodeConfig } from '../../host/link/protocol.ts';
import type { Transport } from '../../host/link/transport.ts';

const HELLO_SEQ = 0xffffffff;

/** What a host that never loses anything sees of one node. */
export interface Heard {
  /** SAMPLES bodies in the order received, repetitions included. */
  samples: Uint8Array[];
  /** `boot` of each HELLO. */
  boots: number[];
  hello: { firmware: string; module: string; node: number } | undefined;
  /** Per STATUS: samples taken, less those delivered and those that the node says it holds; 0 unless one was lost. */
  statuses: number[];
  /** The most link errors that a STATUS told of. */
  linkErrors: number;
  times: number;
  faults: number;
}

export interface RespondOptions {
  answer?: ((packet: number) => boolean) | undefined;
  noise?: (() => Uint8Array) | undefined;
}

/**
 * The least host: configures, asks the time at every HELLO, acknowledges everything at once. `answer` false for a
 * packet's number in order of receipt leaves it unacknowledged. `noise` comes on the wire before every message.
 */
export function respond(
  transport: Transport,
  config: NodeConfig,
  { answer = () => true, noise }: RespondOptions = {},
): Heard {
  const heard: Heard = {
    samples: [],
    boots: [],
    hello: undefined,
    statuses: [],
    linkErrors: 0,
    times: 0,
    faults: 0,
  };
  const delivered = new Set<number>();
  const decoder = new FrameDecoder();
  const wanted = configId(config);
  const send = (...bodies: Uint8Array[]): void => {
    for (const body of bodies) {
      const frame = encodeFrame(body);
      const bytes = noise ? Buffer.concat([noise(), frame]) : frame;
      void transport.write(bytes).catch(() => undefined);
    }
  };
  transport.onData((chunk) =>
    decoder.push(chunk, (body) => {
      const message = decodeMessage(body.slice());
      if (typeof message === 'string') {
        heard.faults++;
        return;
      }
      const { node } = message.fields;
      if (message.name === 'HELLO') {
        const { boot, firmware, module } = message.fields;
        heard.boots.push(boot);
        heard.hello = { firmware, module, node };
        if (message.fields.configId !== wanted)
          send(encodeMessage('CONFIG', { node, configId: wanted, boot: 0, ...config }));
        send(
          encodeMessage('TIME', { node, hostMicros: 1_700_000_000_000_000n, slot: 0xffffffff, micros: 0 }),
          encodeMessage('ACK', { node, boot, seq: HELLO_SEQ }),
        );
      } else if (message.name === 'SAMPLES') {
        const { boot, seq } = message.fields;
        heard.samples.push(message.body.slice());
        for (const slot of message.samples.slots) delivered.add(slot);
        if (answer(heard.samples.length)) send(encodeMessage('ACK', { node, boot, seq }));
      } else if (message.name === 'STATUS') {
        const { sampled, queue, linkErrors } = message.fields;
        heard.linkErrors = Math.max(heard.linkErrors, linkErrors);
        heard.statuses.push(sampled - queue - delivered.size);
      } else if (message.name === 'TIME') heard.times++;
    }),
  );
  return heard;
}
