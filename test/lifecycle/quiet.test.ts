import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { runChild } from '../support/child';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();

/** NNP_STATUS_UNSUPPORTED_HARDWARE, the answer on processors that libtorch's cpuinfo does not know, virtual ones among them. */
const UNKNOWN_PROCESSOR = 'extern "C" int nnp_initialize() { return 51; }';

test('a processor that libtorch does not know makes it print nothing', async () => {
  writeFileSync(folder('nnpack.cpp'), UNKNOWN_PROCESSOR);
  execFileSync('g++', ['-shared', '-fPIC', '-o', folder('nnpack.so'), folder('nnpack.cpp')]);
  const child = await runChild(
    `new GoogLeNet({ numClasses: 10 }).forward(images(1)).then(([main]) => console.log(main.shape.join()));`,
    { env: { LD_PRELOAD: folder('nnpack.so') } },
  );
  expect(child).toEqual({ code: 0, signal: null, stdout: '1,10\n', stderr: '' });
});
