import { cli, MAIN, start, workspace } from './cli.js';

const dir = workspace();
const WITH_EXAMPLES = [
  'train',
  'evaluate',
  'predict',
  'dashboard',
  'compare',
  'info',
  'explain',
  'convert',
  'draw',
  'download',
];
const COMMANDS = [...WITH_EXAMPLES, 'doctor', 'setup'];

test('the help names every command', async () => {
  const { code, stdout } = await cli(dir, '--help');
  expect(code).toBe(0);
  for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
});

test.each(WITH_EXAMPLES)('the help of %s has examples', async (command) => {
  const { code, stdout } = await cli(dir, command, '--help');
  expect(code).toBe(0);
  expect(stdout).toContain(`$ googlenet ${command} `);
});

test('the program can be executed by itself, as npx does in a clone', async () => {
  expect(await start(MAIN, ['--version'], dir).result).toMatchObject({ code: 0 });
});

test('--version prints the version of the package', async () => {
  const { version } = require('../../package.json');
  expect(await cli(dir, '--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test.each([
  ['an unknown command', ['trian'], /Did you mean train\?/],
  ['an unknown option', ['train', '--ephocs', '3'], /Did you mean --epochs\?/],
  ['no command', [], /Usage: googlenet/],
  ['an argument too few', ['evaluate', 'model.safetensors'], /missing required argument 'dir'/],
  ['a learning rate that is no number', ['train', '--lr', 'nan'], /INVALID_ARGUMENT: .*--lr.*"nan"/],
  ['half an epoch', ['train', '--epochs', '1.5'], /INVALID_ARGUMENT: .*--epochs/],
  ['an unknown device', ['train', '--device', 'tpu'], /INVALID_ARGUMENT: .*--device/],
  ['no folder for the run', ['train', '--data', 'images'], /INVALID_ARGUMENT: Give --out/],
  ['no images', ['train', '--out', 'run'], /INVALID_ARGUMENT: Give --data DIR or --train DIR/],
  ['two sources of images', ['train', '--data', 'a', '--train', 'b'], /cannot be used with/],
  [
    'Nesterov momentum with dampening',
    ['train', '--data', 'images', '--out', 'run', '--nesterov', '--dampening', '0.1'],
    /INVALID_ARGUMENT: Nesterov/,
  ],
])('%s is wrong usage, exit status 2', async (_, args, message) => {
  const { code, stdout, stderr } = await cli(dir, ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(message);
});

test.each([
  ['a missing folder', ['train', '--data', 'nowhere', '--out', 'run'], 'FILE_NOT_FOUND'],
  ['a missing file', ['info', 'nowhere.safetensors'], 'FILE_NOT_FOUND'],
  ['a run that is not there', ['train', '--resume', 'nowhere'], 'FILE_NOT_FOUND'],
  [
    'a folder without classes',
    ['train', '--train', 'images/train/1-trouser', '--out', 'run'],
    'INVALID_DATASET',
  ],
  [
    'a crop that the model cannot take',
    ['train', '--data', 'images', '--out', 'run', '--crop', '100'],
    'INVALID_SHAPE',
  ],
  [
    'CUDA without CUDA',
    ['train', '--data', 'images', '--out', 'run', '--device', 'cuda:99'],
    'CUDA_UNAVAILABLE',
  ],
])('%s fails with one line and its code, exit status 1', async (_, args, errorCode) => {
  const { code, stdout, stderr } = await cli(dir, ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^${errorCode}: [^\n]+\n$`));
});

test('--verbose adds the stack, before and after the command', async () => {
  for (const args of [
    ['--verbose', 'info', 'nowhere'],
    ['info', 'nowhere', '--verbose'],
  ]) {
    const { stderr } = await cli(dir, ...args);
    expect(stderr).toMatch(/^FILE_NOT_FOUND: .*\n.*\n {4}at (.*\n)*.*weights-file/);
  }
});

test('doctor is reached through the command line', async () => {
  const { code, stdout } = await cli(dir, 'doctor', '--json');
  expect({ code, healthy: JSON.parse(stdout).healthy }).toEqual({ code: 0, healthy: true });
});
