package dev.gossamer.cuda.device;

/** One product of cuSPARSE, ready to run again: descriptors, buffer and analysis. */
interface SparsePlan extends AutoCloseable {

    void run(Cusparse.Scalars scalars);

    /** Whether it reads or writes a buffer that starts at this address. */
    boolean uses(long address);

    /** The id of the sparse operand's structure. */
    long structure();

    @Override
    void close();
}
