// Stands for an OpenBLAS of another build in the tests of the guard.
extern "C" int openblas_get_parallel() {
  return THRUM_OPENBLAS_PARALLEL;
}
