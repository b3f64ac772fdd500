import { usableCpus } from '../core/cpu-quota.js';
import { Limiter } from './limiter.js';

const POOL = Number(process.env.UV_THREADPOOL_SIZE) || 4;

/** Decoding runs on libuv's pool, of which files and DNS need a thread as well. */
const SLOTS = Math.max(1, Math.min(usableCpus(), POOL - 1));

/** Of the whole process: a decoded photograph takes tens of megabytes, and more of them than cores are decoded no faster. */
export const decodingSlots = new Limiter(SLOTS);

/** How many images one caller has in work: one more, because an image also waits for its file. */
export const IN_WORK = SLOTS + 1;

/** Of the whole process too, for calls of one image: what waits to be decoded has not read its file, nor copied its bytes, yet. */
export const readingSlots = new Limiter(IN_WORK);
