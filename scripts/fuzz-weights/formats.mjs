// Sound files of each format, small so that a change hits something that matters, and what to put into them.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { planSafetensors } = require('../../dist/formats/safetensors.js');
const { pthParts } = require('../../dist/formats/pth/write.js');
const { zipParts } = require('../../dist/formats/pth/zip-writer.js');
const { seal, UNSEALED } = require('../../dist/formats/checksum.js');

const TENSORS = [
  { name: 'fc.weight', dtype: 'F32', shape: [2, 3], bytes: 24 },
  { name: 'fc.bias', dtype: 'F64', shape: [2], bytes: 16 },
  { name: 'empty', dtype: 'F16', shape: [0, 7], bytes: 0 },
  { name: 'bn.num_batches_tracked', dtype: 'I64', shape: [], bytes: 8 },
  { name: 'half', dtype: 'BF16', shape: [2, 1, 2], bytes: 8 },
];
const withContent = () => TENSORS.map((tensor) => ({ ...tensor, content: Buffer.alloc(tensor.bytes, 7) }));

async function safetensors(metadata) {
  const { header, dataBytes } = planSafetensors(TENSORS, metadata);
  const data = Buffer.alloc(dataBytes, 7);
  if (metadata.crc32 !== undefined) await seal(header, data);
  return Buffer.concat([header, data]);
}

async function pickle() {
  const [head, content] = await pthParts(withContent());
  return head.includes('data.pkl') ? Buffer.from(content) : null;
}

/** A ZIP file whose checksums are right, whatever its pickle says. */
async function zipAround(changed) {
  const data = TENSORS.map(({ bytes }, i) => ({
    name: `archive/data/${i}`,
    content: Buffer.alloc(bytes, 7),
  }));
  return Buffer.concat(await zipParts([{ name: 'archive/data.pkl', content: changed }, ...data]));
}

/** The pickles of `torch.save` before ZIP, made of the one inside it: its storages follow in the order of their keys. */
async function legacy() {
  const magic = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');
  const version = Buffer.from('80024de9032e', 'hex');
  const machine = Buffer.from('80027d2e', 'hex');
  const keys = Buffer.concat([
    Buffer.from('80025d28', 'hex'),
    ...TENSORS.map((_, i) => Buffer.from([0x55, 1, 0x30 + i])),
    Buffer.from('e.'),
  ]);
  const storages = TENSORS.map(({ shape, bytes }) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(shape.reduce((product, size) => product * size, 1)));
    return Buffer.concat([length, Buffer.alloc(bytes, 7)]);
  });
  return Buffer.concat([magic, version, machine, await pickle(), keys, ...storages]);
}

const JSON_PIECES = [
  '0',
  '24',
  '-1',
  '1e3',
  '9007199254740993',
  '[]',
  '{}',
  'null',
  '""',
  ',',
  ':',
  '"F32"',
  '"I64"',
  '"dtype"',
  '"shape"',
  '"data_offsets"',
  '"__metadata__"',
  '"__proto__"',
  '"\\ud800"',
];
const PICKLE_PIECES = [
  '(',
  't',
  ')',
  'R',
  'u',
  '.',
  'Q',
  'e',
  's',
  'a',
  'b',
  'N',
  '}',
  ']',
  'q\x00',
  'h\x00',
  'r\xff\xff\xff\xff',
  'J\xff\xff\xff\x7f',
  'J\x00\x00\x00\x80',
  'K\x00',
  'K\xff',
  '\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f',
  '\x8a\xff',
  'X\xff\xff\xff\xff',
  'X\x00\x00\x00\x00',
  'U\x01a',
  '\x85',
  '\x86',
  '\x87',
  '\x88',
  '\x89',
  '\x94',
  '\x93',
  'G\x7f\xf0\x00\x00\x00\x00\x00\x00',
  'cos\nsystem\n',
  'cbuiltins\neval\n',
  'ctorch\nFloatStorage\n',
  'ctorch\nByteStorage\n',
  'ctorch._utils\n_rebuild_tensor_v2\n',
  'ccollections\nOrderedDict\n',
];
const ZIP_PIECES = [
  'PK\x03\x04',
  'PK\x01\x02',
  'PK\x05\x06',
  'PK\x06\x06',
  'PK\x06\x07',
  '\xff\xff\xff\xff',
  '\x01\x00\x08\x00',
  '\x00\x00',
  '\xff\xff',
  'data.pkl',
  'archive/',
];

const index = JSON.stringify({
  metadata: { total_size: 56 },
  weight_map: Object.fromEntries(TENSORS.map(({ name }) => [name, 'shard.safetensors'])),
});

/** `original`: what is changed; `file`: the file around it; `beside`: files that it may refer to. */
export const FORMATS = {
  safetensors: { original: () => safetensors({ format: 'pt', note: 'x' }), pieces: JSON_PIECES },
  'safetensors with checksum': {
    original: () => safetensors({ ...UNSEALED, format: 'pt' }),
    pieces: JSON_PIECES,
  },
  'index of safetensors': {
    original: async () => Buffer.from(index),
    pieces: [
      ...JSON_PIECES,
      '"weight_map"',
      '"shard.safetensors"',
      '"../shard.safetensors"',
      '"/etc/passwd"',
    ],
    beside: async () => ({ 'shard.safetensors': await safetensors({}) }),
  },
  'torch.save, pickle': { original: pickle, pieces: PICKLE_PIECES, file: zipAround },
  'torch.save, archive': {
    original: async () => Buffer.concat(await pthParts(withContent())),
    pieces: ZIP_PIECES,
  },
  'torch.save, legacy': { original: legacy, pieces: PICKLE_PIECES },
};
