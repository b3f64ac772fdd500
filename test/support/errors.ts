import type { ErrorCode } from '../../src/core/errors.js';

/** For `toMatchObject`: an error of ours with this code, whose message mentions every one of `mentions`. */
export function errorWith(code: ErrorCode, ...mentions: string[]): object {
  const escaped = mentions.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const message = expect.stringMatching(new RegExp(escaped.map((text) => `(?=[^]*${text})`).join('')));
  return { name: 'GoogLeNetError', code, ...(mentions.length > 0 ? { message } : {}) };
}
