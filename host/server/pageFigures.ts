/** What a body page measured, told about once a second. */
export interface PageFigures {
  model: string;
  precision: string;
  /** Poses of this model, and over all of them the mean distance of the joints, centimetres; null without a truth. */
  poses: number;
  positionErrorCm: number | null;
  latencyFrames: number;
  /** Of the last ten seconds. */
  stepMillisMedian: number;
  stepMillisP95: number;
}

const amounts = ['poses', 'latencyFrames', 'stepMillisMedian', 'stepMillisP95'] as const;

/** A page's message; undefined for anything that is not one. */
export function parsePageFigures(text: string): PageFigures | undefined {
  let value: Record<string, unknown>;
  try {
    value = Object(JSON.parse(text)) as typeof value;
  } catch {
    return undefined;
  }
  const { model, precision, positionErrorCm } = value;
  if (!isName(model) || !isName(precision) || !amounts.every((name) => isAmount(value[name])))
    return undefined;
  if (positionErrorCm !== null && !isAmount(positionErrorCm)) return undefined;
  const numbers = Object.fromEntries(amounts.map((name) => [name, value[name] as number]));
  return { model, precision, positionErrorCm, ...(numbers as Record<(typeof amounts)[number], number>) };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z\d]{1,20}$/.test(value);
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
