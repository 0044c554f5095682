import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SerialPort } from 'serialport';
import { UserError, exitCodes } from '../errors.ts';
import { FrameDecoder, encodeFrame } from '../link/frame.ts';
import { HeldTransport } from '../link/heldTransport.ts';
import { decodeMessage, encodeMessage } from '../link/message.ts';
import { SerialTransport, type SerialOptions } from '../link/serial.ts';
import { LinkClosedError, type Transport } from '../link/transport.ts';

export interface FindOptions extends SerialOptions {
  /**
   * Paths to try beside the serial ports that the system lists, `*` and `?` allowed in the last part. Pseudo-terminals
   * are never listed.
   */
  patterns?: readonly string[];
  /** The paths that the system lists. */
  list?: () => Promise<string[]>;
  /** Paths to leave alone. */
  except?: readonly string[];
  /** How long a port may stay silent. */
  timeoutMillis?: number;
  /** Ends the search early. */
  signal?: AbortSignal;
  /** Told why a port is left alone. */
  onPassed?: (path: string, reason: string) => void;
}

const DEFAULT_TIMEOUT_MILLIS = 5000;
/** How often a silent port is asked. */
const ASK_MILLIS = 500;
const USUAL_PORTS = ['/dev/ttyUSB*', '/dev/ttyACM*', '/dev/ttyAMA*'];
const ANY_NODE = 0;
const ANY_SLOT = 0xffffffff;

/** The patterns in the environment variable SOLSTICE_PORTS, separated by colons. */
export function environmentPatterns(value = process.env['SOLSTICE_PORTS']): string[] {
  return (value ?? '').split(':').filter((pattern) => pattern !== '');
}

/**
 * Every port on which a node is heard, as soon as it is: a valid message within the timeout, of itself or asked for
 * with a TIME request to all nodes. What was received until then is handed to the receiver that `onData` sets. Other
 * ports are closed again. Throws `UserError` (exit code 4) at the end when there is none.
 */
export async function* findPorts({
  patterns = environmentPatterns(),
  list = listPorts,
  except = [],
  timeoutMillis = DEFAULT_TIMEOUT_MILLIS,
  signal,
  onPassed = () => undefined,
  ...serial
}: FindOptions = {}): AsyncGenerator<Transport, void> {
  const paths = (await candidates(patterns, list)).filter((path) => !except.includes(path));
  const passed: string[] = [];
  const pending = new Map(
    paths.map((path) => [
      path,
      detect(path, serial, timeoutMillis, signal).then(
        (transport) => ({ path, transport, reason: `no node within ${timeoutMillis / 1000} s` }),
        (error: unknown) => ({ path, transport: undefined, reason: (error as Error).message }),
      ),
    ]),
  );
  let found = 0;
  try {
    while (pending.size > 0) {
      const { path, transport, reason } = await Promise.race(pending.values());
      pending.delete(path);
      if (transport) {
        found++;
        yield transport;
      } else {
        passed.push(`${path}: ${reason}`);
        onPassed(path, reason);
      }
    }
  } finally {
    // The caller has enough: what is found from now on is not wanted.
    for (const rest of pending.values()) void rest.then(({ transport }) => transport?.close());
  }
  if (found > 0 || signal?.aborted) return;
  throw new UserError('no node found on any serial port', {
    exitCode: exitCodes.noDevice,
    hint: [
      ...(passed.length > 0 ? passed : ['there is no serial port']),
      'check cable and power, give more time with --wait, or name the port: --port PATH',
    ].join('\n'),
  });
}

/** Opens a port and listens; undefined when no node was heard in time. */
async function detect(
  path: string,
  serial: SerialOptions,
  timeoutMillis: number,
  signal: AbortSignal | undefined,
): Promise<Transport | undefined> {
  const port = await SerialTransport.open(path, serial);
  const decoder = new FrameDecoder();
  const request = encodeFrame(
    encodeMessage('TIME', { node: ANY_NODE, hostMicros: 0n, slot: ANY_SLOT, micros: 0 }),
  );
  let held: HeldTransport | undefined;
  let ask: NodeJS.Timeout | undefined;
  let timeout: NodeJS.Timeout | undefined;
  const heard = await new Promise<boolean>((resolve) => {
    held = new HeldTransport(port, (chunk) => {
      decoder.push(chunk, (body) => {
        if (isFromNode(body)) resolve(true);
      });
    });
    timeout = setTimeout(() => resolve(false), signal?.aborted ? 0 : timeoutMillis);
    signal?.addEventListener('abort', () => resolve(false));
    const write = (): void => {
      port.write(request).catch((error: unknown) => {
        if (!(error instanceof LinkClosedError)) throw error;
      });
    };
    write();
    ask = setInterval(write, ASK_MILLIS);
  });
  clearTimeout(timeout);
  clearInterval(ask);
  if (heard) return held;
  await port.close();
  return undefined;
}

/** A port that only echoes, or another host, says nothing that a node says. */
function isFromNode(body: Uint8Array): boolean {
  const message = decodeMessage(body);
  if (typeof message === 'string') return false;
  if (message.name === 'TIME') return message.fields.slot !== ANY_SLOT;
  return message.name === 'HELLO' || message.name === 'SAMPLES' || message.name === 'STATUS';
}

async function listPorts(): Promise<string[]> {
  try {
    return (await SerialPort.list()).map(({ path }) => path);
  } catch {
    // On Linux the list is made by udevadm, which small systems lack.
    return (await Promise.all(USUAL_PORTS.map(expand))).flat();
  }
}

/** The listed ports and what the patterns match, each once. */
async function candidates(patterns: readonly string[], list: () => Promise<string[]>): Promise<string[]> {
  const [listed, matched] = await Promise.all([list(), Promise.all(patterns.map(expand))]);
  return [...new Set([...listed, ...matched.flat()])];
}

/** The paths that match a pattern with wildcards in its last part; a path without wildcards is itself. */
async function expand(pattern: string): Promise<string[]> {
  const folder = dirname(pattern);
  const name = basename(pattern);
  if (!/[*?]/.test(name)) return [pattern];
  const escaped = name.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const matcher = new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`);
  const names = await readdir(folder).catch(() => [] as string[]);
  return names
    .filter((entry) => matcher.test(entry))
    .sort()
    .map((entry) => join(folder, entry));
}
