import { readFileSync } from 'node:fs';
import { UserError, exitCodes } from '../errors.ts';
import { encodeConfig } from '../link/message.ts';
import { configFields, type FieldType, type NodeConfig } from '../link/protocol.ts';
import { policyNumbers } from '../sim/fit.ts';
import { NodeModule, type ModuleImage } from '../sim/nodeModule.ts';

const BOUNDS: Partial<Record<FieldType, [least: number, greatest: number]>> = {
  u8: [0, 0xff],
  u16: [0, 0xffff],
  u32: [0, 0xffffffff],
  i32: [-0x80000000, 0x7fffffff],
};

/**
 * Reads a node configuration from a JSON object with the fields of `configFields`; `policy` may be a name. The node
 * module itself judges whether the whole makes sense. Throws `UserError` (exit code 2) that names the field.
 */
export function readConfigFile(path: string, image: ModuleImage): NodeConfig {
  const fault = (message: string, cause?: unknown): UserError =>
    new UserError(`${path}: ${message}`, {
      exitCode: exitCodes.usage,
      hint: `a configuration is a JSON object with: ${Object.keys(configFields).join(', ')}`,
      cause,
    });
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw fault((error as Error).message, error);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw fault('expected a JSON object');
  const given = { ...(parsed as Record<string, unknown>) };
  const policy = given['policy'];
  if (typeof policy === 'string')
    given['policy'] = (policyNumbers as Record<string, number>)[policy] ?? policy;
  for (const name of Object.keys(given)) {
    if (!(name in configFields)) throw fault(`unknown field ${name}`);
  }
  for (const [name, type] of Object.entries(configFields) as [string, FieldType][]) {
    const value = given[name];
    const [least, greatest] = BOUNDS[type]!;
    if (value === undefined) throw fault(`field ${name} is missing`);
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > greatest) {
      throw fault(`${name}: expected a whole number from ${least} to ${greatest}`);
    }
  }
  const config = given as NodeConfig;
  const module = new NodeModule(image);
  module.calls.reset();
  module.calls.start(1, 1);
  const code = module.configure(encodeConfig(config));
  if (code !== 0) throw fault(`the node module refuses this configuration (code ${code})`);
  return config;
}
