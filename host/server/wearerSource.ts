/** Models that the body page offers. */
export const pageModels = ['mobileposer', 'small'] as const;
export type PageModel = (typeof pageModels)[number];

/**
 * What the body page finds at /wearer.json: a movement of our own making; one that is at /wearer.bin, as f32: frames x 216
 * of rotations, then frames x 3 of the root; or what devices read, at /wearer.bin as f32, frames x 60, of which the true
 * movement is not known.
 */
export type WearerSource = {
  /** Devices: worn at first, and those of readings all that there are. */
  slots: number[];
  /** The model that runs first. */
  model: PageModel;
} & (
  | { kind: 'generated'; seconds: number; seed: number }
  | { kind: 'movement' | 'readings'; name: string; frames: number }
);
