import { spawn } from 'node:child_process';

/** Opens the address in the user's browser where there is a desktop; a failure is no matter, the address is printed. */
export function openBrowser(url: string): void {
  const { platform, env } = process;
  const desktop = platform === 'darwin' || platform === 'win32' || env['DISPLAY'] || env['WAYLAND_DISPLAY'];
  if (!desktop) return;
  const [command, args] =
    platform === 'darwin'
      ? ['open', [url]]
      : platform === 'win32'
        ? ['cmd', ['/c', 'start', '', url]]
        : ['xdg-open', [url]];
  spawn(command as string, args as string[], { detached: true, stdio: 'ignore' })
    .on('error', () => undefined)
    .unref();
}
