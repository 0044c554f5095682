import type { ShippedModel } from '../pose/shippedModels.ts';

/** What the body page finds at /body.json. */
export interface BodySource {
  wearer: WearerSource;
  /** The model that runs at first. */
  chosen: ShippedModel;
  /** All that it may run, each with the path of its weights. */
  models: (ShippedModel & { path: string })[];
}

/** A movement of the page's own making, or readings that are at /wearer.bin; `slots` are worn at first. */
export type WearerSource =
  | { kind: 'generated'; seconds: number; seed: number; slots: readonly number[] }
  | {
      kind: 'recorded';
      name: string;
      /** /wearer.bin has f32: frames x 60 of readings; with a truth frames x 216 of rotations, then frames x 3 of the root. */
      frames: number;
      truth: boolean;
      /** Slots with readings. */
      has: readonly number[];
      slots: readonly number[];
    };
