import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SerialPort } from 'serialport';
import { UserError } from '../errors.ts';
import { FrameDecoder, encodeFrame } from './frame.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import { SerialTransport } from './serial.ts';

export interface FindOptions {
  /** How long to listen, in milliseconds. Ends earlier when every port has spoken. */
  timeoutMs?: number;
  baudRate?: number;
  /** Paths, or patterns with `*` in the last part, to try beside the ports that the system lists (it lists no ptys). */
  paths?: readonly string[];
  /** False: try `paths` only. */
  list?: boolean;
}

/** A port that speaks Solstice; its transport is open. What was heard so far is sent again: nothing was acknowledged. */
export interface FoundPort {
  path: string;
  /** Ids of the nodes heard, in order of appearance. */
  nodes: number[];
  transport: SerialTransport;
}

export interface Search {
  found: FoundPort[];
  /** Ports where no node was heard. They are closed again. */
  silent: string[];
  /** Ports that could not be opened, and why. */
  failed: { path: string; error: UserError }[];
}

const ANY_NODE = 0;
const REQUEST_SLOT = 0xffffffff;
/** A request is repeated, since a node may listen only now and then. */
const REQUEST_MILLIS = 250;
/** USB, built-in and Bluetooth serial ports of Linux; the names of macOS. */
const PORT_NAMES = /^(tty(USB|ACM|AMA|WCH|XRUSB)\d+|rfcomm\d+|cu\.(usb|wchusb|SLAB).*)$/;

/**
 * Looks for nodes on all serial ports at once. For the first half of the time it only listens, so that a port where a
 * node speaks (a HELLO at boot, a packet) is found without a byte written; then it asks any node for the time.
 */
export async function findNodes({
  timeoutMs = 3000,
  baudRate,
  paths = [],
  list = true,
}: FindOptions = {}): Promise<Search> {
  const given = (await Promise.all(paths.map(expandPattern))).flat();
  const candidates = [...new Set([...given, ...(list ? await listPorts() : [])])];
  const search: Search = { found: [], silent: [], failed: [] };
  const heard = await Promise.all(
    candidates.map(async (path) => {
      try {
        const transport = await SerialTransport.open(path, baudRate === undefined ? {} : { baudRate });
        return { path, transport, nodes: await listenForNodes(transport, timeoutMs) };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        search.failed.push({ path, error });
        return undefined;
      }
    }),
  );
  for (const port of heard) {
    if (!port) continue;
    if (port.nodes.length > 0) {
      search.found.push(port);
    } else {
      await port.transport.close();
      search.silent.push(port.path);
    }
  }
  return search;
}

/** Resolves with the node of the first valid message, and any others of the same chunk; empty when none came in time. */
async function listenForNodes(transport: SerialTransport, timeoutMs: number): Promise<number[]> {
  const decoder = new FrameDecoder();
  const nodes = new Set<number>();
  let asking: NodeJS.Timeout | undefined;
  const ask = (): void => {
    const hostMicros = BigInt(Date.now()) * 1000n;
    const request = encodeMessage('TIME', { node: ANY_NODE, hostMicros, slot: REQUEST_SLOT, micros: 0 });
    // A port that takes nothing is as silent as one that answers nothing.
    transport.write(encodeFrame(request)).catch(() => undefined);
    asking = setTimeout(ask, REQUEST_MILLIS);
  };
  asking = setTimeout(ask, timeoutMs / 2);
  let ending: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    ending = setTimeout(resolve, timeoutMs);
    transport.onData((chunk) => {
      decoder.push(chunk, (body) => {
        const node = speaker(body);
        if (node !== undefined) nodes.add(node);
      });
      if (nodes.size > 0) resolve();
    });
  });
  clearTimeout(asking);
  clearTimeout(ending);
  transport.onData(() => undefined);
  return [...nodes];
}

/** The node that made a message; undefined for an echo of a host's own. */
function speaker(body: Uint8Array): number | undefined {
  const message = decodeMessage(body);
  if (typeof message === 'string' || message.name === 'CONFIG' || message.name === 'ACK') return undefined;
  if (message.name === 'TIME' && message.fields.slot === REQUEST_SLOT) return undefined;
  return message.fields.node;
}

async function listPorts(): Promise<string[]> {
  try {
    return (await SerialPort.list()).map(({ path }) => path);
  } catch {
    // On Linux the list is made by udevadm, which small systems lack.
    return expand('/dev', (name) => PORT_NAMES.test(name));
  }
}

function expandPattern(pattern: string): Promise<string[]> {
  const name = basename(pattern);
  if (!name.includes('*')) return Promise.resolve([pattern]);
  const parts = name.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const wanted = new RegExp(`^${parts.join('.*')}$`);
  return expand(dirname(pattern), (entry) => wanted.test(entry));
}

async function expand(dir: string, wanted: (name: string) => boolean): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names
    .filter(wanted)
    .sort()
    .map((name) => join(dir, name));
}
