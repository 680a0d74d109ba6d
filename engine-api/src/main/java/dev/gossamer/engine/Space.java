package dev.gossamer.engine;

import dev.gossamer.engine.sparse.SparsityPattern;
import org.jspecify.annotations.Nullable;

/**
 * The index space of one parameter: dense, or the entries of a {@link SparsityPattern}. {@link Values} of a space are
 * logically {@link #nnz()} numbers in canonical (row-major) order; physically the backend stores them packed, dense or
 * dense-masked, whichever is faster at the density.
 *
 * <p>{@link Workspace#repattern} changes the pattern in place: every handle stays valid, the generation goes up, and
 * recorded steps re-capture themselves.
 */
public interface Space extends Resource {

    /** Rows of the parameter seen as a matrix; 1 for vectors. */
    int rows();

    /** Columns of the parameter seen as a matrix; the length for vectors. */
    int cols();

    /** Entries when dense: rows x cols. */
    default long size() {
        return (long) rows() * cols();
    }

    /** The pattern, or null while the space is dense. */
    @Nullable
    SparsityPattern pattern();

    /** Stored entries: the pattern's, or {@link #size()} while dense. */
    long nnz();

    /** Starts at 0 and goes up by one with every change of pattern. */
    long generation();

    /** Whether {@link Workspace#values} has made values in this role. */
    boolean has(Role role);

    /** Bytes of all values held now, all roles together, padding included. */
    long valueBytes();

    /** Bytes of the analysis that products with this pattern use, as far as built; shared by spaces of equal pattern. */
    long planBytes();

    /** Storage, density and kernel choice in one line, for people. */
    String describe();
}
