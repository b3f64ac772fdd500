import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { GoogLeNet, Trainer } from '../../src/index.js';
import { findPython } from '../support/python.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();

/** Reads the file with Python's safetensors, and computes the checksum anew with Python's zlib. */
const READER = `
import json, sys, zlib
from safetensors import safe_open
path = sys.argv[1]
with safe_open(path, framework="pt") as file:
    metadata = file.metadata()
    tensors = {name: list(file.get_tensor(name).shape) for name in file.keys()}
data = open(path, "rb").read()
written = ('"crc32":"' + metadata["crc32"] + '"').encode()
assert data.count(written) == 1
crc = zlib.crc32(data.replace(written, b'"crc32":"00000000"'))
print(json.dumps({"metadata": metadata, "tensors": tensors, "crc": f"{crc:08x}"}))
`;

/**
 * Changes a weight and saves all anew under the same metadata. The change matters: Python writes metadata in an order that is drawn anew
 * each time, so a file with the same weights is now and then the same bytes, whose checksum is right.
 */
const REWRITER = `
import sys
from safetensors import safe_open
from safetensors.torch import save_file
with safe_open(sys.argv[1], framework="pt") as file:
    tensors = {name: file.get_tensor(name) for name in file.keys()}
    metadata = {key: value for key, value in file.metadata().items() if key not in sys.argv[3:]}
tensors["fc.bias"] += 1
save_file(tensors, sys.argv[2], metadata=metadata)
`;

async function python(program: string, ...args: string[]): Promise<string> {
  await writeFile(at('program.py'), program);
  return execFileSync(await findPython(), [at('program.py'), ...args], { encoding: 'utf8' });
}

test('Python reads weights and checkpoints with a checksum, and finds the same one', async () => {
  using model = new GoogLeNet({ numClasses: 3, auxLogits: false, seed: 1 });
  await model.save(at('weights.safetensors'));
  await new Trainer(model).saveCheckpoint(at('checkpoint.safetensors'));
  for (const name of ['weights', 'checkpoint']) {
    const { metadata, tensors, crc } = JSON.parse(await python(READER, at(`${name}.safetensors`)));
    expect(metadata).toMatchObject({ format: 'pt', checksum: 'crc32', crc32: crc });
    expect(tensors[name === 'weights' ? 'fc.bias' : 'model.fc.bias']).toEqual([3]);
  }
});

test('Weights that Python has changed load where the checksum was left out, and are refused with the old one', async () => {
  using model = new GoogLeNet({ numClasses: 3, auxLogits: false, seed: 1 });
  await model.save(at('ours'));
  await python(REWRITER, at('ours'), at('theirs'), 'checksum', 'crc32');
  using loaded = await GoogLeNet.load(at('theirs'));
  expect(loaded.numClasses).toBe(3);
  await python(REWRITER, at('ours'), at('theirs'));
  await expect(GoogLeNet.load(at('theirs'))).rejects.toMatchObject({
    code: 'INVALID_WEIGHTS',
    message: expect.stringContaining('leave checksum and crc32 out'),
  });
});
