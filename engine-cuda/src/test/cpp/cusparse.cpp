// A stand-in of cuSPARSE's generic API with what the backend may call: CSR with 32-bit indices and f32 values.
#include "vendor.h"

#include <algorithm>
#include <memory>
#include <vector>

using namespace emulator;

namespace {

enum Status : int {
    success = 0,
    not_initialized = 1,
    invalid_value = 3,
    execution_failed = 6,
    not_supported = 10,
};

constexpr int type_f32 = 0;
constexpr int index_32 = 2;
constexpr int column_order = 1;
constexpr int row_order = 2;
constexpr int pointer_mode_device = 1;
constexpr int non_transpose = 0;
constexpr int transpose = 1;

struct Handle {
    const void* stream = nullptr;
    int pointer_mode = 0;
};

struct Sparse {
    int64_t rows = 0, columns = 0, nnz = 0;
    const int* row_offsets = nullptr;
    const int* column_indices = nullptr;
    float* values = nullptr;
    int base = 0;
    const void* preprocessed = nullptr;  // buffer of the last preprocess
    std::vector<int64_t> preprocessed_for;
};

struct Dense {
    int64_t rows = 0, columns = 0, ld = 0;
    float* values = nullptr;
    int order = row_order;

    Elements elements() const {
        return order == row_order ? Elements{values, ld, 1} : Elements{values, 1, ld};
    }
};

struct Vector {
    int64_t size = 0;
    float* values = nullptr;
};

Alive<Handle> handles;
Alive<Sparse> sparse_matrices;
Alive<Dense> dense_matrices;
Alive<Vector> vectors;

Status queued(const Handle& handle, std::function<void()> work) {
    return put(handle.stream, std::move(work)) ? success : execution_failed;
}

// op(A) of a dense matrix: its shape and elements.
struct Operand {
    int64_t rows, columns;
    Elements at;
};

Operand operand(const Dense& matrix, int operation) {
    Operand plain{matrix.rows, matrix.columns, matrix.elements()};
    return operation == non_transpose ? plain : Operand{plain.columns, plain.rows, plain.at.transposed()};
}

bool real(int operation) {
    return operation == non_transpose || operation == transpose;
}

// A buffer: its first word tells what it was prepared for, so that one that was written to in between shows.
constexpr size_t buffer_bytes = 512;

bool good_buffer(const void* buffer) {
    return buffer != nullptr && reinterpret_cast<uintptr_t>(buffer) % 16 == 0 &&
           emulator_is_device(buffer, buffer_bytes);
}

uint64_t stamp(const std::vector<int64_t>& prepared_for) {
    uint64_t mixed = 0x9E3779B97F4A7C15u;
    for (int64_t part : prepared_for) {
        mixed = (mixed ^ static_cast<uint64_t>(part)) * 0xBF58476D1CE4E5B9u;
    }
    return mixed;
}

void write_stamp(void* buffer, uint64_t value) {
    for (size_t i = 0; i < buffer_bytes / sizeof value; i++) {
        std::memcpy(static_cast<char*>(buffer) + i * sizeof value, &value, sizeof value);
    }
}

bool has_stamp(const void* buffer, uint64_t value) {
    for (size_t i = 0; i < buffer_bytes / sizeof value; i++) {
        if (std::memcmp(static_cast<const char*>(buffer) + i * sizeof value, &value, sizeof value) != 0) {
            return false;
        }
    }
    return true;
}

// Remembers what a preprocess was for, and marks its buffer.
Status prepare(Handle& handle, Sparse& matrix, void* buffer, std::vector<int64_t> wanted) {
    if (!good_buffer(buffer)) {
        return invalid_value;
    }
    if (emulator_is_capturing(handle.stream)) {
        emulator_report("a pattern was analysed within a captured step: once, when the step ran first, and not at each run");
    }
    uint64_t mark = stamp(wanted);
    matrix.preprocessed = buffer;
    matrix.preprocessed_for = std::move(wanted);
    return queued(handle, [=] { write_stamp(buffer, mark); });
}

// A product with a matrix that was preprocessed needs the same parameters and the same, untouched buffer; any other
// uses the buffer as scratch.
Status use_buffer(Handle& handle, Sparse& matrix, void* buffer, const std::vector<int64_t>& wanted,
                  const char* function) {
    if (!good_buffer(buffer)) {
        return invalid_value;
    }
    if (matrix.preprocessed == nullptr || matrix.preprocessed_for != wanted) {
        return queued(handle, [=] { std::memset(buffer, 0xFF, buffer_bytes); });
    }
    std::string name = function;
    if (matrix.preprocessed != buffer) {
        emulator_report((name + ": the buffer is not the one that was preprocessed").c_str());
        return invalid_value;
    }
    uint64_t mark = stamp(wanted);
    return queued(handle, [=] {
        if (!has_stamp(buffer, mark)) {
            emulator_report((name + ": the preprocessed buffer was written to").c_str());
        }
    });
}

// Visits the entries of op(A): row, column, and where its value is.
template <typename Body>
void each_entry(const Sparse& a, int operation, Body body) {
    for (int64_t row = 0; row < a.rows; row++) {
        for (int64_t at = a.row_offsets[row] - a.base; at < a.row_offsets[row + 1] - a.base; at++) {
            int64_t column = a.column_indices[at] - a.base;
            operation == non_transpose ? body(row, column, at) : body(column, row, at);
        }
    }
}

struct SpmmCall {
    Handle* handle;
    int op_a, op_b;
    Sparse* a;
    const Dense* b;
    Dense* c;
    int type;
    int algorithm;

