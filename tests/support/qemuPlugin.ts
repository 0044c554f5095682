import { spawnSync } from 'node:child_process';

/** Versions of QEMU's plugin interface in which what our plugins use is the same. */
const VERSIONS = [1, 2, 3, 4, 5];

export interface PluginOptions {
  /** The C source, and where the plugin goes. */
  source: string;
  path: string;
  qemu: string;
  defines?: readonly string[];
  /** An argument that the plugin accepts, for trying whether it loads. */
  argument: string;
}

/** Compiles a TCG plugin for the version of QEMU that is installed; returns its path. */
export function buildQemuPlugin({ source, path, qemu, defines = [], argument }: PluginOptions): string {
  for (const version of VERSIONS) {
    const { status, stderr, error } = spawnSync(
      'gcc',
      [
        ...['-shared', '-fPIC', '-O2', '-Wall', '-Wextra', '-Werror'],
        ...[`-DPLUGIN_VERSION=${version}`, ...defines, source, '-o', path],
      ],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`gcc failed\n${error?.message ?? stderr}`);
    const machine = ['-M', 'none', '-display', 'none', '-monitor', 'stdio'];
    const loaded = spawnSync(qemu, [...machine, '-plugin', `file=${path},${argument}`], { input: 'quit\n' });
    if (loaded.status === 0) return path;
  }
  throw new Error(`${qemu} loads no plugin`);
}
