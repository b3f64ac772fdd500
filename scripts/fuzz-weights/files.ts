/** Which file has which number. */
import { Dice } from './dice.js';
import { KINDS, type Kind } from './kinds.js';

/** The bytes of one file: seed, kind and number say all. */
export async function fileOf(kind: string, seed: number, number: number): Promise<Buffer> {
  const { ways, mostBytes } = KINDS[kind] as Kind;
  const dice = new Dice(seed, number);
  const way = ways[number % ways.length] as Kind['ways'][number];
  return way(dice, bytesOf(dice, number, ways.length, mostBytes));
}

/** Of what a reader takes: almost all, where its own bounds count, a part that only the others refuse, and too much. */
const PASSES = [0.95, 0.4, 0.1, 1.3];

/** The first files of every way are large: what bounds them is tried by a short run, too. Most of the later ones are small. */
function bytesOf(dice: Dice, number: number, ways: number, most: number): number {
  const pass = PASSES[Math.floor(number / ways)];
  if (pass !== undefined) return Math.floor(pass * most);
  return dice.size(
    dice.once(100) ? 1.3 * most : dice.once(10) ? Math.min(most, 2 ** 16) : Math.min(most, 4096),
  );
}
