import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { UserError } from '../errors.ts';
import { distDir } from '../paths.ts';
import type { LiveEvent } from './events.ts';
import { LiveHistory } from './liveHistory.ts';
import { parsePageFigures, type PageFigures } from './pageFigures.ts';
import { isAllowedHost, isAllowedOrigin } from './requestOrigin.ts';
import { loadStaticFiles, type StaticFile } from './staticFiles.ts';

const DEFAULT_PORT = 8765;
const DEFAULT_HISTORY_LIMIT = 4000;
/** 20 messages a second. */
const DEFAULT_BATCH_MILLIS = 50;
const MAX_CLIENTS = 32;
/** A client that has more than this unsent gets a fresh history once it has caught up, instead of what it missed. */
const MAX_UNSENT_BYTES = 1 << 20;
/** Events of one batch; with more, clients get a fresh history. */
const MAX_BATCH_EVENTS = 20_000;
const HEARTBEAT_MILLIS = 30_000;
const CLOSE_MILLIS = 500;

const POLICY =
  "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
/** For pages that run a WebAssembly module. */
const WASM_POLICY = `${POLICY}; script-src 'self' 'wasm-unsafe-eval'`;
const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

export interface LiveServerOptions {
  /** Taken as it is, and an error when it is in use; by default 8765, or a free one when that is in use. */
  port?: number;
  /** Address to listen on; loopback by default. */
  host?: string;
  /** The built page. */
  appDir?: string;
  /** More files, by URL path. With a WebAssembly module among them, the page may compile it. */
  files?: ReadonlyMap<string, StaticFile>;
  /** Rows kept per kind of event and node for clients that join late. */
  historyLimit?: number;
  /** Least time between two messages to a client, in milliseconds. */
  batchMillis?: number;
  /** Hears of what body pages measure; without it they have nowhere to tell it. */
  onFigures?: (figures: PageFigures) => void;
}

interface Client {
  socket: WebSocket;
  /** Wants a whole history instead of the next batch. */
  stale: boolean;
  answered: boolean;
}

/**
 * Serves the live page and tells it what is published. Memory is bounded: by the history, by the batch, and by
 * MAX_UNSENT_BYTES (plus one message) per client. Publishing never waits for a client.
 */
