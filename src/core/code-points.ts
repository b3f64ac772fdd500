/**
 * Orders strings by Unicode code point, as Python and Rust do. JavaScript's own order is by UTF-16 code unit, which puts
 * characters above U+FFFF (stored as surrogates, U+D800 to U+DFFF) before those from U+E000 on. Surrogates without their pair, which stand
 * for bytes of names that are no UTF-8, have their own place.
 */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const [isPairX, isPairY] = [isOfPair(a, i), isOfPair(b, i)];
    return isPairX === isPairY ? x - y : isPairX ? 1 : -1;
  }
  return a.length - b.length;
}

const isHigh = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;

/** Whether a unit is half of a character above U+FFFF. */
function isOfPair(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return isHigh(unit) ? isLow(text.charCodeAt(at + 1)) : isLow(unit) && isHigh(text.charCodeAt(at - 1));
}
