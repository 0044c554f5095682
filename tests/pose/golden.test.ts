import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { buildParts } from '../support/buildParts.ts';
import { goldenPath, kernelText, kernels } from '../support/hotKernels.ts';

/** A change here is a change of the code that all the time goes into: measure it, then see tests/support/hotKernels.ts. */
describe('the hot kernels compile to what was measured', () => {
  beforeAll(() => buildParts('poser', 'poserRelaxed'), 120_000);

  test.each(Object.entries(kernels))('%s', (name, kernel) => {
    expect(kernelText(kernel)).toBe(readFileSync(goldenPath(name), 'utf8'));
  });
});
