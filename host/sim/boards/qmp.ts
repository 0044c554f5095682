import type { Socket } from 'node:net';

/**
 * QEMU's machine protocol on a connected socket: one JSON object a line, answers in order. What QEMU no longer answers
 * fails with the reason that `ended` rejects with: the socket may close before the exit is known, and cannot tell why.
 */
export class Qmp {
  readonly #socket: Socket;
  readonly #waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  #rest = '';
  #ended: Error | undefined;

  constructor(socket: Socket, ended: Promise<never>) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#receive(text));
    ended.catch((error: Error) => {
      this.#ended = error;
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
  }

  /** Runs a command with its arguments by name; resolves to what it returns. */
  execute(command: string, arguments_?: Readonly<Record<string, unknown>>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#waiting.push({ resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: arguments_ })}\n`);
    });
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const answer = JSON.parse(line) as { return?: unknown; error?: { desc: string } };
      if (answer.error) this.#waiting.shift()?.reject(new Error(`QEMU: ${answer.error.desc}`));
      else if ('return' in answer) this.#waiting.shift()?.resolve(answer.return);
    }
  }
}
