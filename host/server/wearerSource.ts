/** What the body page finds at /wearer.json: a movement of our own making, or one that is at /wearer.bin. */
export type WearerSource =
  | { kind: 'generated'; seconds: number; seed: number; slots: number[] }
  | {
      kind: 'recorded';
      name: string;
      /** /wearer.bin has f32: frames x 216 of rotations, then frames x 3 of the root. */
      frames: number;
      slots: number[];
    };
