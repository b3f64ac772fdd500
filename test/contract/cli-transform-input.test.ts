/** A state_dict of torchvision does not say whether its model was trained with transform_input; every command can be told. */
import { mkdirSync } from 'node:fs';
import sharp from 'sharp';
import { prepareRun } from '../../src/cli/train/prepare';
import { convertWeights, GoogLeNet, loadModel } from '../../src/index';
import { errorWith } from '../support/errors';
import { runCommandLine } from '../support/host';
import { temporaryFolder } from '../support/temporary-folder';

const at = temporaryFolder();
const torchvision = {
  variant: 'torchvision',
  numClasses: 2,
  auxLogits: false,
  initWeights: false,
  seed: 1,
} as const;

beforeEach(async () => {
  const model = new GoogLeNet({ ...torchvision, transformInput: true });
  await model.save(at('said.safetensors'));
  model.dispose();
  await convertWeights(at('said.safetensors'), at('unsaid.pth'));
  for (const [name, r] of [
    ['dark', 20],
    ['light', 220],
  ] as const) {
    mkdirSync(at('test', name), { recursive: true });
    const image = sharp({ create: { width: 32, height: 32, channels: 3, background: { r, g: 90, b: 60 } } });
    await image.png().toFile(at('test', name, '0.png'));
  }
});

const WARNING = /^Warning: .*unsaid\.pth.*transform_input.*--no-transform-input/;

/** What a command prints, and what it says of the file on standard error. */
async function run(...argv: string[]) {
  const { code, stdout, stderr } = await runCommandLine(...argv);
  expect({
    code,
    stderr: stderr.replaceAll(/^Warning.*\n|.* images\/s .*\n|.*no class names.*\n/gm, ''),
  }).toEqual({
    code: 0,
    stderr: '',
  });
  return { said: JSON.parse(stdout), warns: WARNING.test(stderr) };
}

test.each([
  ['predict', (file: string) => ['predict', file, at('test/dark/0.png'), '--json'], 'predictions'],
  [
    'evaluate',
    (file: string) => ['evaluate', file, at('test'), '--json', '--resize', '32', '--crop', '32'],
    'loss',
  ],
])('%s takes the flag, and warns where nothing says which', async (_, command, result) => {
  const right = (await run(...command(at('said.safetensors')))).said[result];
  const flagged = await run(...command(at('unsaid.pth')), '--transform-input');
  expect(flagged).toMatchObject({ said: { [result]: right }, warns: false });
  const unflagged = await run(...command(at('unsaid.pth')));
  expect(unflagged.warns).toBe(true);
  expect(unflagged.said[result]).not.toEqual(right);
  const without = await run(...command(at('unsaid.pth')), '--no-transform-input');
  expect(without).toMatchObject({ said: { [result]: unflagged.said[result] }, warns: false });
});

test('convert writes it into the new file', async () => {
  const back = ['convert', at('unsaid.pth'), at('back.safetensors')];
  expect((await runCommandLine(...back)).stderr).toMatch(WARNING);
  expect(await runCommandLine(...back, '--transform-input')).toMatchObject({ code: 0, stderr: '' });
  const model = await loadModel(at('back.safetensors'));
  expect((model as GoogLeNet).transformInput).toBe(true);
  model.dispose();
});

test('training takes it from the flag, the file, or says that nothing does', async () => {
  const plan = (file: string, settings = {}) =>
    prepareRun({
      train: at('test'),
      out: at('run'),
      weights: at(file),
      settings: { crop: 32, resize: 32, ...settings },
    });
  expect((await plan('said.safetensors')).run.settings.transformInput).toBe(true);
  const unsaid = await plan('unsaid.pth');
  expect(unsaid.run.settings.transformInput).toBeNull();
  expect(unsaid.warnings.some((warning) => warning.includes('--transform-input'))).toBe(true);
  const flagged = await plan('unsaid.pth', { transformInput: true });
  expect(flagged.run.settings.transformInput).toBe(true);
  expect(flagged.warnings.some((warning) => warning.includes('--transform-input'))).toBe(false);
});

test('weights of another layout cannot have it', async () => {
  const model = new GoogLeNet({ numClasses: 2, auxLogits: false });
  await model.save(at('reference.safetensors'));
  model.dispose();
  const path = at('reference.safetensors');
  for (const argv of [
    ['predict', path, at('test/dark/0.png')],
    ['evaluate', path, at('test')],
    ['explain', path, at('test/dark/0.png'), '--out', at('out.png')],
    ['convert', path, at('other.pth')],
  ]) {
    expect(await runCommandLine(...argv, '--transform-input')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^INVALID_ARGUMENT: --transform-input .*torchvision/m),
    });
  }
  await expect(convertWeights(path, at('other.pth'), { transformInput: true })).rejects.toMatchObject(
    errorWith('INVALID_ARGUMENT', 'transformInput'),
  );
});
