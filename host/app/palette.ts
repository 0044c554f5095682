/** Names of the colours in page.css that canvases draw with. */
export type ColorName =
  | 'ink'
  | 'muted'
  | 'grid'
  | 'edge'
  | 'shade'
  | 'panel'
  | 'truth'
  | 'samples'
  | 'reconstruction'
  | 'volts'
  | 'harvested'
  | 'threshold'
  | 'queue'
  | 'age'
  | 'bound';

const cache = new Map<ColorName, string>();
export const darkScheme = window.matchMedia('(prefers-color-scheme: dark)');
darkScheme.addEventListener('change', () => cache.clear());

/** The value of a colour in the current scheme. */
export function color(name: ColorName): string {
  let value = cache.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    cache.set(name, value);
  }
  return value;
}
