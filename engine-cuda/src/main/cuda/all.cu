// Every kernel of the backend, as one translation unit and one module.
#include "common.cuh"
#include "Selection.cu"
#include "Sparsify.cu"
#include "Relay.cu"
