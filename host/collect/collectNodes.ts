import { UserError, exitCodes } from '../errors.ts';
import type { Fields, NodeConfig } from '../link/protocol.ts';
import { SerialTransport } from '../link/serial.ts';
import type { Transport } from '../link/transport.ts';
import { Recorder, type Origin } from '../record/recorder.ts';
import { nodeHex } from '../record/schema.ts';
import { Collector, type CollectorCounters, type CollectorLog } from './collector.ts';
import { environmentPatterns, findPorts } from './ports.ts';

/** A link to a node that runs in this process. */
export interface NodeSource {
  transport: Transport;
  /** Resolves when the node's run is over. */
  run(): Promise<void>;
  stop(): void;
}

/** Told of what happens, as it happens. */
export interface CollectListener {
  recording(path: string): void;
  /** A node is heard for the first time. */
  node(node: number, link: string): void;
  link(name: string, up: boolean): void;
  recordError(error: unknown): void;
  /** A node has no configuration, and none is given here: it will send nothing. */
  unconfigured(node: number): void;
}

export interface CollectOptions {
  /** Device paths; `auto` stands for every port on which a node is heard. */
  ports: readonly string[];
  source?: NodeSource;
  /** Paths that `auto` tries beside the listed ports, in addition to SOLSTICE_PORTS. */
  patterns?: readonly string[];
  baudRate: number;
  /** How long `auto` listens to a silent port. */
  waitSeconds: number;
  dir: string;
  title?: string;
  origin: Origin;
  configFor?: (hello: Fields<'HELLO'>) => NodeConfig | undefined;
  /** Ends after this time; at `stop` unless given. */
  seconds?: number;
  log: CollectorLog;
  tell: CollectListener;
}

/** What `solstice collect --json` prints. */
export interface CollectSummary {
  origin: Origin;
  ports: string[];
  seconds: number;
  samples: number;
  packets: number;
  lost: number;
  duplicates: number;
  /** Packets not taken because the disk was behind or failed; their nodes sent them again, or still will. */
  deferred: number;
  failedCommits: number;
  bytes: number;
  frames: number;
  /** Frames that are none, or no message: bad CRC, structure, length, type or content. */
  refusedFrames: number;
  discardedBytes: number;
  droppedAnswers: number;
  nodes: { node: string; packets: number; samples: number; lost: number; duplicates: number }[];
  recording: string;
}

/** A collection under way. */
export interface Collection {
  counters(): CollectorCounters;
  /** Ends it; `finished` resolves. */
  stop(): void;
  finished: Promise<CollectSummary>;
}

/**
 * Records what nodes send, until the time is over or `stop` is called. Resolves when the first port is open, and with
 * `auto` alone when a node is heard; throws `UserError` when a named port cannot be opened, or no node is heard.
 */
export async function collectNodes(options: CollectOptions): Promise<Collection> {
  const { dir, origin, ports, source, log, tell, seconds, baudRate } = options;
  const paths = ports.filter((port) => port !== 'auto');
  const over = new AbortController();
  const search = ports.includes('auto') ? searchPorts(options, paths, over.signal) : undefined;
  const transports: Transport[] = source ? [source.transport] : [];
  let recorder: Recorder;
  try {
    for (const path of paths) transports.push(await SerialTransport.open(path, { baudRate }));
    if (search && transports.length === 0) {
      const first = await search.next();
      if (first.value) transports.push(first.value);
    }
    const title = options.title ?? `collected from ${source ? source.transport.name : ports.join(', ')}`;
    recorder = await Recorder.open({ dir, origin, title });
  } catch (error) {
    over.abort();
    await search?.return();
    await Promise.all(transports.map((transport) => transport.close()));
    throw error;
  }
  const started = Date.now();
  const { path: recording } = recorder;
  const { configFor } = options;
  const collector = new Collector({ recorder, log, ...(configFor && { configFor }) });
  tell.recording(recording);
  const heard = new Set<number>();
  const hear = (node: number, link: string): void => {
    if (heard.has(node)) return;
    heard.add(node);
    tell.node(node, link);
  };
  collector.on('hello', ({ node, link, hello }) => {
    const first = !heard.has(node);
    hear(node, link);
    if (first && hello.configId === 0 && configFor?.(hello) === undefined) tell.unconfigured(node);
  });
  collector.on('samples', ({ node, link }) => hear(node, link));
  collector.on('linkState', ({ link, up }) => tell.link(link, up));
  collector.on('recordError', ({ error }) => tell.recordError(error));
  const names: string[] = [];
  const attach = (transport: Transport): void => {
    names.push(transport.name);
    collector.attach(transport);
  };
  transports.forEach(attach);

  let stop = (): void => undefined;
  const ended = new Promise<void>((resolve) => (stop = resolve));
  const timer = seconds === undefined ? undefined : setTimeout(stop, seconds * 1000);
  const searching = search && attachAll(search, attach, over.signal);

  const collect = async (): Promise<CollectSummary> => {
    try {
      await Promise.race([
        ended,
        ...(source ? [source.run()] : []),
        ...(searching ? [failureOf(searching)] : []),
      ]);
    } finally {
      over.abort();
      clearTimeout(timer);
      source?.stop();
      await searching?.catch(() => undefined);
      await collector.close();
      await recorder.close();
    }
    return summarise();
  };

  const summarise = (): CollectSummary => {
    const counters = collector.counters();
    const { samples, packets, lost, duplicates, deferred, failedCommits, bytes, frames } = counters;
    const { badCrc, badEncoding, tooShort, tooLong, refused, discardedBytes, droppedAnswers } = counters;
    const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);
    return {
      origin,
      ports: names,
      seconds: (Date.now() - started) / 1000,
      samples,
      packets,
      lost,
      duplicates,
      deferred,
      failedCommits,
      bytes,
      frames,
      refusedFrames: badCrc + badEncoding + tooShort + tooLong + refusals,
      discardedBytes,
      droppedAnswers,
      nodes: counters.perNode.map(({ node, ...rest }) => ({ node: nodeHex(node), ...rest })),
      recording,
    };
  };

  return { counters: () => collector.counters(), stop: () => stop(), finished: collect() };
}

/** Every port on which a node is heard; when there are named ports as well, there need not be any. */
async function* searchPorts(
  { patterns = [], baudRate, waitSeconds, log }: CollectOptions,
  except: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Transport, void> {
  try {
    yield* findPorts({
      patterns: [...environmentPatterns(), ...patterns],
      except,
      baudRate,
      timeoutMillis: waitSeconds * 1000,
      signal,
      onPassed: (path, reason) => log.info({ path, reason }, 'port left alone'),
    });
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode !== exitCodes.noDevice || except.length === 0)
      throw error;
  }
}

async function attachAll(
  search: AsyncGenerator<Transport, void>,
  attach: (transport: Transport) => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const transport of search) {
    if (signal.aborted) await transport.close();
    else attach(transport);
  }
}

/** Rejects when the work does, and never resolves. */
function failureOf(work: Promise<void>): Promise<never> {
  return new Promise((_, reject) => work.catch(reject));
}
