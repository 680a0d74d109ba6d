package dev.gossamer.engine.sparse;

/** Receives the entries of a pattern one by one. */
@FunctionalInterface
public interface EntryVisitor {
    /**
     * Called once per entry, in canonical order.
     *
     * @param position index of the entry in canonical order, which is also the index of its value
     */
    void visit(int row, int col, int position);
}
