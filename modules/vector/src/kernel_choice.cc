#include "kernel_choice.h"

namespace lakehouse::vector {

std::vector<const Kernels*> KernelsOfThisProcessor() {
  std::vector<const Kernels*> found = {&PortableKernels()};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) found.push_back(&Avx2Kernels());
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni"))
    found.push_back(&Avx512Kernels());
#endif
  return found;
}

const Kernels& KernelsFor(KernelChoice choice) {
  const std::vector<const Kernels*> found = KernelsOfThisProcessor();
#if defined(__x86_64__)
  const auto has = [&](const Kernels& wanted) {
    for (const Kernels* kernels : found)
      if (kernels == &wanted) return true;
    return false;
  };
  if (choice == KernelChoice::kAvx2 && has(Avx2Kernels())) return Avx2Kernels();
  if (choice == KernelChoice::kAvx512 && has(Avx512Kernels())) return Avx512Kernels();
#endif
  return choice == KernelChoice::kBest ? *found.back() : PortableKernels();
}

}  // namespace lakehouse::vector
