import { buildFirmware } from '../build/buildFirmware.ts';
import { SerialTransport } from '../link/serial.ts';
import type { Transport } from '../link/transport.ts';
import { createVirtualLink } from '../link/virtual.ts';
import { runBoard } from '../sim/boards/runBoard.ts';
import type { Environment } from '../sim/environment.ts';
import { boards, type BoardName } from '../build/boards.ts';
import type { ModuleImage } from '../sim/nodeModule.ts';
import { VirtualNode } from '../sim/virtualNode.ts';

export type NodeKind = 'virtual' | BoardName;
export const nodeKinds: readonly NodeKind[] = ['virtual', ...(Object.keys(boards) as BoardName[])];

export interface RunningNode {
  /** The host's end of the link. */
  transport: Transport;
  /** Starts the node; resolves when the environment has ended the run. */
  run(): Promise<void>;
  /** Ends whatever emulates the node. */
  close(): Promise<void>;
}

export interface StartNodeOptions {
  kind: NodeKind;
  node: number;
  image: ModuleImage;
  environment: Environment;
}

/** Makes a node ready to run: the module in process, or firmware built from it on an emulated board. */
export async function startNode({ kind, node, image, environment }: StartNodeOptions): Promise<RunningNode> {
  if (kind === 'virtual') {
    const [transport, link] = createVirtualLink();
    const virtual = new VirtualNode({ node, image, environment, link });
    return { transport, run: () => virtual.run(), close: () => link.close() };
  }
  const firmware = await buildFirmware({ board: kind });
  const board = await runBoard({ firmware, node, environment });
  const transport = 'path' in board.link ? await SerialTransport.open(board.link.path) : board.link.transport;
  return {
    transport,
    run: () => {
      board.start();
      return board.done;
    },
    close: () => board.stop(),
  };
}
