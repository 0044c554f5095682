import { Command } from 'commander';
import { exitCodes } from '../../errors.ts';
import { recordingInfo, type RecordingInfo } from '../../record/recordingInfo.ts';
import type { Verdict } from '../../record/readRecording.ts';
import { Output, table, withOutputOptions, type OutputOptions } from '../output.ts';

export function infoCommand(exit: (code: number) => void): Command {
  const command = new Command('info')
    .description('tell what is in a recording, and whether it is whole (exit 0) or not (3)')
    .argument('<file>', 'a recording (.mcap)');
  return withOutputOptions(command).action(async (file: string, flags: OutputOptions) => {
    const info = await recordingInfo(file);
    new Output(flags).result(info, () => render(info));
    exit(info.verdict.state === 'complete' ? exitCodes.ok : exitCodes.partial);
  });
}

function render(info: RecordingInfo): string {
  const { session, verdict } = info;
  const rows: [string, string][] = [
    ['recording', info.path],
    [
      'session',
      session ? `${session.title} (${session.origin}), started ${session.started}` : 'not in the file',
    ],
    ['received', info.firstReceived === null ? 'nothing' : `${info.firstReceived} to ${info.lastReceived}`],
    ['samples', `${info.samples} in ${info.packets} packets`],
    ['state', describeVerdict(verdict)],
  ];
  for (const node of info.nodes) {
    rows.push(
      ['', ''],
      ['node', `${node.node}, firmware ${node.firmware ?? 'unknown'}, module ${node.module ?? 'unknown'}`],
      [
        'samples',
        `${node.samples} of ${node.axes} axes, slots ${node.firstSlot ?? '-'} to ${node.lastSlot ?? '-'}`,
      ],
      ['packets', `${node.packets}, ${node.missingPackets} missing, from ${node.boots} boots`],
    );
    if (node.calibration)
      rows.push([
        'axes',
        node.calibration.map(({ name, unit }) => (unit ? `${name} (${unit})` : name)).join(', '),
      ]);
    if (node.clock)
      rows.push([
        'clock',
        `offset ${node.clock.offsetMicros} µs, round trip ${node.clock.roundTripMicros} µs`,
      ]);
  }
  return table(rows);
}

/** One line about a file's state, for a person. */
export function describeVerdict({ state, bytes, lostBytes, lostMessages, damagedPlaces }: Verdict): string {
  if (state === 'complete') return `whole, ${bytes} bytes`;
  const where = state === 'cut' ? 'cut off' : `damaged in ${damagedPlaces} places`;
  return `${where}: ${lostBytes} of ${bytes} bytes and ${lostMessages} messages lost; solstice recover saves the rest`;
}
