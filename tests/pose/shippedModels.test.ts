import { beforeAll, describe, expect, test } from '@jest/globals';
import { UserError } from '../../host/errors.ts';
import { generateMotion } from '../../host/motion/generateMotion.ts';
import { virtualImus } from '../../host/motion/virtualImu.ts';
import { estimate } from '../../host/pose/estimate.ts';
import { Evaluator } from '../../host/pose/evaluation.ts';
import { errorsOf, measure } from '../../host/pose/metrics.ts';
import { shippedPoser } from '../../host/pose/shippedModels.ts';
import type { Model, Precision } from '../../host/pose/weights.ts';
import { buildParts } from '../support/buildParts.ts';

const motion = generateMotion({ seconds: 8, seed: 7 });
const frames = virtualImus(motion, [0, 3, 4]);

beforeAll(() => buildParts('poser'), 120_000);

describe('models that ship', () => {
  test.each<[Model, Precision | undefined]>([
    ['mobileposer', undefined],
    ['mobileposer', 'int8'],
    ['small', undefined],
    ['imuposer', undefined],
  ])('%s %s loads, and knows more of three devices than the mean pose does', async (model, precision) => {
    const found = estimate(await shippedPoser(model, precision), frames);
    const errors = errorsOf(measure(found, motion));
    const mean = errorsOf(await new Evaluator([motion]).run({ system: 'mean', motion: 0, subset: 'none' }));
    expect(found.rotations.every(Number.isFinite)).toBe(true);
    expect(errors.rotationErrorDeg).toBeLessThan(mean.rotationErrorDeg);
    expect(errors.positionErrorCm).toBeLessThan(mean.positionErrorCm);
  });

  test('a model is refused in a precision that it does not ship in', async () => {
    await expect(async () => shippedPoser('small', 'int16')).rejects.toThrow(UserError);
  });

  test('a worn bone lies nearer to what its device measures than the network alone would put it', async () => {
    const poser = await shippedPoser('small');
    const track = estimate(poser, virtualImus(motion, [2]));
    let sum = 0;
    for (let frame = 0; frame < track.frames; frame++) {
      let square = 0;
      for (let i = 0; i < 9; i++) {
        square += (track.rotations[216 * frame + 9 + i]! - motion.rotations[216 * frame + 9 + i]!) ** 2;
      }
      sum += (360 / Math.PI) * Math.asin(Math.min(1, Math.sqrt(square / 8)));
    }
    expect(sum / track.frames).toBeLessThan(6);
  });
});
