// Values in the order of the transposed structure, which SpMM by the transpose multiplies with. Reads 8 and writes 4 bytes
// per entry; the reads of `values` go where the permutation sends them.
#include "common.cuh"

extern "C" __global__ void spmm_permute(const float* values, const int* permutation, i64 nnz, float* permuted) {
    FOR_EACH_INDEX(p, nnz) {
        permuted[p] = values[permutation[p]];
    }
}
