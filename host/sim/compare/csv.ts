import { loadParts, lossParts } from '../ledger.ts';
import type { Row } from './runCell.ts';

const COLUMNS = [
  'signal',
  'harvest',
  'regime',
  'policy',
  'latency',
  'budget',
  'storage',
  'parameters',
  'mae',
  'nmae',
  'slots',
  'samples',
  'misses',
  'dropped',
  'packets',
  'powerFailures',
] as const satisfies readonly (keyof Row)[];
const ENERGIES = ['harvested', 'stored', 'load', 'losses', 'leakage', 'clipped'] as const;

/** Rows as CSV with a header; energies in joules; a policy that delivered nothing has an empty error. */
export function csvOf(rows: readonly Row[]): string {
  const header = [
    ...COLUMNS,
    ...ENERGIES.map((name) => `${name}_J`),
    ...loadParts.map((part) => `load_${part}_J`),
    ...lossParts.map((part) => `loss_${part}_J`),
  ];
  const lines = rows.map((row) => [
    ...COLUMNS.map((column) => cell(row[column])),
    ...ENERGIES.map((name) => String(row.energy[name])),
    ...loadParts.map((part) => String(row.energy.parts[part])),
    ...lossParts.map((part) => String(row.energy.lossParts[part])),
  ]);
  return [header, ...lines].map((line) => `${line.join(',')}\n`).join('');
}

function cell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
