import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { protocolHeader } from '../../host/build/generateHeaders.ts';
import { FrameDecoder, encodeFrame } from '../../host/link/frame.ts';
import { crc16, crc32 } from '../../host/link/crc.ts';
import { decodeMessage } from '../../host/link/message.ts';
import { MAX_BODY, fixedSize, messages } from '../../host/link/protocol.ts';
import { decodeSamples, encodeSamples } from '../../host/link/samples.ts';
import { root } from '../../host/paths.ts';
import { RICH, configured, runModule } from '../seasons/support.ts';
import { LineProgram, compileC, temporaryFolder, testWithCompiler } from './compileC.ts';
import { VectorRandom, damagedStream, messageVectors } from './vectors.ts';

const seed = Number(process.env['SOLSTICE_SEED'] ?? Date.now() % 0x100000000);
const random = new VectorRandom(seed);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const CORRUPTIONS = 10_000;

/** Frames computed apart from this code (struct, binascii.crc_hqx and zlib.crc32 of Python): they hold the wire format. */
const golden = {
  HELLO: '00040101070101020301010113112233445566778899aabbccddeeff87d61207efbeadde200800',
  ACK: '0003040701010203010107ffffffff507400',
  TIME: '0003060701010107401e18240a0605ffffffff01010103725f00',
  SAMPLES: '000303070101020301010229010103e80301120202c80105049f06e6c50870d75dc0afc800',
};

let core: LineProgram;
const { dir, remove } = temporaryFolder();
let compiled = false;

/** Compiles the harness at the first test that needs it. */
function startCore(): void {
  if (compiled) return;
  compiled = true;
  writeFileSync(join(dir, 'protocol.gen.h'), protocolHeader());
  const sources = ['cobs.c', 'crc.c', 'frame.c', 'message.c'].map((name) =>
    join(root, 'firmware', 'core', name),
  );
  core = new LineProgram(compileC(dir, [...sources, join(root, 'tests', 'conformance', 'core.c')]));
}

beforeAll(() => {
  process.stderr.write(`conformance: SOLSTICE_SEED=${seed}\n`);
});
afterAll(() => {
  if (compiled) core.end();
  remove();
});

describe('the wire format', () => {
  const fields = {
    HELLO: {
      protocol: 1,
      node: 7,
      boot: 3,
      firmware: '0011223344556677',
      module: '8899aabbccddeeff',
      slot: 1234567,
      configId: 0xdeadbeef,
    },
    ACK: { node: 7, boot: 3, seq: 0xffffffff },
    TIME: { node: 7, hostMicros: 1_700_000_000_000_000n, slot: 0xffffffff, micros: 0 },
    SAMPLES: { node: 7, boot: 3, seq: 41, slot: 1000, axes: 2, count: 2 },
  };

  test.each(Object.keys(golden) as (keyof typeof golden)[])('%s is what it was', (name) => {
    const bodies: Uint8Array[] = [];
    new FrameDecoder().push(Buffer.from(golden[name], 'hex'), (body) => bodies.push(body.slice()));
    expect(bodies).toHaveLength(1);
    expect(decodeMessage(bodies[0]!)).toMatchObject({ name, fields: fields[name] });
    expect(hex(encodeFrame(bodies[0]!))).toBe(golden[name]);
    if (name === 'SAMPLES')
      expect(decodeSamples(bodies[0]!)).toEqual({
        axes: 2,
        slots: Uint32Array.of(1000, 1005),
        values: Int32Array.of(100, -3, -300, 70000),
      });
  });

  testWithCompiler('the C core frames the same bytes', async () => {
    startCore();
    for (const frame of Object.values(golden)) {
      let body = new Uint8Array();
      new FrameDecoder().push(Buffer.from(frame, 'hex'), (received) => (body = received.slice()));
      expect(await core.ask(`f${hex(body)}`)).toBe(frame);
    }
  });
});

