import type { Stores } from './schema.ts';

/** How the fixed-point values of one axis become physical ones: value * scale + offset, in `unit`. */
export interface AxisCalibration {
  name: string;
  scale: number;
  offset: number;
  unit: string;
}

/** Values as they are, axes named `axis0`, `axis1`, and so on. */
export function identityCalibration(axes: number): AxisCalibration[] {
  return Array.from({ length: axes }, (_, i) => ({ name: `axis${i}`, scale: 1, offset: 0, unit: '' }));
}

export function storeCalibration(node: number, axes: readonly AxisCalibration[]): Stores<'Calibration'> {
  return {
    node,
    name: axes.map(({ name }) => name),
    scale: axes.map(({ scale }) => scale),
    offset: axes.map(({ offset }) => offset),
    unit: axes.map(({ unit }) => unit),
  };
}

/** The stored calibration for `axes` axes; axes that it does not tell of are as `identityCalibration` has them. */
export function loadCalibration(stored: Stores<'Calibration'> | undefined, axes: number): AxisCalibration[] {
  return identityCalibration(axes).map((identity, i) => ({
    name: stored?.name[i] ?? identity.name,
    scale: stored?.scale[i] ?? identity.scale,
    offset: stored?.offset[i] ?? identity.offset,
    unit: stored?.unit[i] ?? identity.unit,
  }));
}
