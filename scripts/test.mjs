#!/usr/bin/env node
/**
 * `npm test`: installs packages and, where it may, the Debian packages that the tests use; builds; checks formatting,
 * lint and types; runs every test. The closing line is `N passed, N failed, N skipped`; the checks count as one test.
 * Arguments go to jest: `npm test -- tests/link`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

installPackages();
const { build } = await import('./build.mjs');
try {
  build();
} catch (error) {
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exit(1);
}
await installDebianPackages();
const { lint } = await import('./lint.mjs');
const unclean = lint();
if (unclean.length > 0) console.error(`lint: ${unclean.join(', ')} failed; npm run format mends what it can`);
const { passed, failed, skipped } = runJest(process.argv.slice(2));
const failures = failed + (unclean.length > 0 ? 1 : 0);
console.log(
  `${passed + (unclean.length > 0 ? 0 : 1)} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
);
process.exit(failures > 0 || passed === 0 ? 1 : 0);

/** Tools that are missing are installed by root, or with sudo where it asks no password; else their tests skip by name. */
async function installDebianPackages() {
  const { checkTools } = await import('../dist/host/build/doctor.js');
  const groups = (await checkTools()).flatMap(({ found, packages }) => (found ? [] : [packages]));
  if (groups.length === 0) return;
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const run = (args) => {
    const [command, ...rest] = [...asRoot, 'apt-get', ...args];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    return spawnSync(command, rest, { env, stdio: ['ignore', 2, 2] }).status === 0;
  };
  const install = (packages) => run(['install', '-y', '-qq', '--no-install-recommends', ...packages]);
  const all = groups.flat();
  console.error(`installing Debian packages: ${all.join(' ')}`);
  const isUpdated = run(['update', '-qq']);
  if (isUpdated && install(all)) return;
  // One that this Debian lacks must not cost the others.
  const lacking = groups.filter((packages) => !isUpdated || !install(packages)).flat();
  if (lacking.length > 0)
    console.error(
      `not installed; tests that need them skip by name. By hand: apt-get install ${lacking.join(' ')}`,
    );
}

/** A run that ends without results (a crash, no test found) counts as one failure. */
function runJest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'solstice-jest-'));
  const results = join(folder, 'results.json');
  const env = {
    ...process.env,
    NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
  };
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  spawnSync(process.execPath, [jest, '--json', `--outputFile=${results}`, ...args], {
    cwd: root,
    env,
    // The JSON goes to the file; what people read is on stderr.
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = JSON.parse(
      readFileSync(results, 'utf8'),
    );
    return {
      passed: numPassedTests,
      failed: numFailedTests + numRuntimeErrorTestSuites,
      skipped: numPendingTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