    std::vector<int64_t> key() const { return {1, op_a, op_b, algorithm, b->order, c->order, b->ld, c->ld, c->columns}; }
};

constexpr int spmm_algorithms[] = {0, 4, 6, 12};  // default, CSR_ALG1, CSR_ALG2, CSR_ALG3

Status check(const SpmmCall& call, const void* alpha, const void* beta) {
    if (!handles.has(call.handle)) {
        return not_initialized;
    }
    if (!sparse_matrices.has(call.a) || !dense_matrices.has(call.b) || !dense_matrices.has(call.c) ||
        alpha == nullptr || beta == nullptr) {
        return invalid_value;
    }
    const int* end = std::end(spmm_algorithms);
    if (!real(call.op_a) || !real(call.op_b) || call.type != type_f32 ||
        std::find(std::begin(spmm_algorithms), end, call.algorithm) == end || call.b->order != call.c->order) {
        return not_supported;
    }
    if (call.algorithm == 12 && call.op_a != non_transpose) {
        return not_supported;
    }
    int64_t rows = call.op_a == non_transpose ? call.a->rows : call.a->columns;
    int64_t inner = call.op_a == non_transpose ? call.a->columns : call.a->rows;
    Operand b = operand(*call.b, call.op_b);
    bool fits = rows == call.c->rows && inner == b.rows && b.columns == call.c->columns;
    return fits ? success : invalid_value;
}

void run_spmm(const Sparse& a, int op_a, const Operand& b, const Dense& c, double alpha, double beta) {
    std::vector<double> sums(static_cast<size_t>(c.rows * c.columns));
    each_entry(a, op_a, [&](int64_t row, int64_t inner, int64_t at) {
        for (int64_t column = 0; column < c.columns; column++) {
            sums[row * c.columns + column] += static_cast<double>(a.values[at]) * b.at(inner, column);
        }
    });
    Elements out = c.elements();
    for (int64_t row = 0; row < c.rows; row++) {
        for (int64_t column = 0; column < c.columns; column++) {
            update(out(row, column), alpha, sums[row * c.columns + column], beta);
        }
    }
}

struct SddmmCall {
    Handle* handle;
    int op_a, op_b;
    const Dense* a;
    const Dense* b;
    Sparse* c;
    int type;
    int algorithm;

    std::vector<int64_t> key() const { return {2, op_a, op_b, algorithm, a->order, b->order, a->ld, b->ld, c->nnz}; }
};

Status check(const SddmmCall& call, const void* alpha, const void* beta) {
    if (!handles.has(call.handle)) {
        return not_initialized;
    }
    if (!dense_matrices.has(call.a) || !dense_matrices.has(call.b) || !sparse_matrices.has(call.c) ||
        alpha == nullptr || beta == nullptr) {
        return invalid_value;
    }
    if (!real(call.op_a) || !real(call.op_b) || call.type != type_f32 || call.algorithm != 0) {
        return not_supported;
    }
    Operand a = operand(*call.a, call.op_a), b = operand(*call.b, call.op_b);
    bool fits = a.rows == call.c->rows && b.columns == call.c->columns && a.columns == b.rows;
    return fits ? success : invalid_value;
}

struct SpmvCall {
    Handle* handle;
    int op_a;
    Sparse* a;
    const Vector* x;
    Vector* y;
    int type;
    int algorithm;

