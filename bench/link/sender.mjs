/**
 * The node's end of the pty, in a process of its own. Sends packets with a window of unacknowledged ones (`window`), or
 * the same bytes without a thought (`raw`), or at a steady rate until told to end (`steady`).
 */
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers';
import { FrameDecoder } from '../../dist/host/link/frame.js';
import { decodeMessage } from '../../dist/host/link/message.js';
import { SerialTransport } from '../../dist/host/link/serial.js';
import { frameOf } from './packets.mjs';

const [path] = process.argv.slice(2);
/** Frames that go out in one write. */
const WRITE = 64;
const TICK_MILLIS = 10;

const port = await SerialTransport.open(path);
const decoder = new FrameDecoder();
let acknowledged = 0;
let wake = () => undefined;
port.onData((chunk) => {
  decoder.push(chunk, (body) => {
    const message = decodeMessage(body);
    if (message.name === 'ACK') acknowledged++;
  });
  wake();
});

const prepared = new Map();
function prepare(packets) {
  if (!prepared.has(packets)) {
    const writes = [];
    for (let seq = 0; seq < packets; seq += WRITE) {
      const frames = Array.from({ length: Math.min(WRITE, packets - seq) }, (_, i) => frameOf(seq + i));
      writes.push(Buffer.concat(frames));
    }
    prepared.set(packets, writes);
  }
  return prepared.get(packets);
}

const acknowledgement = () => new Promise((resolve) => (wake = resolve));

async function sendWindow(writes, window) {
  acknowledged = 0;
  let sent = 0;
  for (const write of writes) {
    while (sent + WRITE - acknowledged > window) await acknowledgement();
    await port.write(write);
    sent += WRITE;
  }
}

let steady = false;
async function sendSteady(rate) {
  const started = performance.now();
  let sent = 0;
  acknowledged = 0;
  for (steady = true; steady;) {
    const due = ((performance.now() - started) / 1000) * rate;
    while (sent < due && sent - acknowledged < rate) {
      const frames = [];
      for (let i = 0; i < WRITE && sent < due; i++) frames.push(frameOf(sent++));
      await port.write(Buffer.concat(frames));
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MILLIS));
  }
  const deadline = performance.now() + 10_000;
  while (acknowledged < sent && performance.now() < deadline) await acknowledgement();
  process.send({ sent, acknowledged });
}

process.on('message', async (order) => {
  if (order.end) {
    await port.close();
    process.exit();
  }
  if (order.stop) steady = false;
  else if (order.steady) await sendSteady(order.steady);
  else if (order.prepare) {
    prepare(order.prepare);
    process.send({ prepared: true });
  } else if (order.mode === 'raw') for (const write of prepare(order.packets)) await port.write(write);
  else await sendWindow(prepare(order.packets), order.window);
});
process.send({ ready: true });
