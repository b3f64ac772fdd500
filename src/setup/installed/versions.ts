/**
 * All versions in one place: the libtorch versions that the package can be built for, and the packages that the setup installs.
 */

/** libtorch versions that the C++ sources compile against, as [major, minor], both ends included. */
const SUPPORTED_LIBTORCH = { min: [2, 11], max: [2, 14] } as const;

/** The oldest Node.js; `engines` in package.json says the same. */
export const MIN_NODE = [20, 19] as const;

/** The oldest Python for which the pinned wheels exist. */
export const MIN_PYTHON = [3, 10] as const;

export type LibtorchBuild = 'cpu' | 'cuda';

/** The parity tests and the benchmarks use the PyTorch of the same environment, so it gets their packages too. */
const COMPANIONS = [
  'numpy==2.4.6; python_version >= "3.11"',
  'numpy==2.2.6; python_version < "3.11"',
  'safetensors==0.8.0',
  'pillow==12.3.0',
];

/**
 * The calls of pip, in their order. An index that has both builds of a version gives pip's resolver the one with the higher local
 * label, `+cpu`; an index that has only the CUDA build of it gives that one, with everything it needs.
 *
 * The CUDA build is named wheel by wheel and without its dependencies: libtorch needs neither the compiler of `torch.compile`
 * nor the Python bindings of CUDA that the wheel also asks for, which are hundreds of megabytes.
 */
export const PIP_CALLS: Readonly<Record<LibtorchBuild, readonly (readonly string[])[]>> = {
  cpu: [
    ['torch==2.13.0', ...COMPANIONS],
    // The parity tests' counterpart of a network; its dependencies are there.
    ['--no-deps', 'torchvision==0.28.0'],
  ],
  cuda: [
    [
      ...COMPANIONS,
      'filelock',
      'fsspec>=0.8.5',
      'jinja2',
      'networkx>=2.5.1',
      'setuptools>=77.0.3',
      'sympy>=1.13.3',
      'typing_extensions>=4.10.0',
    ],
    [
      '--no-deps',
      'torch==2.14.1',
      'torchvision==0.29.1',
      'nvidia-cublas==13.1.1.3',
      'nvidia-cuda-cupti==13.0.85',
      'nvidia-cuda-nvrtc==13.0.88',
      'nvidia-cuda-runtime==13.0.96',
      'nvidia-cudnn-cu13==9.24.0.43',
      'nvidia-cufft==12.0.0.61',
      'nvidia-cufile==1.15.1.6',
      'nvidia-curand==10.4.0.35',
      'nvidia-cusolver==12.0.4.66',
      'nvidia-cusparse==12.6.3.3',
      'nvidia-cusparselt-cu13==0.8.1',
      'nvidia-nccl-cu13==2.30.7',
      'nvidia-nvjitlink==13.4.92',
      'nvidia-nvshmem-cu13==3.4.5',
      'nvidia-nvtx==13.0.85',
    ],
  ],
};

/** `2.13.0+cpu` → [2, 13]; undefined when it is no version. */
export function majorMinor(version: string): [number, number] | undefined {
  const match = /^(\d+)\.(\d+)/.exec(version);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

export function compareVersions(a: readonly [number, number], b: readonly [number, number]): number {
  return a[0] - b[0] || a[1] - b[1];
}

export function isSupportedLibtorch(version: string): boolean {
  const found = majorMinor(version);
  if (!found) return false;
  const { min, max } = SUPPORTED_LIBTORCH;
  return compareVersions(found, min) >= 0 && compareVersions(found, max) <= 0;
}

/** The supported range for messages: `2.11 to 2.14`. */
export const supportedRange = (): string =>
  `${SUPPORTED_LIBTORCH.min.join('.')} to ${SUPPORTED_LIBTORCH.max.join('.')}`;