    std::vector<int64_t> key() const { return {3, op_a, algorithm}; }
};

Status check(const SpmvCall& call, const void* alpha, const void* beta) {
    if (!handles.has(call.handle)) {
        return not_initialized;
    }
    if (!sparse_matrices.has(call.a) || !vectors.has(call.x) || !vectors.has(call.y) || alpha == nullptr ||
        beta == nullptr) {
        return invalid_value;
    }
    bool known = call.algorithm == 0 || call.algorithm == 2 || call.algorithm == 3;  // default, CSR_ALG1, CSR_ALG2
    if (!real(call.op_a) || call.type != type_f32 || !known) {
        return not_supported;
    }
    int64_t rows = call.op_a == non_transpose ? call.a->rows : call.a->columns;
    int64_t columns = call.op_a == non_transpose ? call.a->columns : call.a->rows;
    return rows == call.y->size && columns == call.x->size ? success : invalid_value;
}

Status create_csr(Sparse** descriptor, int64_t rows, int64_t columns, int64_t nnz, const void* row_offsets,
                  const void* column_indices, void* values, int offset_type, int index_type, int base, int type) {
    bool missing = row_offsets == nullptr || (nnz > 0 && (column_indices == nullptr || values == nullptr));
    if (descriptor == nullptr || rows < 0 || columns < 0 || nnz < 0 || missing || base < 0 || base > 1) {
        return invalid_value;
    }
    if (columns != 0 && nnz / columns > rows) {
        return invalid_value;
    }
    if (offset_type != index_32 || index_type != index_32 || type != type_f32) {
        return not_supported;
    }
    Sparse* made = sparse_matrices.create();
    made->rows = rows;
    made->columns = columns;
    made->nnz = nnz;
    made->row_offsets = static_cast<const int*>(row_offsets);
    made->column_indices = static_cast<const int*>(column_indices);
    made->values = static_cast<float*>(values);
    made->base = base;
    *descriptor = made;
    return success;
}

Status create_dense(Dense** descriptor, int64_t rows, int64_t columns, int64_t ld, void* values, int type, int order) {
    bool ordered = order == row_order || order == column_order;
    if (descriptor == nullptr || rows < 0 || columns < 0 || values == nullptr || !ordered ||
        ld < (order == row_order ? columns : rows)) {
        return invalid_value;
    }
    if (type != type_f32) {
        return not_supported;
    }
    Dense* made = dense_matrices.create();
    made->rows = rows;
    made->columns = columns;
    made->ld = ld;
    made->values = static_cast<float*>(values);
    made->order = order;
    *descriptor = made;
    return success;
}

Status create_vector(Vector** descriptor, int64_t size, void* values, int type) {
    if (descriptor == nullptr || size < 0 || values == nullptr) {
        return invalid_value;
    }
    if (type != type_f32) {
        return not_supported;
    }
    Vector* made = vectors.create();
    made->size = size;
    made->values = static_cast<float*>(values);
    *descriptor = made;
    return success;
}

}  // namespace

// Handles.

EMULATOR_EXPORT Status cusparseCreate(Handle** handle) {
    if (handle == nullptr) {
        return invalid_value;
    }
    if (!opens()) {
        return not_initialized;
    }
    *handle = handles.create();
    return success;
}

EMULATOR_EXPORT Status cusparseDestroy(Handle* handle) {
    return handles.destroy(handle) ? success : not_initialized;
}

EMULATOR_EXPORT Status cusparseSetStream(Handle* handle, const void* stream) {
    if (!handles.has(handle)) {
        return not_initialized;
    }
    handle->stream = stream;
    return success;
}

