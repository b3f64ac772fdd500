// onnxruntime-node and the exporter of ONNX models. They are not dependencies of the package, so the benchmark installs them, once.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../lib/bootstrap.mjs';

const FOLDER = join(root, '.googlenet', 'bench-peers');
const PYTHON_PACKAGES = join(FOLDER, 'python');
const ONNXRUNTIME = 'onnxruntime-node@1.30.0';
const ONNX = 'onnx==1.23.1';

const run = promisify(execFile);

/** @returns the folder in which `require` finds onnxruntime-node. */
export async function installOnnxruntime() {
  if (!existsSync(join(FOLDER, 'node_modules', 'onnxruntime-node'))) {
    console.log(`· Installing ${ONNXRUNTIME} to compare with`);
    mkdirSync(FOLDER, { recursive: true });
    // Its install script downloads libraries for CUDA.
    await run('npm', [
      'install',
      '--prefix',
      FOLDER,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      ONNXRUNTIME,
    ]);
  }
  return FOLDER;
}

/** Writes the model with these weights as ONNX. */
export async function exportOnnx(python, weights, file) {
  if (!existsSync(PYTHON_PACKAGES)) {
    console.log(`· Installing ${ONNX} to export the model with`);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--target', PYTHON_PACKAGES, ONNX], {
      env: { ...process.env, PIP_RETRIES: '1' },
    });
  }
  await run(python, [join(root, 'scripts/bench/sides/export_onnx.py'), weights, file, PYTHON_PACKAGES]);
}
