import { usableCpus } from '../core/cpu-quota.js';
import { Limiter } from './limiter.js';

const POOL = Number(process.env.UV_THREADPOOL_SIZE) || 4;

/** Decoding runs on libuv's pool, of which files and DNS need a thread as well. */
const SLOTS = Math.max(1, Math.min(usableCpus(), POOL - 1));

/** Shared by the whole process: a decoded photograph takes tens of megabytes, and decoding more at once than there are cores is no faster. */
export const decodingSlots = new Limiter(SLOTS);

/** How many images one caller works on at a time: one more, because an image also waits for its file. */
export const IN_WORK = SLOTS + 1;

/** Shared by the whole process, for calls with one image: an image that waits here has not read its file or copied its bytes yet. */
export const readingSlots = new Limiter(IN_WORK);