EMULATOR_EXPORT Status cusparseGetStream(Handle* handle, const void** stream) {
    if (!handles.has(handle)) {
        return not_initialized;
    }
    *stream = handle->stream;
    return success;
}

EMULATOR_EXPORT Status cusparseSetPointerMode(Handle* handle, int mode) {
    if (!handles.has(handle)) {
        return not_initialized;
    }
    handle->pointer_mode = mode;
    return success;
}

EMULATOR_EXPORT Status cusparseGetPointerMode(Handle* handle, int* mode) {
    if (!handles.has(handle)) {
        return not_initialized;
    }
    *mode = handle->pointer_mode;
    return success;
}

EMULATOR_EXPORT Status cusparseGetVersion(Handle* handle, int* version) {
    *version = 12603;
    return handles.has(handle) ? success : not_initialized;
}

EMULATOR_EXPORT Status cusparseGetProperty(int type, int* value) {
    static const int parts[] = {12, 6, 3};
    if (type < 0 || type > 2) {
        return invalid_value;
    }
    *value = parts[type];
    return success;
}

EMULATOR_EXPORT const char* cusparseGetErrorName(int status) {
    switch (status) {
        case success: return "CUSPARSE_STATUS_SUCCESS";
        case not_initialized: return "CUSPARSE_STATUS_NOT_INITIALIZED";
        case invalid_value: return "CUSPARSE_STATUS_INVALID_VALUE";
        case execution_failed: return "CUSPARSE_STATUS_EXECUTION_FAILED";
        case not_supported: return "CUSPARSE_STATUS_NOT_SUPPORTED";
        default: return "unrecognized error code";
    }
}

EMULATOR_EXPORT const char* cusparseGetErrorString(int status) {
    return cusparseGetErrorName(status);
}

// Descriptors.

EMULATOR_EXPORT Status cusparseCreateCsr(Sparse** descriptor, int64_t rows, int64_t columns, int64_t nnz,
                                         void* row_offsets, void* column_indices, void* values, int offset_type,
                                         int index_type, int base, int type) {
    return create_csr(descriptor, rows, columns, nnz, row_offsets, column_indices, values, offset_type, index_type,
                      base, type);
}

EMULATOR_EXPORT Status cusparseCreateConstCsr(Sparse** descriptor, int64_t rows, int64_t columns, int64_t nnz,
                                              const void* row_offsets, const void* column_indices, const void* values,
                                              int offset_type, int index_type, int base, int type) {
    return create_csr(descriptor, rows, columns, nnz, row_offsets, column_indices, const_cast<void*>(values),
                      offset_type, index_type, base, type);
}

EMULATOR_EXPORT Status cusparseCsrSetPointers(Sparse* matrix, void* row_offsets, void* column_indices, void* values) {
    if (!sparse_matrices.has(matrix) || row_offsets == nullptr ||
        (matrix->nnz > 0 && (column_indices == nullptr || values == nullptr))) {
        return invalid_value;
    }
    matrix->row_offsets = static_cast<const int*>(row_offsets);
    matrix->column_indices = static_cast<const int*>(column_indices);
    matrix->values = static_cast<float*>(values);
    matrix->preprocessed = nullptr;
    return success;
}

EMULATOR_EXPORT Status cusparseSpMatSetValues(Sparse* matrix, void* values) {
    if (!sparse_matrices.has(matrix) || (values == nullptr && matrix->nnz > 0)) {
        return invalid_value;
    }
    matrix->values = static_cast<float*>(values);
    return success;
}

EMULATOR_EXPORT Status cusparseSpMatGetValues(Sparse* matrix, void** values) {
    if (!sparse_matrices.has(matrix) || values == nullptr) {
        return invalid_value;
    }
    *values = matrix->values;
    return success;
}

EMULATOR_EXPORT Status cusparseSpMatGetSize(const Sparse* matrix, int64_t* rows, int64_t* columns, int64_t* nnz) {
    if (!sparse_matrices.has(matrix)) {
        return invalid_value;
    }
    *rows = matrix->rows;
    *columns = matrix->columns;
    *nnz = matrix->nnz;
    return success;
}

EMULATOR_EXPORT Status cusparseDestroySpMat(const Sparse* matrix) {
    return sparse_matrices.destroy(matrix) ? success : invalid_value;
}

