#include "nn/max_pool/kernel.h"

#include <algorithm>

#include "core/threads.h"
#include "core/tuning.h"
#include "nn/max_pool/layouts.h"

namespace googlenet::nn {

namespace {

// Cuts the work into rows or planes and runs ranges of them on the threads.
template <typename T, typename Job>
void run_parallel(const Job& job, const RowFunctions<T>& functions, int64_t rows_per_image) {
  const PoolShape& s = job.shape;
  const bool planes = job.layout == PoolLayout::kPlanes;
  const int64_t parts = s.batch * (planes ? s.channels : rows_per_image);
  const int64_t elements = s.width * (planes ? s.height : s.channels);  // of the input, per part
  const int64_t grain = std::max<int64_t>(1, core::kGrainSize / elements);
  core::parallel_for(parts, grain, [&](int64_t begin, int64_t end) {
    planes ? run_planes(job, functions, begin, end) : run_channels_last(job, functions, begin, end);
  });
}

}  // namespace

template <typename T>
void MaxPoolForward<T>::run(InstructionSet set) const {
  run_parallel<T>(*this, row_functions<T>(set), shape.out_height());
}

template <typename T>
void MaxPoolBackward<T>::run(InstructionSet set) const {
  run_parallel<T>(*this, row_functions<T>(set), shape.height);
}

template struct MaxPoolForward<float>;
template struct MaxPoolForward<uint16_t>;
template struct MaxPoolBackward<float>;
template struct MaxPoolBackward<uint16_t>;

}  // namespace googlenet::nn