export class LiveServer {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 1024,
    perMessageDeflate: false,
    clientTracking: false,
  });
  readonly #files: Map<string, StaticFile>;
  readonly #headers: Record<string, string>;
  readonly #host: string;
  readonly #history: LiveHistory;
  readonly #clients = new Set<Client>();
  readonly #onFigures: ((figures: PageFigures) => void) | undefined;
  readonly #tellers = new Set<WebSocket>();
  readonly #timers: NodeJS.Timeout[];
  #batch: LiveEvent[] = [];
  #closed: Promise<void> | undefined;

  /** Listens; throws a UserError when the page is not built or the address cannot be had. */
  static async start(options: LiveServerOptions = {}): Promise<LiveServer> {
    const { host = '127.0.0.1', appDir = join(distDir, 'app'), files: more = [] } = options;
    const files = new Map([...loadStaticFiles(appDir), ...more]);
    const server = createServer();
    await listen(server, host, options.port);
    return new LiveServer(server, files, host, options);
  }

  private constructor(
    server: Server,
    files: Map<string, StaticFile>,
    host: string,
    {
      historyLimit = DEFAULT_HISTORY_LIMIT,
      batchMillis = DEFAULT_BATCH_MILLIS,
      onFigures,
    }: LiveServerOptions,
  ) {
    this.#server = server;
    this.#files = files;
    const compiles = [...files.values()].some(({ type }) => type === 'application/wasm');
    this.#headers = { ...HEADERS, 'Content-Security-Policy': compiles ? WASM_POLICY : POLICY };
    this.#host = host;
    this.#onFigures = onFigures;
    this.#history = new LiveHistory(historyLimit);
    const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : isIP(host) === 6 ? `[${host}]` : host;
    this.url = `http://${shown}:${(server.address() as AddressInfo).port}/`;
    server.on('request', (request, response) => this.#answer(request, response));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#timers = [
      setInterval(() => this.#flush(), batchMillis),
      setInterval(() => this.#heartbeat(), HEARTBEAT_MILLIS),
    ];
  }

  /** Bytes that wait for slow clients. */
  get unsentBytes(): number {
    return [...this.#clients].reduce((sum, { socket }) => sum + socket.bufferedAmount, 0);
  }

  publish(event: LiveEvent): void {
    this.#history.add(event);
    if (this.#clients.size === 0) return;
    this.#batch.push(event);
    if (this.#batch.length <= MAX_BATCH_EVENTS) return;
    this.#batch = [];
    for (const client of this.#clients) client.stale = true;
  }

  /** Sends what is left, says goodbye to the clients and stops listening. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#flush();
    const sockets = [...[...this.#clients].map(({ socket }) => socket), ...this.#tellers];
    const gone = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of sockets) socket.close(1001, 'the host ends');
    const timer = setTimeout(() => sockets.forEach((socket) => socket.terminate()), CLOSE_MILLIS);
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await Promise.all(gone);
    clearTimeout(timer);
    this.#server.closeAllConnections();
    await stopped;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const send = (status: number, type: string, body: string | Buffer, headers = {}): void => {
      response.writeHead(status, {
        ...this.#headers,
        'Content-Type': type,
        'Content-Length': Buffer.byteLength(body),
        'Cache-Control': 'no-cache',
        ...headers,
      });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const refuse = (status: number, text: string, headers = {}): void =>
      send(status, 'text/plain; charset=utf-8', `${text}\n`, headers);

    if (!isAllowedHost(request, this.#host)) return refuse(403, 'This server does not go by that name.');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(405, 'GET and HEAD only.', { Allow: 'GET, HEAD' });
    }
    const path = (request.url ?? '').split('?', 1)[0]!;
    if (path === '/api/summary') {
      return send(200, 'application/json', JSON.stringify(this.#history.summary()), {
        'Cache-Control': 'no-store',
      });
    }
    const file = this.#files.get(path);
    if (!file) return refuse(404, 'There is nothing here.');
    if (request.headers['if-none-match'] === file.etag) {
      response.writeHead(304, { ...this.#headers, ETag: file.etag }).end();
      return;
    }
    send(200, file.type, file.body, { ETag: file.etag });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (status: string): void => {
      socket.on('error', () => undefined);
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    if (!isAllowedHost(request, this.#host) || !isAllowedOrigin(request)) return refuse('403 Forbidden');
    const tells = request.url === '/figures' && this.#onFigures !== undefined;
    if (request.url !== '/live' && !tells) return refuse('404 Not Found');
    if (this.#clients.size + this.#tellers.size >= MAX_CLIENTS || this.#closed)
      return refuse('503 Service Unavailable');
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // A broken connection also closes: nothing more to do here.
      webSocket.on('error', () => undefined);
      if (tells) this.#listen(webSocket);
      else this.#join(webSocket);
    });
  }

  #listen(socket: WebSocket): void {
    this.#tellers.add(socket);
    socket.on('close', () => this.#tellers.delete(socket));
    socket.on('message', (data) => {
      const figures = parsePageFigures(String(data));
      if (figures) this.#onFigures?.(figures);
    });
  }

  #join(socket: WebSocket): void {
    const client: Client = { socket, stale: true, answered: true };
    this.#clients.add(client);
    socket.on('pong', () => (client.answered = true));
    socket.on('close', () => this.#clients.delete(client));
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    let text: string | undefined;
    let history: string | undefined;
    for (const client of this.#clients) {
      const { socket } = client;
      if (client.stale) {
        if (socket.bufferedAmount > 0) continue;
        client.stale = false;
        socket.send((history ??= JSON.stringify(this.#history.message())));
      } else if (socket.bufferedAmount > MAX_UNSENT_BYTES) {
        client.stale = true;
      } else if (batch.length > 0) {
        socket.send((text ??= JSON.stringify(batch)));
      }
    }
  }

  #heartbeat(): void {
    for (const client of this.#clients) {
      if (!client.answered) {
        client.socket.terminate();
        continue;
      }
      client.answered = false;
      client.socket.ping();
    }
  }
}

async function listen(server: Server, host: string, port: number | undefined): Promise<void> {
  try {
    await listenOn(server, host, port ?? DEFAULT_PORT);
  } catch (error) {
    if (port === undefined && isCode(error, 'EADDRINUSE')) return listenOn(server, host, 0);
    throw listenError(error, host, port ?? DEFAULT_PORT);
  }
}

function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function listenError(error: unknown, host: string, port: number): unknown {
  if (isCode(error, 'EADDRINUSE')) {
    return new UserError(`port ${port} on ${host} is in use`, {
      hint: 'Choose another with --port, or leave --port out to get a free one.',
      cause: error,
    });
  }
  if (isCode(error, 'EACCES')) {
    return new UserError(`port ${port} on ${host} needs rights that you do not have`, {
      hint: 'Choose a port above 1023.',
      cause: error,
    });
  }
  if (isCode(error, 'EADDRNOTAVAIL') || isCode(error, 'ENOTFOUND')) {
    return new UserError(`this machine has no address ${host}`, {
      hint: 'Leave the host out to serve this machine only, or give one of its addresses.',
      cause: error,
    });
  }
  return error;
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
