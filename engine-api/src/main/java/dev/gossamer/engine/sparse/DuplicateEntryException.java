package dev.gossamer.engine.sparse;

/** Two entries were given for one matrix element where duplicates are refused. */
public final class DuplicateEntryException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final int row;
    private final int col;
    private final int first;
    private final int second;

    DuplicateEntryException(int row, int col, int first, int second) {
        super("entries " + first + " and " + second + " are both at (" + row + ", " + col
                + "); remove one, or let duplicates be summed");
        this.row = row;
        this.col = col;
        this.first = first;
        this.second = second;
    }

    public int row() {
        return row;
    }

    public int col() {
        return col;
    }

    /** Index of the earlier entry, in the order in which they were given. */
    public int first() {
        return first;
    }

    /** Index of the later entry, in the order in which they were given. */
    public int second() {
        return second;
    }
}
