/** Installs the npm packages of package-lock.json when they are not there yet, or are those of another lock file. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const lock = join(root, 'package-lock.json');
/** A copy of the lock file that the installed packages came from. */
const stamp = join(root, 'node_modules', '.solstice-lock.json');

export function installPackages() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(lock, 'utf8')) return;
  process.stderr.write('installing packages\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // npm's own messages go to stderr: stdout belongs to the command (--json).
  const { status } = spawnSync(npm, ['ci', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error(
      'solstice: npm ci failed; the lines above tell why. A registry must be reachable for the first run.',
    );
    process.exit(1);
  }
  copyFileSync(lock, stamp);
}
