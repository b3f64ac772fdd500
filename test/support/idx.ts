/** A file in the format of MNIST: unsigned bytes with the sizes in front. */
export function idxFile(
  sizes: readonly number[],
  data: ArrayLike<number>,
  magic = 0x0800 + sizes.length,
): Buffer {
  const header = Buffer.alloc(4 * (1 + sizes.length));
  [magic, ...sizes].forEach((value, i) => {
    header.writeUInt32BE(value, 4 * i);
  });
  return Buffer.concat([header, Uint8Array.from(data)]);
}
