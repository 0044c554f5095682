/** Exit codes of the command line; see docs/cli.md. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  partial: 3,
  noDevice: 4,
  verification: 5,
  needsPerson: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error that a user can act on: the message names the cause, the hint the next step. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(
    message: string,
    {
      exitCode = exitCodes.failed,
      hint,
      cause,
    }: { exitCode?: ExitCode; hint?: string; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.exitCode = exitCode;
    this.hint = hint;
  }
}
