// Our side of the benchmark: the same JSON-lines protocol as pytorch_training.py, plus the delay of the event loop during each run.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

const { GoogLeNet, Trainer, setNumThreads, libtorch } = createRequire(import.meta.url)('../../..');

const SIDE = 224;
let model;
let trainer;
let images;
let labels;
/** Of the images as bytes; read where a run wants them. */
let bytesFile;
let bytes;

function batch(size) {
  const data = images.subarray(0, size * 3 * SIDE * SIDE);
  return { data, shape: [size, 3, SIDE, SIDE] };
}

/** As the loader gives them. */
function batchOfBytes(size) {
  bytes ??= read(bytesFile, Uint8Array);
  const data = bytes.subarray(0, size * 3 * SIDE * SIDE);
  return { data, shape: [size, SIDE, SIDE, 3] };
}

function read(file, Type) {
  const { buffer, byteOffset, length } = readFileSync(file);
  return new Type(buffer, byteOffset, length / Type.BYTES_PER_ELEMENT);
}

/** Milliseconds of a run, and how late the timers of the event loop fired meanwhile, sampled every millisecond. */
async function timed(run) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const start = performance.now();
  const result = await run();
  const ms = performance.now() - start;
  // A run shorter than the sampling may have no sample.
  await new Promise((resolve) => setTimeout(resolve, 3));
  delay.disable();
  return { ms, delayP99: delay.percentile(99) / 1e6, delayMax: delay.max / 1e6, result };
}

const operations = {
  async load({ threads, device, channelsLast, precision = 'float32', fused = false, ...files }) {
    setNumThreads(threads);
    model?.dispose();
    model = await GoogLeNet.load(files.weights, { device, channelsLast });
    trainer = new Trainer(model, { precision, optimizer: { fused } });
    images = read(files.images, Float32Array);
    bytesFile = files.bytes;
    labels = read(files.labels, Int32Array);
    return { libtorch: libtorch().version };
  },
  async forward({ batch: size }) {
    model.eval();
    const { result, ...times } = await timed(() => model.forward(batch(size)));
    return { ...times, logits: [...result[0].data.slice(0, 5)] };
  },
  async step({ batch: size, fromBytes = false }) {
    const images = fromBytes ? batchOfBytes(size) : batch(size);
    const { result, ...times } = await timed(() => trainer.step(images, labels.subarray(0, size)));
    return { ...times, loss: result.loss };
  },
  rss: async () => ({ bytes: process.memoryUsage().rss }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { op, ...request } = JSON.parse(line);
  const reply = await operations[op](request).catch((error) => ({
    error: `${error.code ?? error.name}: ${error.message}`,
  }));
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
