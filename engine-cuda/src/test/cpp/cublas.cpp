// A stand-in of cuBLAS with the functions that the backend may call, column-major as the real one.
#include "vendor.h"

#include <algorithm>

using namespace emulator;

namespace {

enum Status : int {
    success = 0,
    not_initialized = 1,
    invalid_value = 7,
    execution_failed = 13,
    not_supported = 15,
};

constexpr int pointer_mode_device = 1;

struct Handle {
    const void* stream = nullptr;
    int pointer_mode = 0;
    int math_mode = 0;
    int atomics_mode = 0;
    void* workspace = nullptr;
    size_t workspace_bytes = 0;
};

Alive<Handle> handles;

template <typename Body>
Status with_handle(void* handle, Body body) {
    return handles.has(handle) ? body(*static_cast<Handle*>(handle)) : not_initialized;
}

Status queued(const Handle& handle, std::function<void()> work) {
    if (handle.workspace == nullptr && emulator_is_capturing(handle.stream)) {
        emulator_report("cuBLAS was captured without memory to work in, and would allocate it in the graph");
    }
    emulator_count("cublas");
    return put(handle.stream, std::move(work)) ? success : execution_failed;
}

bool legal(int operation) {
    return operation >= 0 && operation <= 2;
}

// The matrix op(A), A being stored column by column.
Elements operand(const float* values, int64_t ld, int operation) {
    Elements stored{const_cast<float*>(values), 1, ld};
    return operation == 0 ? stored : stored.transposed();
}

struct Gemm {
    int op_a, op_b;
    int64_t m, n, k;
    const float* a;
    int64_t lda;
    const float* b;
    int64_t ldb;
    float* c;
    int64_t ldc;
};

Status check(const Gemm& g) {
    if (!legal(g.op_a) || !legal(g.op_b) || g.m < 0 || g.n < 0 || g.k < 0) {
        return invalid_value;
    }
    bool fits = g.lda >= std::max<int64_t>(1, g.op_a == 0 ? g.m : g.k) &&
                g.ldb >= std::max<int64_t>(1, g.op_b == 0 ? g.k : g.n) && g.ldc >= std::max<int64_t>(1, g.m);
    return fits ? success : invalid_value;
}

void run(const Gemm& g, double alpha, double beta) {
    Elements a = operand(g.a, g.lda, g.op_a);
    Elements b = operand(g.b, g.ldb, g.op_b);
    for (int64_t column = 0; column < g.n; column++) {
        for (int64_t row = 0; row < g.m; row++) {
            double sum = 0;
            // With alpha 0, A and B are not read.
            for (int64_t i = 0; alpha != 0 && i < g.k; i++) {
                sum += static_cast<double>(a(row, i)) * b(i, column);
            }
            update(g.c[row + column * g.ldc], alpha, sum, beta);
        }
    }
}

Status gemm(void* handle, const Gemm& g, const void* alpha, const void* beta, int64_t batch, int64_t step_a,
            int64_t step_b, int64_t step_c) {
    return with_handle(handle, [&](Handle& h) -> Status {
        if (alpha == nullptr || beta == nullptr || batch < 0 || check(g) != success) {
            return invalid_value;
        }
        bool on_device = h.pointer_mode == pointer_mode_device;
        Factor by(alpha, on_device), keep(beta, on_device);
        return queued(h, [=] {
            for (int64_t i = 0; i < batch; i++) {
                Gemm one = g;
                one.a += i * step_a;
                one.b += i * step_b;
                one.c += i * step_c;
                run(one, by.get(), keep.get());
            }
        });
    });
}

Status geam(void* handle, int op_a, int op_b, int64_t m, int64_t n, const void* alpha, const float* a, int64_t lda,
            const void* beta, const float* b, int64_t ldb, float* c, int64_t ldc) {
    return with_handle(handle, [&](Handle& h) -> Status {
        bool fits = m >= 0 && n >= 0 && lda >= std::max<int64_t>(1, op_a == 0 ? m : n) &&
                    ldb >= std::max<int64_t>(1, op_b == 0 ? m : n) && ldc >= std::max<int64_t>(1, m);
        if (!legal(op_a) || !legal(op_b) || alpha == nullptr || beta == nullptr || !fits) {
            return invalid_value;
        }
        bool in_place = (c == a && (op_a != 0 || lda != ldc)) || (c == b && (op_b != 0 || ldb != ldc));
        if (in_place) {
            return invalid_value;
        }
        bool on_device = h.pointer_mode == pointer_mode_device;
        Factor by_a(alpha, on_device), by_b(beta, on_device);
        Elements from_a = operand(a, lda, op_a), from_b = operand(b, ldb, op_b);
        return queued(h, [=] {
            for (int64_t column = 0; column < n; column++) {
                for (int64_t row = 0; row < m; row++) {
                    double of_a = by_a.get() == 0 ? 0 : by_a.get() * from_a(row, column);
                    double of_b = by_b.get() == 0 ? 0 : by_b.get() * from_b(row, column);
                    c[row + column * ldc] = static_cast<float>(of_a + of_b);
                }
            }
        });
    });
}

Status gemv(void* handle, int operation, int64_t m, int64_t n, const void* alpha, const float* a, int64_t lda,
            const float* x, int64_t step_x, const void* beta, float* y, int64_t step_y) {
    return with_handle(handle, [&](Handle& h) -> Status {
        if (!legal(operation) || m < 0 || n < 0 || lda < std::max<int64_t>(1, m) || step_x == 0 || step_y == 0 ||
            alpha == nullptr || beta == nullptr) {
            return invalid_value;
        }
        if (step_x < 0 || step_y < 0) {
            return not_supported;  // the real one goes backwards; nobody here does
        }
        bool on_device = h.pointer_mode == pointer_mode_device;
        Factor by(alpha, on_device), keep(beta, on_device);
        Elements matrix = operand(a, lda, operation);
        int64_t rows = operation == 0 ? m : n, columns = operation == 0 ? n : m;
        return queued(h, [=] {
            for (int64_t row = 0; row < rows; row++) {
                double sum = 0;
                for (int64_t column = 0; column < columns; column++) {
                    sum += static_cast<double>(matrix(row, column)) * x[column * step_x];
                }
                update(y[row * step_y], by.get(), sum, keep.get());
            }
        });
    });
}

}  // namespace

