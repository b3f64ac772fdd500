/** Files that hold no weights: the error says what they are, and what to do. */
import { mkdir, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { zipParts } from '../../src/formats/pth/zip-writer.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { describeWeights, readSafetensorsHeader } from '../support/weights-files.js';

const at = temporaryFolder();

function tar(): Buffer {
  const bytes = Buffer.alloc(1024);
  bytes.write('model.pth', 0);
  bytes.write('ustar', 257);
  return bytes;
}

const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 27000000\n';
const KINDS: [string, Buffer, string, string][] = [
  ['an empty file', Buffer.alloc(0), 'empty', 'again'],
  ['a pointer of Git LFS', Buffer.from(lfs), 'Git LFS', 'git lfs pull'],
  [
    'a web page',
    Buffer.from('\n<!DOCTYPE html>\n<html><head><title>Sign in</title>'),
    'web page',
    'Download',
  ],
  [
    'an error of a storage service',
    Buffer.from('<?xml version="1.0"?><Error>AccessDenied'),
    'web page',
    'Download',
  ],
  ['gzip', gzipSync('weights'), 'gzip', 'gunzip'],
  ['xz', Buffer.from('fd377a585a000004', 'hex'), 'xz', 'unxz'],
  ['zstd', Buffer.from('28b52ffd0458', 'hex'), 'zstd', 'unzstd'],
  ['tar', tar(), 'tar archive', 'tar -xf'],
  ['HDF5 of Keras', Buffer.from('894844460d0a1a0a00000000', 'hex'), 'HDF5', 'state_dict()'],
  ['ONNX', Buffer.from('080712077079746f7263681a05322e312e30', 'hex'), 'ONNX', 'state_dict()'],
  ['TensorFlow Lite', Buffer.from('1c00000054464c331400200', 'hex'), 'TensorFlow Lite', 'state_dict()'],
  ['a pickle', Buffer.from('80049518000000000000007d942e', 'hex'), 'pickle', 'torch.save'],
  ['a NumPy array', Buffer.from('\x93NUMPY\x01\x00v\x00{', 'latin1'), 'NumPy', 'safetensors'],
  ['an image', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'image', 'predict'],
  ['something else', Buffer.from('hello, this is text'), 'neither', 'torch.save'],
];

test.each(KINDS)('%s is named, with what to do', async (_, bytes, what, fix) => {
  await writeFile(at('model.pth'), bytes);
  await expect(describeWeights(at('model.pth'))).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', at('model.pth'), what, fix),
  );
});

test.each(KINDS.filter(([, bytes]) => bytes.length === 0 || bytes.length > 16))(
  '%s in place of a checkpoint or a plan is named, too',
  async (name, bytes, what) => {
    await writeFile(at('step.safetensors'), bytes);
    const expected = name === 'something else' ? 'header claims' : what;
    await expect(readSafetensorsHeader(at('step.safetensors'))).rejects.toMatchObject(
      errorWith('INVALID_WEIGHTS', at('step.safetensors'), expected),
    );
  },
);

test.each<[string, string[], string, string]>([
  ['a model of Keras', ['config.json', 'model.weights.h5'], 'Keras', 'state_dict()'],
  ['arrays of NumPy', ['fc.weight.npy'], 'NumPy', 'safetensors'],
  ['weights that were packed', ['models/googlenet.pth'], 'models/googlenet.pth', 'Unpack'],
  ['something else', ['word/document.xml'], 'torch.save', 'data.pkl'],
  ['a TorchScript program', ['a/data.pkl', 'a/constants.pkl'], 'TorchScript', 'state_dict()'],
])('A ZIP archive with %s is named, with what to do', async (_, names, what, fix) => {
  const entries = names.map((name) => ({ name, content: Buffer.from('N.') }));
  await writeFile(at('model.zip'), Buffer.concat(await zipParts(entries)));
  await expect(describeWeights(at('model.zip'))).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', what, fix),
  );
});

test('A folder is named, and that a file in it is wanted', async () => {
  await mkdir(at('googlenet'));
  await expect(describeWeights(at('googlenet'))).rejects.toMatchObject(
    errorWith('FILE_ERROR', 'a folder', 'Name a file'),
  );
});

test('JSON that is no index says that the file of weights is wanted', async () => {
  await writeFile(at('config.json'), '{"architectures":["GoogLeNet"]}');
  await expect(describeWeights(at('config.json'))).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'weight_map', 'file of weights'),
  );
});
