import { createHash } from 'node:crypto';
import type { Board } from '../../../host/build/boards.ts';
import { operations } from '../../../host/build/environmentProtocol.ts';
import type { ModuleImage } from '../../../host/sim/nodeModule.ts';
import type { Random } from '../../../host/sim/random.ts';
import type { CutWorld } from './cutWorld.ts';
import { findViolation } from './findViolation.ts';
import { recoverNvm, type Recovered } from './recoverNvm.ts';
import { SteppedRp2040 } from './steppedRp2040.ts';

/** Nothing that a node is run for takes as many instructions. */
const LIMIT = 20_000_000;
/** The garbage of the run that proves classes is other than that of their representatives. */
const PROOF = 0x100000;
const TOTALS = ['generation', 'boot', 'sampled', 'formed', 'acknowledged'] as const;

export interface Target {
  board: Board;
  image: Uint8Array;
  module: ModuleImage;
}

/** What is left of a node when its power fails. */
export interface Unpowered {
  nvm: Uint8Array;
  world: CutWorld;
  /** Bytes of the host that the node had not read. They are lost, or arrive after the next power-on. */
  unread: readonly number[];
}

/** Instructions `first` to `last`, counted from power-on: a cut before any of them leaves exactly the same. */
interface CutClass extends Unpowered {
  first: number;
  last: number;
}

export interface CutSearch extends Target {
  start: Unpowered;
  /** Where in the cycle, 0 to 1, classes are checked by cutting there in another run; or at all instructions. */
  prove: readonly number[] | 'all';
}

export interface CutReport {
  instructions: number;
  classes: number;
  /** Cuts that were resumed: one of each class, and another where bytes of the host arrive late. */
  resumed: number;
  /** Instructions whose class was proven by a cut of their own. */
  proven: number;
  /** What the cycle was made of: names of operations and messages. */
  seen: Set<string>;
  /** The first promise broken, and where. */
  violation?: string;
}

/**
 * Cuts the power before every instruction of a cycle. Of each class one cut is resumed; journal and world are judged
 * at the cut and after the node has gone through another cycle. A second run, with other garbage in RAM, is cut and
 * resumed where `prove` says, and must agree with their classes to the last byte of NVM and world.
 * Stops at the first violation.
 */
export function cutEveryInstruction({ start, prove, ...target }: CutSearch): CutReport {
  const classes = cutClasses(target, start);
  const report: CutReport = {
    ...{ instructions: classes.at(-1)!.last + 1, classes: classes.length },
    ...{ resumed: 0, proven: 0, seen: namesIn(classes.at(-1)!.world, start.world.events.length) },
  };
  let before: Recovered | undefined;
  const outcomes: string[][] = [];
  for (const [index, cut] of classes.entries()) {
    const where = `power cut before instruction ${cut.first}`;
    const now = judge(target, cut, before);
    if (now.violation !== undefined) return { ...report, violation: `${where}: ${now.violation}` };
    before = now.recovered;
    outcomes.push([]);
    for (const late of lateOrNot(cut)) {
      const after = outcomeOf(target, late, index + 2, before);
      report.resumed++;
      const resumed = `${where}, resumed${late.unread.length > 0 ? ' with late bytes' : ''}`;
      if (after.violation !== undefined) return { ...report, violation: `${resumed}: ${after.violation}` };
      outcomes[index]!.push(after.outcome);
    }
  }
  const wanted =
    prove === 'all' ? undefined : new Set(prove.map((part) => Math.floor(part * report.instructions)));
  const { node, world } = powerOn(target, start, PROOF);
  for (const [index, alike] of classes.entries()) {
    for (; node.instructions <= alike.last; node.step()) {
      const at = node.instructions;
      if (wanted && !wanted.has(at)) continue;
      const own = { nvm: node.nvm, world, unread: node.unread };
      const same =
        Buffer.compare(own.nvm, alike.nvm) === 0 &&
        own.world.fingerprint() === alike.world.fingerprint() &&
        lateOrNot(own).every(
          (cut, way) => outcomeOf(target, cut, PROOF + at + 1).outcome === outcomes[index]![way],
        );
      if (!same) return { ...report, violation: `instruction ${at} is not like those from ${alike.first}` };
      report.proven++;
    }
  }
  return report;
}

/**
 * Switches a node on and runs it until `done`, looked at whenever the world has changed. Returns what is left after a
 * cut there.
 */
export function runUntil(
  target: Target,
  start: Unpowered,
  garbage: number,
  done: (world: CutWorld) => boolean,
): Unpowered {
  const { node, world } = powerOn(target, start, garbage);
  let { version } = world;
  while (world.version === version || !done(world)) {
    ({ version } = world);
    if (node.instructions > LIMIT) throw new Error('the node does not get on');
    node.step();
  }
  return { nvm: node.nvm.slice(), world, unread: node.unread };
}

/** A node after a power failure, and its world, both independent of `start`. */
function powerOn(
  { board, image }: Target,
  { nvm, world: before, unread }: Unpowered,
  garbage: number,
): { node: SteppedRp2040; world: CutWorld } {
  const world = before.clone();
  world.cut();
  return { node: new SteppedRp2040({ board, image, world, nvm, garbage, late: unread }), world };
}

