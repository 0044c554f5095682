/**
 * The compiled text of the poser module's hot kernels. Run as a program it writes them to tests/pose/golden, from where
 * a test compares:
 * `npm run build -- poser poserRelaxed && node --import ./tests/support/typescript.mjs tests/support/hotKernels.ts`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = new URL('../../', import.meta.url);

/** Golden file by name: module and function. */
export const kernels: Record<string, [module: string, name: string]> = {
  'recur-i16.wat': ['poser', 'assembly/poser/lstm/recur<i16>'],
  'five-steps-i16.wat': ['poser', 'assembly/poser/project/fiveSteps<i16>'],
  'recur-i8-relaxed.wat': ['poser-relaxed', 'assembly/poser/lstm/recur<i8>'],
  'five-steps-i8-relaxed.wat': ['poser-relaxed', 'assembly/poser/project/fiveSteps<i8>'],
};

export const goldenPath = (name: string): string => fileURLToPath(new URL(`tests/pose/golden/${name}`, root));

/** A function's text, from its opening parenthesis to the one that closes it. */
export function kernelText([module, name]: [module: string, name: string]): string {
  const lines = readFileSync(new URL(`dist/wasm/${module}.wat`, root), 'utf8').split('\n');
  const start = lines.findIndex((line) => line.startsWith(` (func $${name} `));
  if (start < 0) throw new Error(`${module}.wat has no function ${name}`);
  const end = lines.indexOf(' )', start);
  return `${lines.slice(start, end + 1).join('\n')}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  mkdirSync(goldenPath(''), { recursive: true });
  for (const [name, kernel] of Object.entries(kernels)) writeFileSync(goldenPath(name), kernelText(kernel));
}
