/* A libdnnl for tests: plain loops, or what RUNTIME and CRASH make of it. */

typedef struct {
  int major, minor, patch;
  const char *hash;
  unsigned cpuRuntime, gpuRuntime;
} Version;

#ifndef RUNTIME
#define RUNTIME 1
#endif

const Version *dnnl_version(void) {
  static const Version version = {9, 8, 7, "", RUNTIME, 0};
  return &version;
}

int dnnl_sgemm(char transA, char transB, long m, long n, long k, float alpha,
               const float *a, long lda, const float *b, long ldb, float beta,
               float *c, long ldc) {
#ifdef CRASH
  __builtin_trap();
#endif
  for (long i = 0; i < m; ++i)
    for (long j = 0; j < n; ++j) {
      float sum = 0;
      for (long l = 0; l < k; ++l)
        sum += (transA == 'T' ? a[l * lda + i] : a[i * lda + l]) *
               (transB == 'T' ? b[j * ldb + l] : b[l * ldb + j]);
      c[i * ldc + j] = alpha * sum + (beta == 0 ? 0 : beta * c[i * ldc + j]);
    }
  return 0;
}