EMULATOR_EXPORT Status cublasCreate_v2(void** handle) {
    if (handle == nullptr) {
        return invalid_value;
    }
    if (!opens()) {
        return not_initialized;
    }
    *handle = handles.create();
    return success;
}

EMULATOR_EXPORT Status cublasDestroy_v2(void* handle) {
    return handles.destroy(handle) ? success : not_initialized;
}

EMULATOR_EXPORT Status cublasSetStream_v2(void* handle, const void* stream) {
    return with_handle(handle, [=](Handle& h) {
        h.stream = stream;
        h.workspace = nullptr;  // the real one also goes back to its own
        return success;
    });
}

EMULATOR_EXPORT Status cublasGetStream_v2(void* handle, const void** stream) {
    return with_handle(handle, [=](Handle& h) {
        *stream = h.stream;
        return success;
    });
}

EMULATOR_EXPORT Status cublasGetVersion_v2(void*, int* version) {
    *version = 120600;
    return success;
}

EMULATOR_EXPORT Status cublasGetProperty(int type, int* value) {
    static const int parts[] = {12, 6, 0};
    if (type < 0 || type > 2) {
        return invalid_value;
    }
    *value = parts[type];
    return success;
}

EMULATOR_EXPORT Status cublasSetMathMode(void* handle, int mode) {
    return with_handle(handle, [=](Handle& h) {
        h.math_mode = mode;
        return success;
    });
}

EMULATOR_EXPORT Status cublasGetMathMode(void* handle, int* mode) {
    return with_handle(handle, [=](Handle& h) {
        *mode = h.math_mode;
        return success;
    });
}

EMULATOR_EXPORT Status cublasSetPointerMode_v2(void* handle, int mode) {
    return with_handle(handle, [=](Handle& h) -> Status {
        h.pointer_mode = mode;
        return mode == 0 || mode == 1 ? success : invalid_value;
    });
}

EMULATOR_EXPORT Status cublasGetPointerMode_v2(void* handle, int* mode) {
    return with_handle(handle, [=](Handle& h) {
        *mode = h.pointer_mode;
        return success;
    });
}

EMULATOR_EXPORT Status cublasSetAtomicsMode(void* handle, int mode) {
    return with_handle(handle, [=](Handle& h) {
        h.atomics_mode = mode;
        return success;
    });
}

EMULATOR_EXPORT Status cublasGetAtomicsMode(void* handle, int* mode) {
    return with_handle(handle, [=](Handle& h) {
        *mode = h.atomics_mode;
        return success;
    });
}

