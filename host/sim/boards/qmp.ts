import type { Socket } from 'node:net';

/** QEMU's machine protocol on a connected socket: one JSON object a line, answers in order. */
export class Qmp {
  readonly #socket: Socket;
  readonly #waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  #rest = '';

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('QEMU closed its monitor'));
    });
  }

  execute(command: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command })}\n`);
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
