#!/usr/bin/env node
/** The command line in a checkout: installs and builds what is missing, then runs dist/host/cli/main.js. */
import { installPackages } from './install.mjs';

installPackages();
const { build } = await import('./build.mjs');
try {
  build();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const { main } = await import('../dist/host/cli/main.js');
process.exitCode = await main(process.argv);
