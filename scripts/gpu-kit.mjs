// node scripts/gpu-kit.mjs: one file with everything that a machine with a GPU and no network needs to test and time this package.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { writeKit } from './gpu-kit/contents.mjs';
import { prepare, root } from './lib/bootstrap.mjs';
import { checkChoice, readFlags, refuse } from './lib/flags.mjs';

const HELP = `node scripts/gpu-kit.mjs [options]

Packs Node.js, the sources, the compiled TypeScript, the tests of test/gpu and the packages that they need into one file of at most
50 MB. On a Linux machine on x64 with an NVIDIA GPU, a CUDA build of PyTorch 2.11 to 2.14, CMake and a C++ compiler, and without a network:

  tar -xf gpu-kit.tar.xz && gpu-kit/run.sh      # gpu-kit/run.sh --help says more

  --format F    xz or gz (default xz where the program xz is here)
  --output F    the file (default .googlenet/gpu-kit.tar.<format>)
`;

/** The largest size of a kit, which has to be carried by hand. */
const MOST_BYTES = 50e6;
const NAME = 'gpu-kit';

const seconds = (begin) => ((Date.now() - begin) / 1000).toFixed(1);

function outputOf(file, args) {
  try {
    return execFileSync(file, args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

const flags = readFlags(HELP, { format: undefined, output: undefined });
checkChoice(flags, 'format', ['xz', 'gz']);
if (process.platform !== 'linux') refuse(`A kit is packed on Linux, and this is ${process.platform}.`);
const hasXz = outputOf('xz', ['--version']) !== undefined;
if (flags.format === 'xz' && !hasXz) refuse('--format xz: the program xz is not installed.');
const format = flags.format ?? (hasXz ? 'xz' : 'gz');
const output = resolve(flags.output ?? join(root, '.googlenet', `${NAME}.tar.${format}`));

/** Writes `folder/NAME` as a compressed tar file: whole, or not at all. */
async function pack(folder) {
  const args = ['-c', '--sort=name', '--owner=0', '--group=0', '--numeric-owner', '-C', folder, NAME];
  const tar = spawn('tar', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const compressor =
    format === 'xz' ? spawn('xz', ['-T0', '-6e'], { stdio: ['pipe', 'pipe', 'inherit'] }) : undefined;
  const partial = `${output}.partial`;
  mkdirSync(dirname(output), { recursive: true });
  const ends = [tar, compressor].filter(Boolean).map((child) => once(child, 'close'));
  await (compressor
    ? Promise.all([
        pipeline(tar.stdout, compressor.stdin),
        pipeline(compressor.stdout, createWriteStream(partial)),
      ])
    : pipeline(tar.stdout, createGzip({ level: 9 }), createWriteStream(partial)));
  for (const [status] of await Promise.all(ends))
    if (status !== 0) throw new Error('tar or xz failed; see above.');
  renameSync(partial, output);
}

await prepare();
const begin = Date.now();
const scratch = mkdtempSync(join(tmpdir(), 'googlenet-gpu-kit-'));
try {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const commit = existsSync(join(root, '.git'))
    ? outputOf('git', ['describe', '--always', '--dirty'])
    : undefined;
  const about = { version, commit: commit ?? null, node: process.versions.node };
  writeKit(join(scratch, NAME), about, (text) => console.log(`· ${text}`));
  console.log(`· compressing (${format})`);
  await pack(scratch);
} finally {
  rmSync(scratch, { recursive: true, force: true });
  rmSync(`${output}.partial`, { force: true });
}
const { size } = statSync(output);
console.log(`✓ ${output}: ${(size / 1e6).toFixed(1)} MB (${seconds(begin)} s)`);
if (size > MOST_BYTES) {
  console.error(
    `The kit has more than ${MOST_BYTES / 1e6} MB${format === 'gz' ? '; install xz, which packs it smaller' : ''}.`,
  );
  process.exitCode = 1;
}
