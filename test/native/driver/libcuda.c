// A driver for tests with one device that cannot compute: enough to make this package look for CUDA.
typedef int Result;

Result cuInit(unsigned flags) {
  (void)flags;
  return 0;
}

Result cuDeviceGetCount(int* count) {
  *count = 1;
  return 0;
}
