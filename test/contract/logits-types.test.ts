/** Types follow options: the assignments below are checked by `npm run lint`, the values here. */
import {
  GoogLeNet,
  type Images,
  type Logits,
  setNumThreads,
  type VariantName,
  Xception,
} from '../../src/index';

const image: Images = { data: new Uint8Array(224 * 224 * 3), shape: [1, 224, 224, 3] };
const small: Images = { data: new Uint8Array(71 * 71 * 3), shape: [1, 71, 71, 3] };

setNumThreads(1);

/** Compiles only where the types are the same, not where one may be given for the other. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => undefined;

test('a model with auxiliary heads gives tensors, which need no check for null', async () => {
  using model = new GoogLeNet({ numClasses: 2 });
  const [main, aux1, aux2] = await model.forward(image);
  same<typeof aux1, typeof main>(true);
  expect([main, aux1, aux2].map(({ shape }) => shape)).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
});

test('one without them gives null', async () => {
  using model = new GoogLeNet({ numClasses: 2, auxLogits: false });
  using xception = new Xception({ numClasses: 2 });
  const [, aux1, aux2] = await model.forward(image);
  const [, none] = await xception.forward(small);
  same<typeof aux1, null>(true);
  same<typeof none, null>(true);
  expect([aux1, aux2, none]).toEqual([null, null, null]);
});

test('where the options do not say it, or the form has them in training mode only, the type is both', async () => {
  const auxLogits: boolean = Math.random() < 2;
  const variant: VariantName = 'reference' as VariantName;
  using unknown = new GoogLeNet({ numClasses: 2, auxLogits });
  using either = new GoogLeNet({ numClasses: 2, variant });
  using plain = new GoogLeNet({ numClasses: 2, variant: 'plain', auxLogits: true });
  same<Awaited<ReturnType<typeof unknown.forward>>, Logits>(true);
  same<Awaited<ReturnType<typeof either.forward>>, Logits>(true);
  const logits = await plain.eval().forward(image);
  same<typeof logits, Logits>(true);
  expect(logits.slice(1)).toEqual([null, null]);
});

test('a model of any kind can be kept as a GoogLeNet, and its class is called so', () => {
  using model: GoogLeNet = new GoogLeNet({ numClasses: 2, auxLogits: false });
  same<GoogLeNet['auxLogits'], boolean>(true);
  expect(model).toBeInstanceOf(GoogLeNet);
  expect(model.constructor.name).toBe('GoogLeNet');
  // @ts-expect-error a misspelt option is found by the compiler, too
  expect(() => new GoogLeNet({ numClases: 2 })).toThrow('numClases');
});