describe('the C core and TypeScript agree', () => {
  testWithCompiler('on checksums', async () => {
    startCore();
    expect(await core.ask(`c${hex(Buffer.from('123456789'))}`)).toBe('29b1 cbf43926');
    for (let i = 0; i < 200; i++) {
      const bytes = random.bytes(random.below(600));
      const expected = `${crc16(bytes).toString(16).padStart(4, '0')} ${crc32(bytes).toString(16).padStart(8, '0')}`;
      expect(await core.ask(`c${hex(bytes)}`)).toBe(expected);
    }
  });

  testWithCompiler('on every field of every message, decoded and encoded', async () => {
    startCore();
    for (let i = 0; i < 300; i++) {
      for (const { name, fields, body } of messageVectors(random)) {
        const fixed = hex(body.subarray(0, fixedSize(messages[name])));
        expect(await core.ask(`d${hex(body)}`)).toBe(`${name} ${fields.join(' ')} = ${fixed}`);
      }
    }
  });

  testWithCompiler('on bodies that are no messages', async () => {
    startCore();
    for (let i = 0; i < 500; i++) {
      const { body } = messageVectors(random)[random.below(6)]!;
      const cut = body.slice(0, random.below(body.length + 1));
      const longer = Buffer.concat([body, random.bytes(random.below(4))]);
      const typed = Buffer.from(body);
      typed[0] = random.next32();
      for (const candidate of [cut, longer, typed]) {
        const message = decodeMessage(candidate);
        const answer = await core.ask(`d${hex(candidate)}`);
        if (message === 'length' || message === 'type') expect(answer).toBe(message);
        else expect(answer).not.toMatch(/^(length|type)/);
      }
    }
  });

  testWithCompiler('on frames of every length', async () => {
    startCore();
    for (let length = 1; length <= MAX_BODY; length += 1 + random.below(9)) {
      const zeros = random.below(3) === 0 ? 4 : 256;
      const body = random.bytes(length).map((byte) => (byte % zeros === 0 ? 0 : byte));
      expect(await core.ask(`f${hex(body)}`)).toBe(hex(encodeFrame(body)));
    }
  });

  testWithCompiler(`on ${CORRUPTIONS} damaged streams: the same bodies, the same counts`, async () => {
    startCore();
    for (let i = 0; i < CORRUPTIONS; i++) {
      const stream = damagedStream(random);
      const decoder = new FrameDecoder();
      const bodies: string[] = [];
      decoder.push(stream, (body) => bodies.push(hex(body)));
      const { frames, badCrc, badEncoding, tooShort, tooLong } = decoder.counters;
      const expected = [...bodies, frames, badCrc, badEncoding, tooShort, tooLong].join(' ');
      const answer = await core.ask(`s${hex(stream)}`);
      if (answer !== expected)
        throw new Error(`seed ${seed}, stream ${i}: ${hex(stream)}\n${answer}\n${expected}`);
    }
  });
});

describe('the node module and TypeScript agree', () => {
  test('on SAMPLES: what the module forms decodes to what was sampled and encodes to the same bytes', () => {
    for (let run = 0; run < 40; run++) {
      const axes = 1 + random.below(9);
      const node = random.next32();
      const module = configured({ axes, batch: 1 + random.below(40), maxSkip: random.below(200) }, node, 1);
      const sampled = new Map<number, number[]>();
      const delivered: number[] = [];
      const shift = random.below(20);
      const values = new Map<number, Int32Array>();
      const signal = (slot: number): Int32Array => {
        if (!values.has(slot))
          values.set(
            slot,
            Int32Array.from({ length: axes }, () => ((random.next32() | 0) >> 11) >> shift),
          );
        sampled.set(slot, Array.from(values.get(slot)!));
        return values.get(slot)!;
      };
      const from = random.below(1 << 30);
      runModule(module, signal, [from, from + 400], {
        energy: () => RICH,
        onPacket: (body) => {
          const samples = decodeSamples(body);
          if (typeof samples === 'string') throw new Error(`seed ${seed}: ${samples} in ${hex(body)}`);
          const view = new DataView(body.buffer);
          expect(view.getUint32(1, true)).toBe(node);
          const again = encodeSamples(node, view.getUint32(5, true), view.getUint32(9, true), samples);
          expect(hex(again)).toBe(hex(body));
          samples.slots.forEach((slot, index) => {
            const taken = sampled.get(slot);
            expect(Array.from(samples.values.subarray(index * axes, (index + 1) * axes))).toEqual(taken);
            delivered.push(slot);
          });
          return true;
        },
      });
      expect(delivered).toEqual([...sampled.keys()].slice(0, delivered.length));
      expect(delivered.length).toBeGreaterThan(0);
    }
  });
});
