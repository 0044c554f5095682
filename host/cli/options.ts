import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86400 };

/** `500ms`, `20s`, `10m`, `2h`, `7d` or a number of seconds, as seconds. */
export function parseDuration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?|\.\d+)\s*([a-z]+)?$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  const seconds = Number(number) * (factor ?? NaN);
  if (!(seconds > 0)) throw new InvalidArgumentError('expected a duration such as 20s, 500ms, 10m or 2h.');
  return seconds;
}

/** A finite number within bounds. */
export function parseNumber({ min = -Infinity, max = Infinity, integer = false } = {}): (
  text: string,
) => number {
  return (text) => {
    const value = Number(text);
    const fits = text.trim() !== '' && Number.isFinite(value) && value >= min && value <= max;
    if (!fits || (integer && !Number.isInteger(value))) {
      throw new InvalidArgumentError(`expected ${integer ? 'a whole' : 'a'} number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** A node's number in hexadecimal, with or without 0x: 1 to 8 digits. */
export function parseNodeId(text: string): number {
  if (!/^(0x)?[0-9a-f]{1,8}$/i.test(text))
    throw new InvalidArgumentError('expected up to 8 hexadecimal digits.');
  return parseInt(text, 16);
}