EMULATOR_EXPORT Status cusparseCreateDnMat(Dense** descriptor, int64_t rows, int64_t columns, int64_t ld, void* values,
                                           int type, int order) {
    return create_dense(descriptor, rows, columns, ld, values, type, order);
}

EMULATOR_EXPORT Status cusparseCreateConstDnMat(Dense** descriptor, int64_t rows, int64_t columns, int64_t ld,
                                                const void* values, int type, int order) {
    return create_dense(descriptor, rows, columns, ld, const_cast<void*>(values), type, order);
}

EMULATOR_EXPORT Status cusparseDnMatSetValues(Dense* matrix, void* values) {
    if (!dense_matrices.has(matrix) || values == nullptr) {
        return invalid_value;
    }
    matrix->values = static_cast<float*>(values);
    return success;
}

EMULATOR_EXPORT Status cusparseDnMatGetValues(Dense* matrix, void** values) {
    if (!dense_matrices.has(matrix) || values == nullptr) {
        return invalid_value;
    }
    *values = matrix->values;
    return success;
}

EMULATOR_EXPORT Status cusparseDestroyDnMat(const Dense* matrix) {
    return dense_matrices.destroy(matrix) ? success : invalid_value;
}

EMULATOR_EXPORT Status cusparseCreateDnVec(Vector** descriptor, int64_t size, void* values, int type) {
    return create_vector(descriptor, size, values, type);
}

EMULATOR_EXPORT Status cusparseCreateConstDnVec(Vector** descriptor, int64_t size, const void* values, int type) {
    return create_vector(descriptor, size, const_cast<void*>(values), type);
}

EMULATOR_EXPORT Status cusparseDnVecSetValues(Vector* vector, void* values) {
    if (!vectors.has(vector) || values == nullptr) {
        return invalid_value;
    }
    vector->values = static_cast<float*>(values);
    return success;
}

EMULATOR_EXPORT Status cusparseDnVecGetValues(Vector* vector, void** values) {
    if (!vectors.has(vector) || values == nullptr) {
        return invalid_value;
    }
    *values = vector->values;
    return success;
}

EMULATOR_EXPORT Status cusparseDestroyDnVec(const Vector* vector) {
    return vectors.destroy(vector) ? success : invalid_value;
}

// Products. Descriptors are read at the call: the work keeps copies.

EMULATOR_EXPORT Status cusparseSpMM_bufferSize(Handle* handle, int op_a, int op_b, const void* alpha, Sparse* a,
                                               const Dense* b, const void* beta, Dense* c, int type, int algorithm,
                                               size_t* bytes) {
    Status status = check(SpmmCall{handle, op_a, op_b, a, b, c, type, algorithm}, alpha, beta);
    *bytes = buffer_bytes;
    return status;
}

EMULATOR_EXPORT Status cusparseSpMM_preprocess(Handle* handle, int op_a, int op_b, const void* alpha, Sparse* a,
                                               const Dense* b, const void* beta, Dense* c, int type, int algorithm,
                                               void* buffer) {
    SpmmCall call{handle, op_a, op_b, a, b, c, type, algorithm};
    Status status = check(call, alpha, beta);
    return status == success ? prepare(*handle, *a, buffer, call.key()) : status;
}

EMULATOR_EXPORT Status cusparseSpMM(Handle* handle, int op_a, int op_b, const void* alpha, Sparse* a, const Dense* b,
                                    const void* beta, Dense* c, int type, int algorithm, void* buffer) {
    SpmmCall call{handle, op_a, op_b, a, b, c, type, algorithm};
    Status status = check(call, alpha, beta);
    status = status == success ? use_buffer(*handle, *a, buffer, call.key(), "cusparseSpMM") : status;
    if (status != success) {
        return status;
    }
    emulator_count("cusparseSpMM");
    bool on_device = handle->pointer_mode == pointer_mode_device;
    Factor by(alpha, on_device), keep(beta, on_device);
    return queued(*handle, [=, matrix = *a, from = operand(*b, op_b), to = *c] {
        run_spmm(matrix, op_a, from, to, by.get(), keep.get());
    });
}

