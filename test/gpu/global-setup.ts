/**
 * libtorch lets cuDNN compute fp32 convolutions in TF32, with 10 bits of mantissa. The comparisons with the CPU are about our
 * code, so NVIDIA's libraries are told to use fp32; they read this once, when they are loaded.
 */
export default function setUp(): void {
  process.env.NVIDIA_TF32_OVERRIDE = '0';
}
