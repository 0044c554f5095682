import { LinkClosedError, type Transport } from './transport.ts';

class VirtualEnd implements Transport {
  readonly name: string;
  peer: VirtualEnd | undefined;
  #receive: (chunk: Uint8Array) => void = () => undefined;
  #state: (up: boolean) => void = () => undefined;
  #open = true;

  constructor(name: string) {
    this.name = name;
  }

  write(bytes: Uint8Array): Promise<void> {
    const { peer } = this;
    if (!this.#open || !peer || !peer.#open)
      return Promise.reject(new LinkClosedError(`${this.name} is closed`));
    const copy = bytes.slice();
    return new Promise((resolve) => {
      setImmediate(() => {
        if (peer.#open) peer.#receive(copy);
        resolve();
      });
    });
  }

  onData(receiver: (chunk: Uint8Array) => void): void {
    this.#receive = receiver;
  }

  onState(receiver: (up: boolean) => void): void {
    this.#state = receiver;
  }

  close(): Promise<void> {
    this.#open = false;
    if (this.peer && this.peer.#open) this.peer.#state(false);
    return Promise.resolve();
  }
}

/** Two ends of an in-process byte stream: what one writes, the other receives, in order and asynchronously. */
export function createVirtualLink(name = 'virtual'): [host: Transport, node: Transport] {
  const host = new VirtualEnd(name);
  const node = new VirtualEnd(name);
  host.peer = node;
  node.peer = host;
  return [host, node];
}
