#include "infer/work_items.h"

#include <algorithm>
#include <cmath>

#include "kernels/tuning.h"

namespace googlenet::infer {

std::vector<WorkItem> items_of_thread(const Operations& operations, int thread, int threads) {
  double whole = 0;
  for (const auto& operation : operations) whole += operation->cost / threads;
  const double item_cost = std::max(tuning::kMinItemNanoseconds, whole / tuning::kItemsPerThread);

  struct CostedItem {
    WorkItem item;
    double cost;
  };
  std::vector<CostedItem> costed;
  for (const auto& operation : operations) {
    const auto unit = [&](int64_t index, int64_t count) {
      return static_cast<int>(operation->units * index / count);
    };
    const int parts = std::max(1, static_cast<int>(std::lround(operation->cost / threads / item_cost)));
    for (int part = 0; part < parts; ++part) {
      const int first = unit(thread * parts + part, threads * parts);
      const int last = unit(thread * parts + part + 1, threads * parts);
      if (first == last) continue;
      costed.push_back({{operation.get(), first, last}, operation->cost * (last - first) / operation->units});
    }
  }
  std::stable_sort(costed.begin(), costed.end(),
                   [](const CostedItem& a, const CostedItem& b) { return a.cost > b.cost; });
  std::vector<WorkItem> items;
  for (const CostedItem& one : costed) items.push_back(one.item);
  return items;
}

}  // namespace googlenet::infer