/** Whether the world has, since event `since`, acknowledged a packet with a sample taken since, and the node gone on. */
export function cycleDone({ events }: CutWorld, since: number): boolean {
  const taken = new Set<number>();
  let acknowledged = false;
  for (const event of events.slice(since)) {
    if (event.kind === 'asked') {
      if (event.operation === operations.SENSE) taken.add(event.slot);
      if (acknowledged && event.operation !== operations.TRANSMIT) return true;
    } else if (event.kind === 'heard' && event.message.name === 'SAMPLES' && event.answered) {
      acknowledged ||= [...event.message.samples.slots].some((slot) => taken.has(slot));
    }
  }
  return false;
}

/**
 * Runs one cycle from power-on and divides its instructions into classes: a new one begins where a byte of the NVM,
 * anything in the world or what the node has read of the link differs from the instruction before. What follows a cut
 * is a function of these alone.
 */
function cutClasses(target: Target, start: Unpowered): CutClass[] {
  const { node, world } = powerOn(target, start, 1);
  const since = world.events.length;
  const classes: CutClass[] = [];
  let current: CutClass | undefined;
  for (let at = 0; !current || world.version === current.world.version || !cycleDone(world, since); at++) {
    if (
      !current ||
      world.version !== current.world.version ||
      node.unreadCount !== current.unread.length ||
      Buffer.compare(current.nvm, node.nvm) !== 0
    ) {
      current = { first: at, last: at, nvm: node.nvm.slice(), world: world.clone(), unread: node.unread };
      classes.push(current);
    }
    current.last = at;
    if (at > LIMIT) throw new Error('the node does not get on');
    node.step();
  }
  return classes;
}

/** The names of what happened since event `since`. */
function namesIn({ events }: CutWorld, since: number): Set<string> {
  const operationNames = new Map<number, string>(Object.entries(operations).map(([name, id]) => [id, name]));
  return new Set(
    events
      .slice(since)
      .map((event) =>
        event.kind === 'heard'
          ? event.message.name
          : event.kind === 'asked'
            ? operationNames.get(event.operation)!
            : 'cut',
      ),
  );
}

/** The two ways that a cut can go on, if there are two. */
function lateOrNot(cut: Unpowered): Unpowered[] {
  return cut.unread.length > 0 ? [{ ...cut, unread: [] }, cut] : [cut];
}

/**
 * Cuts the power at instructions drawn at random, each counted from the power-on before, below `most`; what the node had
 * not read is lost or late by chance. Then the node goes through one cycle. The first promise broken, or undefined.
 */
export function cutAtRandom(
  target: Target,
  start: Unpowered,
  { cuts, most, random }: { cuts: number; most: number; random: Random },
): string | undefined {
  let left = start;
  let before: Recovered | undefined;
  for (let count = 0; count < cuts; count++) {
    const at = random.next32() % most;
    const { node, world } = powerOn(target, left, count);
    while (node.instructions < at) node.step();
    const late = random.next32() % 2 === 1;
    left = { nvm: node.nvm.slice(), world, unread: late ? node.unread : [] };
    const { recovered, violation } = judge(target, left, before);
    if (violation !== undefined) return `cut ${count}, before instruction ${at}: ${violation}`;
    before = recovered;
  }
  return outcomeOf(target, left, cuts, before).violation;
}

/** What comes of a cut after one more cycle: a digest of all of it, and the first promise broken. */
function outcomeOf(
  target: Target,
  cut: Unpowered,
  garbage: number,
  before?: Recovered,
): { outcome: string; violation: string | undefined } {
  let left: Unpowered;
  try {
    const since = cut.world.events.length;
    left = runUntil(target, cut, garbage, (world) => cycleDone(world, since));
  } catch (error) {
    const { message } = error as Error;
    return { outcome: message, violation: message };
  }
  const { violation } = judge(target, left, before);
  const outcome = createHash('sha256').update(left.nvm).update(left.world.fingerprint()).digest('hex');
  return { outcome, violation };
}

/** Judges journal and world at a cut; `before` is the journal of an earlier moment. */
function judge(
  { module }: Target,
  { nvm, world }: Unpowered,
  before: Recovered | undefined,
): { recovered: Recovered | undefined; violation: string | undefined } {
  let recovered: Recovered | undefined;
  try {
    recovered = recoverNvm(nvm, module, world.slot);
  } catch (error) {
    return { recovered, violation: (error as Error).message };
  }
  return { recovered, violation: fallen(before, recovered) ?? findViolation(world, recovered) };
}

/** Which total of the journal fell, if any, or that it is gone. */
function fallen(before: Recovered | undefined, after: Recovered | undefined): string | undefined {
  if (!before) return undefined;
  if (!after) return 'no slot of the journal is valid';
  const total = TOTALS.find((name) => after[name] < before[name]);
  return total && `${total} of the journal fell from ${before[total]} to ${after[total]}`;
}
