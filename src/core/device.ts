/** Where a module computes. `auto` is the first CUDA device, or the CPU where there is none. */
export type Device = 'cpu' | 'cuda' | `cuda:${number}` | 'auto';
