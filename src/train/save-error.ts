import { GoogLeNetError } from '../core/errors.js';

interface Reason {
  what: string;
  fix: string;
}

const GONE = 'The earlier checkpoints went with it';
const KEPT = 'The earlier checkpoints are as they were';

/** By the operating system's code. */
const REASONS: Record<string, Reason> = {
  ENOSPC: { what: 'the disk is full', fix: `${KEPT}. Free space there` },
  EDQUOT: { what: 'the quota of the disk is used up', fix: `${KEPT}. Free space there` },
  EFBIG: { what: 'the system limits how large a file may be', fix: `${KEPT}. Raise the limit (ulimit -f)` },
  EROFS: { what: 'the file system is read-only', fix: `${KEPT}. Make it writable` },
  EACCES: { what: 'this user may not write there', fix: `${KEPT}. Give it the right to` },
  EPERM: { what: 'this user may not write there', fix: `${KEPT}. Give it the right to` },
  ENOENT: { what: 'the folder is gone', fix: `${GONE}. Put it back` },
  ENOTDIR: { what: 'something else has taken the place of the folder', fix: `${GONE}. Put it back` },
};

/** Says what a failure to write a checkpoint means for the run; other errors pass through unchanged. */
export function explainSaveError(error: unknown, step: number, dir: string): unknown {
  if (!(error instanceof GoogLeNetError) || !['FILE_ERROR', 'FILE_NOT_FOUND'].includes(error.code))
    return error;
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  const { what, fix } = REASONS[code] ?? { what: error.message, fix: `${KEPT}. Fix that` };
  const message = `The checkpoint after step ${step} could not be written to ${dir}: ${what}. ${fix}, or resume with another checkpointDir.`;
  return new GoogLeNetError('FILE_ERROR', message, { cause: error });
}
