/* Runs the functions of device headers with a driver that prints what it is asked
   for. Parameters are printed by the kernels that DeviceProgramTest.cpp has. */

#include "empty.h"
#include "program.h"
#include "program.h" /* Once is enough. */

#include <stdio.h>
#include <string.h>

struct Function {
  const char *name;
} functions[3];

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module,
                             const char *name) {
  static int known;
  if (!module)
    return CUDA_ERROR_NOT_FOUND;
  functions[known].name = name;
  *function = &functions[known++];
  printf("find %s\n", name);
  return CUDA_SUCCESS;
}

CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute,
                            int value) {
  printf("attribute %d of %s = %d\n", (int)attribute, function->name, value);
  return CUDA_SUCCESS;
}

CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY,
                        unsigned gridZ, unsigned blockX, unsigned blockY,
                        unsigned blockZ, unsigned sharedBytes, CUstream stream,
                        void **parameters, void **extra) {
  printf("%s: grid %u %u %u, block %u %u %u, %u bytes%s%s", function->name, gridX,
         gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream ? "" : ",",
         extra ? " extra" : "");
  if (!strcmp(function->name, "products"))
    printf(", %llx %llx %g %llx", *(CUdeviceptr *)parameters[0],
           *(CUdeviceptr *)parameters[1], *(float *)parameters[2],
           *(CUdeviceptr *)parameters[3]);
  if (!strcmp(function->name, "sums"))
    printf(", %llx %llx %lld", *(CUdeviceptr *)parameters[0],
           *(CUdeviceptr *)parameters[1],
           (long long)*(int64_t *)parameters[2]);
  printf("\n");
  return CUDA_SUCCESS;
}

static scores_of_kernels kernels;

static void run(const char *what, CUdeviceptr query, CUdeviceptr scratch,
                int64_t queries, int64_t keys) {
  int64_t bytes = -1;
  CUresult result = scores_of_scratch_bytes(queries, keys, &bytes);
  printf("%s: scratch %d", what, (int)result);
  if (result == CUDA_SUCCESS)
    printf(", %lld bytes", (long long)bytes);
  printf("\n");
  result = scores_of_launch(&kernels, query, 0x2000, 0.5f, 0x3000, queries, keys,
                            scratch, (CUstream)&kernels);
  printf("%s: result %d\n", what, (int)result);
}

int main(void) {
  int bad = 0;
  int64_t bytes = -1;
  scores_of_empty_kernels none;
  CUmodule module = (CUmodule)&kernels;
  printf("without a module: %d\n", (int)scores_of_load(&kernels, 0));
  printf("load: %d\n", (int)scores_of_load(&kernels, module));
  run("right", 0x1000, 0x100000, 200, 6);
  run("no keys", 0x1000, 0x100000, 3, 0);
  run("no queries", 0, 0x100000, 0, 6);
  run("no scratch", 0x1000, 0, 200, 6);
  run("null query", 0, 0x100000, 200, 6);
  run("negative", 0x1000, 0x100000, -1, 6);
  run("negative keys", 0x1000, 0x100000, 0, -6);
  run("large grid", 0x1000, 0x100000, 1, 65536);
  run("large array", 0x1000, 0x100000, INT64_MAX / 64, 0);
  run("large buffer", 0x1000, 0x100000, INT64_C(1) << 31, INT64_C(1) << 30);

  printf("empty: %d", (int)scores_of_empty_load(&none, module));
  printf(" %d", (int)scores_of_empty_scratch_bytes(&bytes));
  printf(" %d, %d bytes\n", (int)scores_of_empty_launch(&none, 0, 0), (int)bytes);

  printf("divisions: %d %d %d %d %d\n", (int)attn_floor_divide(-5, 4, &bad),
         (int)attn_ceil_divide(-5, 4, &bad), (int)attn_ceil_divide(5, 4, &bad),
         (int)attn_remainder(-5, 4, &bad), bad);
  /* What overflows and what just does not. */
  {
    int64_t values[] = {INT64_MIN, INT64_MIN + 1, INT64_MIN / 2, -3, -1, 0, 1, 2,
                        3, INT64_MAX / 2, INT64_MAX - 1, INT64_MAX};
    int i, j, wrong = 0, n = sizeof(values) / sizeof(values[0]);
    for (i = 0; i < n; ++i)
      for (j = 0; j < n; ++j) {
        __int128 a = values[i], b = values[j];
        int added = 0, multiplied = 0;
        int64_t sum = attn_add(values[i], values[j], &added);
        int64_t product = attn_multiply(values[i], values[j], &multiplied);
        wrong += added != (a + b > INT64_MAX || a + b < INT64_MIN);
        wrong += multiplied != (a * b > INT64_MAX || a * b < INT64_MIN);
        wrong += (!added && sum != a + b) || (!multiplied && product != a * b);
      }
    printf("wrong: %d of %d\n", wrong, 3 * n * n);
  }
  return 0;
}
