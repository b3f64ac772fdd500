import { PACKAGE_ROOT, runChild } from '../support/child.js';

/** The loss after a step with two threads, where images were prepared (which takes one thread) before the model's first work. */
const program = (preparation: string) => `
const { preprocess } = require(${JSON.stringify(PACKAGE_ROOT)});
(async () => {
  setNumThreads(2);
  const model = new GoogLeNet({ numClasses: 2, initWeights: true, seed: 0, channelsLast: true });
  ${preparation}
  const data = Uint8Array.from({ length: 2 * 224 * 224 * 3 }, (_, i) => (i * 2654435761) >>> 24);
  const trainer = new Trainer(model);
  await trainer.step({ data, shape: [2, 224, 224, 3] }, [0, 1]);
  const { loss, mainLoss, aux1Loss, aux2Loss } = await trainer.step({ data, shape: [2, 224, 224, 3] }, [0, 1]);
  console.log(JSON.stringify({ loss, mainLoss, aux1Loss, aux2Loss }));
})();`;

test('preparing images does not change how many threads a model computes with', async () => {
  const image = '{ data: new Uint8Array(300 * 300 * 3), height: 300, width: 300 }';
  const alone = await runChild(program('await model.stateDict();'));
  const together = await runChild(program(`await preprocess([${image}]);`));
  expect(alone).toMatchObject({ code: 0, stderr: '' });
  expect(together).toEqual(alone);
});
