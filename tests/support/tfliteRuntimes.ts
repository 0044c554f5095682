import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../host/paths.ts';

const folders = ['node_modules', 'bench/pose/node_modules'].map((folder) => join(root, folder));

/** The node_modules with the packages that the backend tflite can use, all optional; undefined where none has them. */
export const tfliteModules = folders.find((folder) =>
  [
    '@tensorflow/tfjs-tflite',
    '@tensorflow/tfjs-core',
    '@tensorflow/tfjs-backend-cpu',
    '@litertjs/core',
  ].every((name) => existsSync(join(folder, name))),
);
