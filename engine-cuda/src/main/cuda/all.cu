// Every kernel of the backend, as one translation unit and one module.
#include "common.cuh"
#include "Elementwise.cu"
#include "Scaling.cu"
#include "GatherScatter.cu"
#include "Selection.cu"
#include "Sparsify.cu"
#include "Relay.cu"
