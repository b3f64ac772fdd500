import { GoogLeNetError } from '../errors.js';
import { fsPath } from './file-names.js';

/**
 * What is written has a name in UTF-8: other files (settings, reports, Python's programs) mention it.
 * @throws GoogLeNetError `INVALID_ARGUMENT`
 */
export function assertWritablePath(path: string): void {
  if (fsPath(path) === path) return;
  const message = `Cannot write ${path}: the name is not UTF-8. Choose another, or rename the folder that it is in.`;
  throw new GoogLeNetError('INVALID_ARGUMENT', message);
}
