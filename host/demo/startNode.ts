import type { Transport } from '../link/transport.ts';
import { createVirtualLink } from '../link/virtual.ts';
import type { Environment } from '../sim/environment.ts';
import type { ModuleImage } from '../sim/nodeModule.ts';
import { VirtualNode } from '../sim/virtualNode.ts';

export const nodeKinds = ['virtual', 'rp2040', 'mps2-an385'] as const;
export type NodeKind = (typeof nodeKinds)[number];

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
  nodeId: number;
  image: ModuleImage;
  environment: Environment;
}

/** Makes a node of the kind, ready to run. */
export async function startNode({ nodeId, image, environment }: StartNodeOptions): Promise<RunningNode> {
  const [transport, link] = createVirtualLink();
  const node = new VirtualNode({ node: nodeId, image, environment, link });
  return { transport, run: () => node.run(), close: () => link.close() };
}
