package dev.gossamer.engine.sparse;

/** Says whether a matrix element belongs to a pattern. */
@FunctionalInterface
public interface EntryPredicate {
    boolean test(int row, int col);
}
