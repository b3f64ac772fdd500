#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

// Every number that makes engines fast and changes no result, in one place; those of models are in
// core/tuning.h. "Notes" is docs/internals/lab-notes.md, where the measurements are, most of them on two
// cores of an EPYC (AVX-512) and of a Xeon (AMX). To measure again: `npm run bench -- --only engine` and `npm
// run roofline`, old and new in turns.
namespace googlenet::tuning {

// --- kernels ---

// Bytes between the weights in use and those that are prefetched, where nothing else is known to come next:
// about as far as the kernel reads while a line comes from memory. Notes: "the next group's weights are
// prefetched".
constexpr int64_t kConvPrefetchDistance = 4096;

// Winograd tiles whose sums are kept between product and output transform: 36 points × 56 tiles × 32 channels
// × 4 bytes stay in L2. A multiple of the 14 pixels of a row tile. Notes: "sums in L2".
constexpr int kWinogradTileBlock = 56;

// The same for Winograd along rows, 7 points: 25 KB, which stay in L1.
constexpr int kWinogradRowsTileBlock = 28;

// Bytes of Winograd tiles that are transformed at once. The weights of a block and its sums lie in L2 too, so
// tiles get half of it. Notes: "as many tiles transformed at once as half of L2 holds". AVX2 is slow enough
// to read tiles from L3, and weights less often.
constexpr double kWinogradTransformedL2Share = 0.5;
constexpr int64_t kWinogradMinTransformedBytes = int64_t{1} << 19;
constexpr int64_t kWinogradTransformedBytesAvx2 = int64_t{1} << 20;
constexpr int64_t kWinogradRowsTransformedBytes = int64_t{1} << 18;

// Channels of an average pool that are summed at a time: four vectors of AVX2. Others were not measured.
constexpr int kAveragePoolChannels = 32;

// --- choice of algorithms, and plans ---

// Height or width of a feature map below which Winograd convolution has too few tiles for what reading up to
// four times the weights costs, and below which only the tiles with the fewest weights pay. Notes: "tiles of
// 2×4, not 4×4".
constexpr int kMinWinogradSize = 10;
constexpr int kMinLargeWinogradTileSize = 20;

// Weights are packed once for all image sizes, so algorithms are chosen for this height and width.
constexpr int kUsualImageSize = 224;

// Multiply-adds per nanosecond of one core. Rough: they only weigh operations against each other.
constexpr double kMultiplyAddsAvx2 = 40;
constexpr double kMultiplyAddsAvx512Float32 = 80;
constexpr double kMultiplyAddsAvx512Bfloat16 = 150;
constexpr double kMultiplyAddsAvx512Uint8 = 300;
constexpr double kMultiplyAddsAmxBfloat16 = 800;
constexpr double kMultiplyAddsAmxUint8 = 1500;

// Bytes per nanosecond of one core that weights, images and zeros take, and bytes of a pool's output times
// elements of its kernel. Rough too.
constexpr double kBytesPerNanosecond = 30;
constexpr double kPooledBytesPerNanosecond = 60;

// Bytes of an image's pixel: three float32 values.
constexpr int64_t kImageBytesPerPixel = 12;

// Weights so many times larger than the input are split over threads; otherwise each thread keeps to its rows
// of the feature map. Notes: "weights split over threads where they are six times the feature map, not 24
// times".
constexpr int64_t kWeightsToInputRatio = 6;

// Work items of a phase for each thread: more even out what threads wait for each other, fewer cost less to
// hand out. Notes: "smaller pieces of work for the threads".
constexpr double kItemsPerThread = 2;

// Nanoseconds below which an item is not cut. Others were not measured.
constexpr double kMinItemNanoseconds = 2000;

// --- threads and memory of an engine ---

// How long a thread spins before it sleeps: about as long as sleeping and being woken takes. Notes: "threads
// that wait for each other stay awake for 40 µs by the clock".
constexpr auto kSpin = std::chrono::microseconds(40);
// Pauses between two looks at the clock, each of 25 to 50 ns by the processor.
constexpr int kPausesPerClock = 16;

// sched_yield calls of a thread that waits but lets every other thread have its core; three take a
// microsecond. The first is a tenth of a millisecond, between calls: for a service that calls again at once.
// The second is some milliseconds, in the middle of a run: a thread that sleeps there may be woken on the
// core of another one and stay behind it. Notes: "the engine's thread stays awake for a moment" and "threads
// are woken before a request is read".
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
