/**
 * Integers that a Map puts into one bucket: V8 hashes them without a seed (`ComputeUnseededHash` in v8/src/utils/utils.h), and every
 * step of that can be undone. Bits of the hash that choose a bucket in tables of up to 65,536 are zero.
 */
export function collidingIntegers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => preimage((i << 16) & 0x3fffffff) | 0);
}

function preimage(hash: number): number {
  let key = undoShift(hash, 16);
  key = Math.imul(key, inverse(2057)) >>> 0;
  key = undoShift(key, 4);
  key = Math.imul(key, inverse(5)) >>> 0;
  key = undoShift(key, 12);
  // ~key + (key << 15) is 32767 · key - 1
  return Math.imul(key + 1, inverse(32_767)) >>> 0;
}

/** Of key ^ (key >>> bits) */
function undoShift(value: number, bits: number): number {
  let key = value;
  for (let known = bits; known < 32; known += bits) key = (value ^ (key >>> bits)) >>> 0;
  return key;
}

/** Of an odd number, modulo 2^32; each step doubles the bits that are right. */
function inverse(odd: number): number {
  let x = odd;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}
