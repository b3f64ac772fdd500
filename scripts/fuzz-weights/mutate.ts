/** Damage: bytes become others, go missing, come twice, move; what means something to the format stands where it does not belong. */
import type { Dice } from './dice.js';

export function damaged(original: Buffer, pieces: readonly string[], dice: Dice): Buffer {
  let bytes = damagedOnce(original, pieces, dice);
  while (dice.once(3)) bytes = damagedOnce(bytes, pieces, dice);
  return bytes;
}

function damagedOnce(bytes: Buffer, pieces: readonly string[], dice: Dice): Buffer {
  const at = dice.below(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const piece = Buffer.from(dice.pick(pieces), 'latin1');
  switch (dice.below(8)) {
    case 0: // one byte becomes another
      return Buffer.concat([before, Buffer.from([dice.below(256)]), after.subarray(1)]);
    case 1: // one bit turns over
      return Buffer.concat([
        before,
        Buffer.from([(after[0] ?? 0) ^ (1 << dice.below(8))]),
        after.subarray(1),
      ]);
    case 2: // bytes go missing
      return Buffer.concat([before, after.subarray(1 + dice.below(12))]);
    case 3: // a slice is there twice
      return Buffer.concat([before, after.subarray(0, dice.below(60)), after]);
    case 4: // a piece is put in
      return Buffer.concat([before, piece, after]);
    case 5: // a piece replaces as many bytes
      return Buffer.concat([before, piece, after.subarray(piece.length)]);
    case 6: // the end goes missing
      return before;
    default: // a slice moves
      return Buffer.concat([after.subarray(0, 40), before, after.subarray(40)]);
  }
}
