import type { Command } from 'commander';
import pc from 'picocolors';
import { pino, type Logger } from 'pino';

export interface OutputOptions {
  json?: boolean;
  quiet?: boolean;
  verbose?: number;
}

/** Adds --json, --quiet and -v to a command; every command has them. */
export function withOutputOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON object on stdout')
    .option('-q, --quiet', 'print errors only')
    .option('-v, --verbose', 'log what happens to stderr (-vv: more)', (_, before: number) => before + 1, 0);
}

/** Where a command writes: results to stdout, progress and logs to stderr. */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly log: Logger;
  #progressShown = false;

  constructor({ json = false, quiet = false, verbose = 0 }: OutputOptions) {
    this.json = json;
    this.quiet = quiet;
    const level = quiet ? 'error' : verbose > 1 ? 'debug' : verbose > 0 ? 'info' : 'warn';
    this.log = pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
  }

  /** The result of the command: the object itself with --json, else the text that `render` makes of it. */
  result(value: object, render: () => string): void {
    this.#clearProgress();
    if (this.json) process.stdout.write(`${JSON.stringify(value)}\n`);
    else if (!this.quiet) process.stdout.write(`${render()}\n`);
  }

  /** A line for a person, on stderr. */
  note(text: string): void {
    if (this.quiet) return;
    this.#clearProgress();
    process.stderr.write(`${text}\n`);
  }

  /** A line that the next one overwrites; nothing where stderr is no terminal. */
  progress(text: string): void {
    if (this.quiet || !process.stderr.isTTY) return;
    const width = process.stderr.columns || 80;
    process.stderr.write(`\r\x1b[2K${text.slice(0, width - 1)}`);
    this.#progressShown = true;
  }

  #clearProgress(): void {
    if (this.#progressShown) process.stderr.write('\r\x1b[2K');
    this.#progressShown = false;
  }
}

/** Rows as aligned `label  value` lines. */
export function table(rows: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${pc.dim(label.padEnd(width))}  ${value}`).join('\n');
}

/** `1.23 mJ` and the like: three significant digits with an SI prefix. */
export function si(value: number, unit: string): string {
  if (value === 0 || !Number.isFinite(value)) return `${value} ${unit}`;
  const prefixes = ['n', 'µ', 'm', '', 'k', 'M', 'G'];
  const exponent = Math.min(3, Math.max(-3, Math.floor(Math.log10(Math.abs(value)) / 3)));
  return `${Number((value / 1000 ** exponent).toPrecision(3))} ${prefixes[exponent + 3] ?? ''}${unit}`;
}
