import { toQuaternion } from '../../host/motion/rotation.ts';
import { slotNames } from '../../host/pose/wearer.ts';

/** Readings, frames x 60 as the networks take them, of some slots as the table (CSV) that the pose commands take. */
export function wearerTable(imus: Float32Array, slots: readonly number[]): string {
  const columns = ['ax', 'ay', 'az', 'qw', 'qx', 'qy', 'qz'];
  const header = [
    'seconds',
    ...slots.flatMap((slot) => columns.map((column) => `${slotNames[slot]}_${column}`)),
  ];
  const rows = Array.from({ length: imus.length / 60 }, (_, frame) => [
    frame / 30,
    ...slots.flatMap((slot) => [
      ...imus.slice(60 * frame + 3 * slot, 60 * frame + 3 * slot + 3).map((value) => value * 30),
      ...toQuaternion(imus.slice(60 * frame + 15 + 9 * slot, 60 * frame + 24 + 9 * slot)),
    ]),
  ]);
  return `${[header, ...rows].map((row) => row.join(',')).join('\n')}\n`;
}