EMULATOR_EXPORT Status cublasSetWorkspace_v2(void* handle, void* workspace, size_t bytes) {
    return with_handle(handle, [=](Handle& h) -> Status {
        bool aligned = reinterpret_cast<uintptr_t>(workspace) % 256 == 0;
        if (!aligned || (bytes != 0 && !emulator_is_device(workspace, bytes))) {
            return invalid_value;
        }
        h.workspace = workspace;
        h.workspace_bytes = bytes;
        return success;
    });
}

EMULATOR_EXPORT const char* cublasGetStatusName(int status) {
    switch (status) {
        case success: return "CUBLAS_STATUS_SUCCESS";
        case not_initialized: return "CUBLAS_STATUS_NOT_INITIALIZED";
        case invalid_value: return "CUBLAS_STATUS_INVALID_VALUE";
        case execution_failed: return "CUBLAS_STATUS_EXECUTION_FAILED";
        case not_supported: return "CUBLAS_STATUS_NOT_SUPPORTED";
        default: return "<unknown cublas status>";
    }
}

EMULATOR_EXPORT const char* cublasGetStatusString(int status) {
    return cublasGetStatusName(status);
}

EMULATOR_EXPORT Status cublasSgemm_v2_64(void* handle, int op_a, int op_b, int64_t m, int64_t n, int64_t k,
                                         const void* alpha, const float* a, int64_t lda, const float* b, int64_t ldb,
                                         const void* beta, float* c, int64_t ldc) {
    return gemm(handle, {op_a, op_b, m, n, k, a, lda, b, ldb, c, ldc}, alpha, beta, 1, 0, 0, 0);
}

EMULATOR_EXPORT Status cublasSgemm_v2(void* handle, int op_a, int op_b, int m, int n, int k, const void* alpha,
                                      const float* a, int lda, const float* b, int ldb, const void* beta, float* c,
                                      int ldc) {
    return cublasSgemm_v2_64(handle, op_a, op_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

EMULATOR_EXPORT Status cublasSgemmStridedBatched_64(void* handle, int op_a, int op_b, int64_t m, int64_t n, int64_t k,
                                                    const void* alpha, const float* a, int64_t lda, int64_t step_a,
                                                    const float* b, int64_t ldb, int64_t step_b, const void* beta,
                                                    float* c, int64_t ldc, int64_t step_c, int64_t batch) {
    return gemm(handle, {op_a, op_b, m, n, k, a, lda, b, ldb, c, ldc}, alpha, beta, batch, step_a, step_b, step_c);
}

EMULATOR_EXPORT Status cublasSgemmStridedBatched(void* handle, int op_a, int op_b, int m, int n, int k,
                                                 const void* alpha, const float* a, int lda, long long step_a,
                                                 const float* b, int ldb, long long step_b, const void* beta, float* c,
                                                 int ldc, long long step_c, int batch) {
    return gemm(handle, {op_a, op_b, m, n, k, a, lda, b, ldb, c, ldc}, alpha, beta, batch, step_a, step_b, step_c);
}

EMULATOR_EXPORT Status cublasSgeam(void* handle, int op_a, int op_b, int m, int n, const void* alpha, const float* a,
                                   int lda, const void* beta, const float* b, int ldb, float* c, int ldc) {
    return geam(handle, op_a, op_b, m, n, alpha, a, lda, beta, b, ldb, c, ldc);
}

EMULATOR_EXPORT Status cublasSgeam_64(void* handle, int op_a, int op_b, int64_t m, int64_t n, const void* alpha,
                                      const float* a, int64_t lda, const void* beta, const float* b, int64_t ldb,
                                      float* c, int64_t ldc) {
    return geam(handle, op_a, op_b, m, n, alpha, a, lda, beta, b, ldb, c, ldc);
}

EMULATOR_EXPORT Status cublasSgemv_v2(void* handle, int operation, int m, int n, const void* alpha, const float* a,
                                      int lda, const float* x, int step_x, const void* beta, float* y, int step_y) {
    return gemv(handle, operation, m, n, alpha, a, lda, x, step_x, beta, y, step_y);
}

EMULATOR_EXPORT Status cublasSgemv_v2_64(void* handle, int operation, int64_t m, int64_t n, const void* alpha,
                                         const float* a, int64_t lda, const float* x, int64_t step_x, const void* beta,
                                         float* y, int64_t step_y) {
    return gemv(handle, operation, m, n, alpha, a, lda, x, step_x, beta, y, step_y);
}

EMULATOR_EXPORT uint64_t emulator_cublas_handles() {
    return handles.size();
}
