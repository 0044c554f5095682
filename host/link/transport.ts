/**
 * A byte stream to one or more nodes. Transports know neither frames nor messages; a new kind (BLE, TCP) is a new
 * class with these members.
 */
export interface Transport {
  /** How a person would name it: a device path, `virtual`. */
  readonly name: string;
  /** Sends bytes; resolves when the system has taken them, rejects with `LinkClosedError` when the link is down. */
  write(bytes: Uint8Array): Promise<void>;
  /** The receiver of incoming chunks. A chunk is only valid during the call. At most one receiver; the last one set. */
  onData(receiver: (chunk: Uint8Array) => void): void;
  /** Called when the link goes down (`up` false) and when it is back. A transport that cannot come back closes. */
  onState(receiver: (up: boolean) => void): void;
  /** Stops and restarts reading; what arrives meanwhile waits in the system. Absent where nothing can be held back. */
  pause?(): void;
  resume?(): void;
  close(): Promise<void>;
}

/** The link is closed or unplugged; what was written did not reach the node. */
export class LinkClosedError extends Error {
  override readonly name = 'LinkClosedError';
}
