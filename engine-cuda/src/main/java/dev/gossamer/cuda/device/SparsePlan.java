package dev.gossamer.cuda.device;

import java.util.Arrays;
import jcuda.cudaDataType;
import jcuda.jcusparse.cusparseOperation;

/** One product of cuSPARSE, ready to run again: descriptors, buffer and analysis. */
abstract class SparsePlan implements AutoCloseable {

    static final int AS_IS = cusparseOperation.CUSPARSE_OPERATION_NON_TRANSPOSE;
    static final int F32 = cudaDataType.CUDA_R_32F;

    final Cusparse cusparse;
    final PlanParts parts;
    private final long structure;
    private final long[] operands;

    /**
     * @param structure id of the sparse operand's structure
     * @param operands addresses of the values and the dense operands
     */
    SparsePlan(Cusparse cusparse, long structure, long... operands) {
        this.cusparse = cusparse;
        this.parts = new PlanParts(cusparse.stream());
        this.structure = structure;
        this.operands = operands;
    }

    abstract void run(Scalars scalars);

    /** Whether it reads or writes a buffer that starts at this address. */
    final boolean uses(long address) {
        return Arrays.stream(operands).anyMatch(operand -> operand == address);
    }

    /** The id of the sparse operand's structure. */
    final long structure() {
        return structure;
    }

    @Override
    public final void close() {
        parts.close();
    }
}
