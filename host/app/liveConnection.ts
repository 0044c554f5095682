import type { LiveMessage } from '../server/events.ts';

export type ConnectionState =
  | { name: 'connecting' }
  | { name: 'open' }
  | { name: 'lost'; /** Milliseconds until the next try. */ wait: number };

export interface LiveConnectionOptions {
  url: string;
  onMessage: (message: LiveMessage) => void;
  onState: (state: ConnectionState) => void;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;

/** A WebSocket that comes back: waits twice as long after each failed try, up to LONGEST_WAIT. */
export class LiveConnection {
  readonly #options: LiveConnectionOptions;
  #socket: WebSocket | undefined;
  #timer: number | undefined;
  #wait = FIRST_WAIT;

  constructor(options: LiveConnectionOptions) {
    this.#options = options;
  }

  /** Opens now; does nothing while it is open or opening. */
  open(): void {
    if (this.#socket) return;
    window.clearTimeout(this.#timer);
    const { url, onMessage, onState } = this.#options;
    onState({ name: 'connecting' });
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#wait = FIRST_WAIT;
      onState({ name: 'open' });
    };
    socket.onmessage = ({ data }) => onMessage(JSON.parse(String(data)) as LiveMessage);
    socket.onclose = () => {
      this.#socket = undefined;
      this.#timer = window.setTimeout(() => this.open(), this.#wait);
      onState({ name: 'lost', wait: this.#wait });
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
    };
  }

  close(): void {
    window.clearTimeout(this.#timer);
    if (this.#socket) this.#socket.onclose = null;
    this.#socket?.close();
    this.#socket = undefined;
  }
}
