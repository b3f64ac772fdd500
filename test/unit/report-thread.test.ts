import { writeReport } from '../../src/report/write-report';
import { errorWith } from '../support/errors';

jest.mock('node:worker_threads', () => ({
  ...jest.requireActual<object>('node:worker_threads'),
  Worker: class {
    constructor() {
      throw new Error('EAGAIN');
    }
  },
}));

test('A report for which the system has no thread says so', async () => {
  await expect(writeReport('run')).rejects.toMatchObject(errorWith('OUT_OF_MEMORY', 'EAGAIN'));
});
