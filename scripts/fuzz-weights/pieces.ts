/** What means something to a format, one character a byte. */
export const JSON_PIECES = [
  ...['0', '24', '-1', '1e3', '9007199254740993', '[]', '{}', 'null', '""', ',', ':', '"F32"', '"I64"'],
  ...['"dtype"', '"shape"', '"data_offsets"', '"__metadata__"', '"__proto__"', '"\\ud800"'],
];
export const INDEX_PIECES = [
  '"weight_map"',
  '"shard.safetensors"',
  '"../shard.safetensors"',
  '"/etc/passwd"',
];
export const PICKLE_PIECES = [
  ...[
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
    'q\0',
    'h\0',
    'r\xff\xff\xff\xff',
  ],
  ...[
    'J\xff\xff\xff\x7f',
    'J\0\0\0\x80',
    'K\0',
    'K\xff',
    '\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f',
    '\x8a\xff',
  ],
  ...['X\xff\xff\xff\xff', 'X\0\0\0\0', 'U\x01a', '\x85', '\x86', '\x87', '\x88', '\x89', '\x94', '\x93'],
  ...['G\x7f\xf0\0\0\0\0\0\0', 'cos\nsystem\n', 'cbuiltins\neval\n', 'ctorch\nFloatStorage\n'],
  ...['ctorch\nByteStorage\n', 'ctorch._utils\n_rebuild_tensor_v2\n', 'ccollections\nOrderedDict\n'],
];
export const ZIP_PIECES = [
  ...[
    'PK\x03\x04',
    'PK\x01\x02',
    'PK\x05\x06',
    'PK\x06\x06',
    'PK\x06\x07',
    '\xff\xff\xff\xff',
    '\x01\0\x08\0',
  ],
  ...['\0\0', '\xff\xff', 'data.pkl', 'archive/'],
];