EMULATOR_EXPORT Status cusparseSDDMM_bufferSize(Handle* handle, int op_a, int op_b, const void* alpha, const Dense* a,
                                                const Dense* b, const void* beta, Sparse* c, int type, int algorithm,
                                                size_t* bytes) {
    Status status = check(SddmmCall{handle, op_a, op_b, a, b, c, type, algorithm}, alpha, beta);
    *bytes = buffer_bytes;
    return status;
}

EMULATOR_EXPORT Status cusparseSDDMM_preprocess(Handle* handle, int op_a, int op_b, const void* alpha, const Dense* a,
                                                const Dense* b, const void* beta, Sparse* c, int type, int algorithm,
                                                void* buffer) {
    SddmmCall call{handle, op_a, op_b, a, b, c, type, algorithm};
    Status status = check(call, alpha, beta);
    return status == success ? prepare(*handle, *c, buffer, call.key()) : status;
}

EMULATOR_EXPORT Status cusparseSDDMM(Handle* handle, int op_a, int op_b, const void* alpha, const Dense* a,
                                     const Dense* b, const void* beta, Sparse* c, int type, int algorithm,
                                     void* buffer) {
    SddmmCall call{handle, op_a, op_b, a, b, c, type, algorithm};
    Status status = check(call, alpha, beta);
    status = status == success ? use_buffer(*handle, *c, buffer, call.key(), "cusparseSDDMM") : status;
    if (status != success) {
        return status;
    }
    emulator_count("cusparseSDDMM");
    bool on_device = handle->pointer_mode == pointer_mode_device;
    Factor by(alpha, on_device), keep(beta, on_device);
    return queued(*handle, [=, left = operand(*a, op_a), right = operand(*b, op_b), to = *c] {
        each_entry(to, non_transpose, [&](int64_t row, int64_t column, int64_t at) {
            double sum = 0;
            for (int64_t i = 0; i < left.columns; i++) {
                sum += static_cast<double>(left.at(row, i)) * right.at(i, column);
            }
            update(to.values[at], by.get(), sum, keep.get());
        });
    });
}

EMULATOR_EXPORT Status cusparseSpMV_bufferSize(Handle* handle, int op_a, const void* alpha, Sparse* a, const Vector* x,
                                               const void* beta, Vector* y, int type, int algorithm, size_t* bytes) {
    Status status = check(SpmvCall{handle, op_a, a, x, y, type, algorithm}, alpha, beta);
    *bytes = buffer_bytes;
    return status;
}

EMULATOR_EXPORT Status cusparseSpMV_preprocess(Handle* handle, int op_a, const void* alpha, Sparse* a, const Vector* x,
                                               const void* beta, Vector* y, int type, int algorithm, void* buffer) {
    SpmvCall call{handle, op_a, a, x, y, type, algorithm};
    Status status = check(call, alpha, beta);
    return status == success ? prepare(*handle, *a, buffer, call.key()) : status;
}

EMULATOR_EXPORT Status cusparseSpMV(Handle* handle, int op_a, const void* alpha, Sparse* a, const Vector* x,
                                    const void* beta, Vector* y, int type, int algorithm, void* buffer) {
    SpmvCall call{handle, op_a, a, x, y, type, algorithm};
    Status status = check(call, alpha, beta);
    status = status == success ? use_buffer(*handle, *a, buffer, call.key(), "cusparseSpMV") : status;
    if (status != success) {
        return status;
    }
    emulator_count("cusparseSpMV");
    bool on_device = handle->pointer_mode == pointer_mode_device;
    Factor by(alpha, on_device), keep(beta, on_device);
    return queued(*handle, [=, matrix = *a, from = *x, to = *y] {
        std::vector<double> sums(static_cast<size_t>(to.size));
        each_entry(matrix, op_a, [&](int64_t row, int64_t column, int64_t at) {
            sums[row] += static_cast<double>(matrix.values[at]) * from.values[column];
        });
        for (int64_t row = 0; row < to.size; row++) {
            update(to.values[row], by.get(), sums[row], keep.get());
        }
    });
}

EMULATOR_EXPORT uint64_t emulator_cusparse_handles() {
    return handles.size();
}

EMULATOR_EXPORT uint64_t emulator_cusparse_descriptors() {
    return sparse_matrices.size() + dense_matrices.size() + vectors.size();
}
