#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

// Every number that makes engines fast and changes no result, in one place; those of models are in
// core/tuning.h. "Steps" are the rows of
// docs/performance.md, "How it came to be so fast", where the measurements are; E is the EPYC (2 cores,
// AVX-512, 1 MiB of second-level cache a core), X the Xeon (2 cores, AMX). Measure with `npm run bench --
// --only engine` and `npm run roofline`, old and new in turns.
namespace googlenet::tuning {

// --- kernels ---

// Bytes between the weights in use and those that are prefetched, where nothing else is known to come next:
// about as far as the kernel reads while a line comes from memory. Step "the next group's weights are fetched
// ahead".
constexpr int64_t kConvPrefetchDistance = 4096;

// Winograd tiles whose sums are kept between product and output transform: 36 points × 56 tiles × 32 channels
// × 4 bytes stay in the second-level cache. A multiple of the 14 pixels of a row tile. Step "sums in the
// second level of the cache".
constexpr int kWinogradTileBlock = 56;

// The same for Winograd along rows, 7 points: 25 KB, which stay in the first-level cache.
constexpr int kWinogradRowsTileBlock = 28;

// Bytes of Winograd tiles that are transformed at once. The weights of a block and its sums lie in the
// second-level cache too, so tiles get half of it: −5 % on X with 2 MiB. AVX2 is slow enough to read tiles
// from the third level, and weights less often.
constexpr double kWinogradTransformedL2Share = 0.5;
constexpr int64_t kWinogradMinTransformedBytes = int64_t{1} << 19;
constexpr int64_t kWinogradTransformedBytesAvx2 = int64_t{1} << 20;
constexpr int64_t kWinogradRowsTransformedBytes = int64_t{1} << 18;

// Channels of an average pool whose sums stay in registers: four vectors of AVX2. Not measured against
// others.
constexpr int kAveragePoolChannels = 32;

// --- choice of algorithms and plans ---

// Height or width below which Winograd convolution has too few tiles for what reading up to four times the
// weights costs, and below which only the tiles with the fewest weights pay. Step "tiles of 2×4, not 4×4": E
// −1.8 % in float32.
constexpr int kMinWinogradSize = 10;
constexpr int kMinLargeWinogradTileSize = 20;

// Weights are packed once for all sizes of images, so algorithms are chosen for the usual one.
constexpr int kUsualImageSize = 224;

// Multiply-adds per nanosecond of one core, measured by `npm run roofline` on X and rounded: they weigh
// layers against each other.
constexpr double kMultiplyAddsAvx2 = 40;
constexpr double kMultiplyAddsAvx512Float32 = 80;
constexpr double kMultiplyAddsAvx512Bfloat16 = 150;
constexpr double kMultiplyAddsAvx512Uint8 = 300;
constexpr double kMultiplyAddsAmxBfloat16 = 800;
constexpr double kMultiplyAddsAmxUint8 = 1500;

// Bytes per nanosecond that one core reads of weights or clears, and window elements per nanosecond of pools:
// by the same.
constexpr double kBytesPerNanosecond = 30;
constexpr double kPooledBytesPerNanosecond = 60;

// Bytes of an image's pixel, three float32 values.
constexpr int64_t kImageBytesPerPixel = 12;

// Weights so many times larger than the input are split over threads; otherwise each thread keeps to its rows
// of the feature map. Step "weights split over threads where they are six times the map": −3 %, 24 was worse.
constexpr int64_t kWeightsToInputRatio = 6;

// Work items of a phase for each thread: more even out what threads wait for each other, fewer cost less to
// hand out. 4 and 8 were 2 to 10 % slower.
constexpr double kItemsPerThread = 2;

// Nanoseconds below which an item is not cut.
constexpr double kMinItemNanoseconds = 2000;

// --- threads and memory of an engine ---

// How long a thread spins before it sleeps: about as long as sleeping and being woken takes. Step "threads
// that wait for each other stay awake for 40 µs by the clock": E −2 to −3 %.
constexpr auto kSpin = std::chrono::microseconds(40);
// Pauses between two looks at the clock, each of 25 to 50 ns by the processor.
constexpr int kPausesPerClock = 16;

// sched_yield calls of a thread that waits but lets every other thread have its core; three are a
// microsecond. The first number is a tenth of a millisecond: between calls of a service that calls again at
// once. The second is some milliseconds: in the middle of a run, where a thread that sleeps may be woken on
// the core of another one and stay behind it. Steps "the engine's thread stays awake for a moment" and
// "threads are woken before a request is read".
constexpr int kYieldsBetweenCalls = 300;
constexpr int kYieldsInRun = 10000;

// Image sizes whose plans and memory an engine keeps.
constexpr size_t kMaxShapes = 4;

// Without work for so long, an engine gives the memory of its feature maps back to the system.
constexpr auto kKeepMemory = std::chrono::seconds(10);

// From this many bytes on, memory comes from the system itself, so that it goes back when it is freed: malloc
// keeps some.
constexpr size_t kMinMappedBytes = size_t{1} << 20;

// A request's copy of its images is kept for the next one up to this many bytes: touching fresh memory costs
// more than the copy.
constexpr size_t kMaxSpareBytes = size_t{4} << 20;

}  // namespace googlenet::tuning
