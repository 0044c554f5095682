import { expect, test } from '@jest/globals';
import type { UserError } from '../../host/errors.ts';
import { diskError } from '../../host/record/diskError.ts';

test('who may not read a file is not told to choose a folder to write to', () => {
  const cause = Object.assign(new Error('EACCES'), { code: 'EACCES' });
  const hint = (doing: 'read' | 'write'): string | undefined =>
    (diskError(cause, 'worn.csv', doing) as UserError).hint;
  expect(hint('read')).toMatch(/right to read/);
  expect(hint('write')).toMatch(/may write to/);
});
