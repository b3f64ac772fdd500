/**
 * Orders strings by Unicode code point, as Python and Rust do. JavaScript's own order is by UTF-16 code unit, which puts
 * characters above U+FFFF (stored as surrogates, U+D800 to U+DFFF) before those from U+E000 on.
 */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
    return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}
