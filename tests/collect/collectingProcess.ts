import { writeSync } from 'node:fs';
import { Collector } from '../../host/collect/collector.ts';
import { SerialTransport } from '../../host/link/serial.ts';
import { Recorder } from '../../host/record/recorder.ts';
import { config } from './nodeConfig.ts';

/**
 * A collecting host to be killed: `collectingProcess.ts DIR PORT...`. Says `open` when it listens, and `packet NODE SEQ`
 * for each packet recorded.
 */
const [dir, ...ports] = process.argv.slice(2) as [string, ...string[]];
const recorder = await Recorder.open({ dir, origin: 'simulated' });
const collector = new Collector({ recorder, configFor: () => config });
for (const port of ports) collector.attach(await SerialTransport.open(port));
collector.on('samples', ({ node, seq }) => writeSync(1, `packet ${node} ${seq}\n`));
writeSync(1, 'open\n');
