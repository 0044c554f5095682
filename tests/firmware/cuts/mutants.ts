import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../host/paths.ts';

/** A mistake in the order of things, made by exact replacements in one file of firmware/core. */
export interface Mutant {
  name: string;
  file: string;
  replacements: readonly (readonly [from: string, to: string])[];
  /** The promise that it breaks. */
  found: RegExp;
}

const WRITE_RING = `  if (dirty > 0)
    board_nvm_write(2 * journal_slot_size(journal->head_size) + offset - journal->head_size,
                    journal->state + offset, dirty);
`;
const LAST_OF_COMMIT = `  journal->generation = header.generation;
`;
const COMMIT_PACKET = `  /* The packet's name and extent are durable before anyone can have seen it. */
  commit(0, 0);
`;
const TRANSMIT = `  transmit(body, length);
`;
const LISTEN = `  const bool answered = listen(packet.boot, packet.seq);
`;
const COMMIT_BOOT = `  journal.record.boot++;
  commit(0, 0);
`;

export const mutants: readonly Mutant[] = [
  {
    name: 'the head is written before the ring bytes that it refers to',
    file: 'journal.c',
    replacements: [
      [WRITE_RING, ''],
      [LAST_OF_COMMIT, LAST_OF_COMMIT + WRITE_RING],
    ],
    found: /packet with a fault|no sample was taken|did not give/,
  },
  {
    name: 'a commit overwrites the slot that is current',
    file: 'journal.c',
    replacements: [['const uint32_t slot = journal->slot ^ 1;', 'const uint32_t slot = journal->slot;']],
    found: /no slot of the journal is valid/,
  },
  {
    name: 'a slot is taken for valid without its CRC-32',
    file: 'journal.c',
    replacements: [['return crc == stored;', 'return crc + stored != 0;']],
    found: /is lost|fell from|that nobody sent|packet with a fault|did not give/,
  },
  {
    name: 'a packet is sent before its name is durable',
    file: 'node.c',
    replacements: [
      [COMMIT_PACKET, ''],
      [TRANSMIT, `${TRANSMIT}  commit(0, 0);\n`],
    ],
    found: /comes twice/,
  },
  {
    name: 'a packet counts as acknowledged before the host has it',
    file: 'node.c',
    replacements: [
      [TRANSMIT, `  w2c_seasons_acked(&seasons, packet.boot, packet.seq);\n  commit(0, 0);\n${TRANSMIT}`],
    ],
    found: /acknowledgements of/,
  },
  {
    name: 'any answer in the window, or none, counts as the acknowledgement',
    file: 'node.c',
    replacements: [
      [LISTEN, `${LISTEN.replace('const bool answered = ', '')}  const bool answered = true;\n`],
    ],
    found: /acknowledgements of/,
  },
  {
    name: 'an acknowledgement of another packet is taken for that of the last',
    file: 'node.c',
    replacements: [
      [
        'return node == node_id && ack.boot == boot && ack.seq == seq;',
        '(void)boot;\n    (void)seq;\n    return node == node_id && ack.seq != NODE_HELLO_SEQ;',
      ],
    ],
    found: /acknowledgements of/,
  },
  {
    name: 'a sample is durable only with the next packet',
    file: 'node.c',
    replacements: [
      [
        '  commit(w2c_seasons_dirtyOffset(&seasons), queued ? w2c_seasons_dirtySize(&seasons) : 0);\n',
        '  (void)queued;\n',
      ],
    ],
    found: /is lost/,
  },
  {
    name: 'a boot is named before its number is durable',
    file: 'node.c',
    replacements: [[COMMIT_BOOT, COMMIT_BOOT.replace('  commit(0, 0);\n', '')]],
    found: /boot 42 follows boot 42/,
  },
];

/** Copies the firmware's sources to `dir` with the mutant's mistake in them. Throws unless each text is there once. */
export function writeMutant(
  dir: string,
  { file, replacements }: Pick<Mutant, 'file' | 'replacements'>,
): void {
  cpSync(join(root, 'firmware'), dir, { recursive: true });
  const path = join(dir, 'core', file);
  let text = readFileSync(path, 'utf8');
  for (const [from, to] of replacements) {
    const parts = text.split(from);
    if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times:\n${from}`);
    text = parts.join(to);
  }
  writeFileSync(path, text);
}
