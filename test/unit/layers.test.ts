import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { temporaryFolder } from '../support/temporary-folder.js';

const path = temporaryFolder();
const ROOT = resolve(__dirname, '../..');
const SCRIPT = join(ROOT, 'scripts/check-layers.mjs');

function check(root: string): { status: number | null; report: string } {
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, root], { encoding: 'utf8' });
  return { status, report: stderr };
}

function checkTree(files: Record<string, string>): { status: number | null; report: string } {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
  }
  return check(path());
}

test('the project keeps its own rules', () => {
  expect(check(ROOT)).toEqual({ status: 0, report: '' });
});

test('the tree of ARCHITECTURE.md has every room and no other, two levels deep', () => {
  const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const drawn = [];
  let [top, room] = ['', ''];
  for (const [, indent = '', name = ''] of text.matchAll(/^((?:│ {3}|├── |└── )*)([\w-]+)\/ /gm)) {
    if (indent === '') top = name;
    else if (indent.length === 4) room = name;
    drawn.push(join(...([[top], [top, name], [top, room, name]][indent.length / 4] ?? [])));
  }
  const foldersIn = (folder: string) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name));
  const rooms = ['native', 'src'].flatMap((folder) => [
    folder,
    ...foldersIn(folder).flatMap((name) =>
      // A folder for each command.
      name === 'src/cli' ? [name] : [name, ...foldersIn(name)],
    ),
  ]);
  expect(drawn.sort()).toEqual(rooms.sort());
});

test('imports in the right direction pass', () => {
  const result = checkTree({
    'native/core/error.h': '#include <string>\n',
    'native/lowering/lower.cpp': '#include <torch/types.h>\n#include "infer/network.h"\n',
    'native/nn/layers.h': '#include <ATen/ATen.h>\n#include "core/error.h"\n',
    'native/binding/addon.cpp': '#include <napi.h>\n#include "nn/layers.h"\n',
    'src/models/module.ts': "import { loadAddon } from '../native/load.js';\n",
    'src/cli/main.ts': "import { GoogLeNet } from '../models/googlenet.js';\n",
    'src/dashboard/page/main.mts':
      "import type { Row } from '../protocol.js';\nimport {\n  byId,\n} from './dom.mjs';\n",
  });
  expect(result).toEqual({ status: 0, report: '' });
});

test.each([
  ['core including nn', 'native/core/error.h', '#include "nn/layers.h"'],
  ['anybody including binding', 'native/train/trainer.cpp', '#include "binding/addon.h"'],
  ['Node outside binding', 'native/nn/layers.cpp', '#include <napi.h>'],
  ['Node-API outside binding', 'native/core/error.cpp', '#  include <node_api.h>'],
  ['torch in a kernel', 'native/kernels/gemm.h', '#include <ATen/ATen.h>'],
  ['an engine in a kernel', 'native/kernels/conv.h', '#include "infer/network.h"'],
  ['torch in an engine', 'native/infer/engine.cpp', '#include <torch/types.h>'],
  ['what knows torch in an engine', 'native/infer/plan.cpp', '#include "lowering/lower.h"'],
  [
    'an engine’s plan loading its addon',
    'src/engine/plan.ts',
    "import { loadEngineAddon } from '../native/load-engine.js';",
  ],
  ['a folder without a rule', 'native/misc/helper.h', ''],
  ['a module importing cli', 'src/inference/classify.ts', "import { main } from '../cli/main.js';"],
  ['a dynamic import of cli', 'src/inference/classify.ts', "await import('../cli/main.js');"],
  [
    'inference importing models',
    'src/inference/evaluate.ts',
    "import type { Module } from '../models/module.js';",
  ],
  [
    'inference importing engines',
    'src/inference/evaluate.ts',
    "import type { Engine } from '../engine/engine.js';",
  ],
  [
    'an engine importing models',
    'src/engine/plan.ts',
    "import { modelIn } from '../models/stored-architecture.js';",
  ],
  ['report importing train', 'src/report/charts.ts', "import type { Trainer } from '../train/trainer.js';"],
  [
    'training importing the dashboard',
    'src/train/fit.ts',
    "import { Dashboard } from '../dashboard/dashboard.js';",
  ],
  ['a loose file', 'src/helper.ts', ''],
  ['a folder of src/ without a rule', 'src/misc/helper.ts', ''],
  ['the public API used inside', 'src/train/fit.ts', "import { GoogLeNet } from '../index.js';"],
  [
    'the dashboard importing train',
    'src/dashboard/event-stream.ts',
    "import { lrAt } from '../train/schedule.js';",
  ],
  [
    'a page that needs the server',
    'src/dashboard/page/main.mts',
    "import { EventStream } from '../event-stream.js';",
  ],
  ['a page that needs a package', 'src/dashboard/page/main.mts', "import { init } from 'echarts';"],
  ['a format loading the addon', 'src/formats/pth.ts', "import { loadAddon } from '../native/load.js';"],
  ['the command line loading the addon', 'src/cli/main.ts', "import { loadAddon } from '../native/load.js';"],
])('%s is caught', (_, file, text) => {
  const { status, report } = checkTree({ [file]: `${text}\n` });
  expect(status).toBe(1);
  expect(report).toContain(file);
});

test('circles of imports are caught, also where they are of types', () => {
  const result = checkTree({
    'src/train/a.ts': "import type { B } from './b.js';\n",
    'src/train/b.ts': "import { c } from './c.js';\n",
    'src/train/c.ts': "import { a } from './a.js';\n",
  });
  expect(result).toEqual({
    status: 1,
    report: 'A circle of imports: train/a.ts, train/b.ts, train/c.ts\n',
  });
});
