/** What a file is that holds no weights, by its first bytes: for a message that says what to do. */

export const KIND_BYTES = 512;

interface Kind {
  /** `it is …`, and what to do. */
  readonly message: string;
  readonly matches: (head: Buffer, text: string) => boolean;
}

const startsWith =
  (...bytes: number[]) =>
  (head: Buffer): boolean =>
    bytes.every((byte, i) => head[i] === byte);

const compressed = (name: string, command: string): string =>
  `it is compressed with ${name}. Unpack it: ${command}`;

const EXPORT =
  'In Python, build the same network in PyTorch with these weights and save its state_dict(), or write safetensors';

const isHtml = (_: Buffer, text: string): boolean =>
  /^\s*(<!doctype html|<html|<head|<body|<\?xml)/i.test(text);

/** A protocol buffer that begins with a small version number, followed by one of the fields that ONNX and TensorFlow write next. */
const isProtobuf = (head: Buffer): boolean =>
  head[0] === 0x08 && (head[1] ?? 0) < 0x20 && [0x12, 0x1a, 0x22, 0x3a, 0x42].includes(head[2] ?? 0);

const KINDS: readonly Kind[] = [
  {
    message: 'it is empty: its download or copy did not finish. Fetch it again',
    matches: (head) => head.length === 0,
  },
  {
    message: 'it is a pointer of Git LFS, which stands for the file. Fetch the file itself: git lfs pull',
    matches: (_, text) => text.startsWith('version https://git-lfs.github.com/'),
  },
  {
    message:
      'it is a web page and not the file that was asked for: the server answered with a page to sign in, or an error. Download it again, and look at what arrives',
    matches: isHtml,
  },
  { message: compressed('gzip', 'gunzip'), matches: startsWith(0x1f, 0x8b) },
  { message: compressed('bzip2', 'bunzip2'), matches: (_, text) => /^BZh[1-9]1AY/.test(text) },
  { message: compressed('xz', 'unxz'), matches: startsWith(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0) },
  { message: compressed('zstd', 'unzstd'), matches: startsWith(0x28, 0xb5, 0x2f, 0xfd) },
  {
    message: 'it is a tar archive. Unpack it (tar -xf) and name the file of weights that is in it',
    matches: (head) => head.toString('latin1', 257, 262) === 'ustar',
  },
  {
    message: `it is HDF5, in which Keras keeps weights. ${EXPORT}`,
    matches: startsWith(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a),
  },
  {
    message: `it is a model of TensorFlow Lite. ${EXPORT}`,
    matches: (_, text) => text.startsWith('TFL3', 4),
  },
  { message: `it is a NumPy array. ${EXPORT}`, matches: (_, text) => text.startsWith('\x93NUMPY') },
  { message: `it is GGUF, which llama.cpp reads. ${EXPORT}`, matches: (_, text) => text.startsWith('GGUF') },
  { message: `it is a model of ONNX or TensorFlow. ${EXPORT}`, matches: isProtobuf },
  {
    message:
      'it is a pickle, but none of torch.save. In Python, save model.state_dict() with torch.save, or write safetensors',
    matches: (head) => head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5,
  },
  {
    message: 'it is an image. Images are given to classify() or the command predict, behind the weights',
    matches: (head, text) =>
      text.startsWith('\x89PNG') || startsWith(0xff, 0xd8, 0xff)(head) || text.startsWith('GIF8'),
  },
  {
    message: 'it is an idx file as MNIST has them: data to train on, and no weights',
    matches: (head) => head[0] === 0 && head[1] === 0 && head[2] === 8 && [1, 3].includes(head[3] ?? 0),
  },
];

/** @param head the first {@link KIND_BYTES} of a file, or all that it has. @returns undefined for what is not known either */
export function kindOf(head: Buffer): string | undefined {
  const text = head.toString('latin1');
  return KINDS.find(({ matches }) => matches(head, text))?.message;
}
