// What the backward pass of a linear layer computes, in one launch: gx by the first blocks, gw and gb by the others, each as Spmm.cu
// and Sddmm.cu have it, to the same bits. A step of a small model takes as long as its launches one after the other, and these
// have nothing to wait for but gy.
#pragma once
#include "Sddmm.cu"
#include "Spmm.cu"

// Up to 32 columns.
extern "C" __global__ void __launch_bounds__(128) linear_backward_32(
    int product_blocks,
    SpmmMatrix a,
    const float* b,
    int b_ld,
    Output gx,
    SpmmEnd end,
    SddmmPattern c,
    SddmmTerms t,
    SddmmBias bias) {
    await_previous();
    const u32 products = (u32)product_blocks;
    if (blockIdx.x < products) {
        spmm<8, 8, 16, 128>(a, b, b_ld, gx, end, {blockIdx.x, products});
    } else {
        const Blocks others = {blockIdx.x - products, gridDim.x - products};
        sddmm<8, true>(c, t, others);
        sddmm_bias(t, bias, others);
    }
}
