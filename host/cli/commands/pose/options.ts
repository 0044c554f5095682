import { InvalidArgumentError, Option } from 'commander';
import { slotNames } from '../../../pose/wearer.ts';
import { subsets } from '../../../motion/body.ts';

export const modelOption = (): Option =>
  new Option('--model <name>', 'mobileposer: the default; small: 0.45 MB and no look-ahead')
    .choices(['mobileposer', 'small', 'imuposer'])
    .default('mobileposer');

export const precisionOption = (): Option =>
  new Option('--precision <name>', "of the weights; the model's own by default").choices(['int16', 'int8']);

export const wearOption = (): Option =>
  new Option('--wear <nodes>', 'which node of a recording is which device: 1a2b=lw,3c4d=rp').argParser(
    parseWear,
  );

/** `lw,rp,h` as slots. */
export function parseDevices(text: string): number[] {
  const slots = text.split(/[,+]/).map((name) => slotNames.indexOf(name.trim()));
  if (slots.includes(-1) || new Set(slots).size < slots.length) {
    throw new InvalidArgumentError(
      'expected some of lw, rw (wrists), lp, rp (pockets), h (head), such as lw,rp,h.',
    );
  }
  return slots.sort();
}

/** Names of subsets, separated by commas; devices may stand in any order. */
export function parseSubsets(text: string): string[] {
  return text.split(',').map((one) => {
    const slots = parseDevices(one.replaceAll('+', ','));
    const known = subsets.find((subset) => subset.slots.join() === slots.join());
    if (!known) throw new InvalidArgumentError(`${one} is none of the 24 subsets (docs/skeleton.md).`);
    return known.name;
  });
}

/** `1a2b=lw,3c4d=rp` as slots by node, eight hexadecimal digits. */
function parseWear(text: string): Map<string, number> {
  return new Map(
    text.split(',').map((pair) => {
      const [node = '', name = ''] = pair.split('=');
      const slot = slotNames.indexOf(name);
      if (!/^[0-9a-f]{1,8}$/i.test(node) || slot < 0) {
        throw new InvalidArgumentError('expected pairs of a node and a device, such as 1a2b=lw,3c4d=rp.');
      }
      return [node.toLowerCase().padStart(8, '0'), slot] as const;
    }),
  );
}
